import { Aws } from 'aws-cdk-lib';
import { batchStates, type BatchStates } from './batch-states';
import { type BatchEmbeddingPlan } from './bulk-embedding';
import { type SourceBinding } from './bulk-source';
import { type LambdaCalls, RUN } from './lambda-calls';
import { BULK_FILES, BULK_MAPS } from '../../contract/bulk-load';

export interface LoadDefinition extends Pick<BatchStates, 'jobRoleArn' | 'modelId' | 'keyArn'> {
  readonly source: SourceBinding;
  readonly sourceId: string;
  readonly documentsBucket: string;
  readonly filesBucket: string;
  readonly glueJob?: string;
  readonly calls: LambdaCalls;
  readonly batch?: BatchEmbeddingPlan;
  readonly maxConcurrency: number;
  readonly batchSize: number;
  readonly toleratedFailurePercentage: number;
}

/** As long as the execution of a large load may wait for its jobs. */
const LONGEST_SECONDS = 30 * 86_400;
const CORPUS_SECONDS = 2 * 86_400;

/** The state machine of a bulk load, in JSONata. Children are standard executions: one call has five minutes, and is tried again for hours where it has to wait. */
export function loadDefinition(wanted: LoadDefinition): object {
  const { calls, batch, glueJob } = wanted;
  const first = batch ? 'PrepareDocuments' : 'IndexDocuments';
  return {
    Comment: 'Brings all documents of a bucket into an index of passages',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: LONGEST_SECONDS,
    StartAt: glueJob === undefined ? first : 'MakeDocuments',
    States: {
      ...(glueJob !== undefined && { MakeDocuments: corpusState(glueJob, first) }),
      ...(batch && {
        PrepareDocuments: documentMap(wanted, BULK_MAPS.prepare, 'PlanJobs', prepareStates(calls)),
        PlanJobs: calls.step({ bulk: 'plan', run: RUN, fewestRecords: batch.fewestRecords, recordsPerJob: batch.recordsPerJob }, { Next: 'AnyJobs' }),
        AnyJobs: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.jobs > 0 %}', Next: 'EmbedInJobs' }], Default: 'IndexDocuments' },
        EmbedInJobs: jobMap(wanted, batch, 'IndexDocuments'),
      }),
      IndexDocuments: documentMap(wanted, BULK_MAPS.index, 'Summarize', {
        StartAt: 'IndexBatch',
        States: { IndexBatch: calls.step({ bulk: 'index', ...GIVEN, documents: '{% $states.input.Items %}' }, { End: true }) },
      }),
      Summarize: calls.step({ bulk: 'summary', run: RUN }, { End: true }),
    },
  };
}

/** What all calls of one map have in common comes beside the items of a batch: variables do not reach into a distributed map. */
const GIVEN = { run: '{% $states.input.BatchInput.run %}', source: '{% $states.input.BatchInput.source %}', encoded: '{% $states.input.BatchInput.encoded %}' };

function documentMap(wanted: LoadDefinition, label: string, next: string, processor: object): object {
  const { source: { reader }, maxConcurrency, batchSize, toleratedFailurePercentage } = wanted;
  return {
    Type: 'Map',
    Label: label,
    ItemReader: readerOf(wanted),
    ItemSelector: { Key: '{% $states.context.Map.Item.Value.Key %}' },
    ItemBatcher: { MaxItemsPerBatch: batchSize, BatchInput: { run: RUN, source: wanted.sourceId, encoded: reader.kind === 'inventory' } },
    MaxConcurrency: maxConcurrency,
    ToleratedFailurePercentage: toleratedFailurePercentage,
    ItemProcessor: { ProcessorConfig: DISTRIBUTED, ...processor },
    ResultWriter: resultWriter(wanted, label),
    Next: next,
  };
}

const DISTRIBUTED = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };

function readerOf({ source: { reader }, documentsBucket }: LoadDefinition): object {
  if (reader.kind === 'inventory') {
    return {
      Resource: `arn:${Aws.PARTITION}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'MANIFEST' },
      Arguments: { Bucket: reader.bucket.bucketName, Key: '{% $states.context.Execution.Input.manifest %}' },
    };
  }
  const given = '$states.context.Execution.Input.prefix';
  return {
    Resource: `arn:${Aws.PARTITION}:states:::s3:listObjectsV2`,
    Arguments: { Bucket: documentsBucket, Prefix: `{% $exists(${given}) ? ${given} : ${JSON.stringify(reader.prefix)} %}` },
  };
}

/** Outputs alone, a line each: inputs would make them many times as large. */
function resultWriter({ filesBucket }: LoadDefinition, label: string): object {
  return {
    Resource: `arn:${Aws.PARTITION}:states:::s3:putObject`,
    Arguments: { Bucket: filesBucket, Prefix: placed(`${BULK_FILES.results}${label}`) },
    WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSONL' },
  };
}

function placed(name: string): string {
  return `{% '${BULK_FILES.runs}' & $states.context.Execution.Name & '/${name}' %}`;
}

/** A batch is gone through in as many calls as it takes, each from where the last one ended. */
function prepareStates(calls: LambdaCalls): object {
  return {
    StartAt: 'Begin',
    States: {
      Begin: {
        Type: 'Pass',
        Assign: { ...GIVEN, items: '{% $states.input.Items %}', start: 0 },
        Next: 'PrepareBatch',
      },
      PrepareBatch: calls.step(
        { bulk: 'prepare', run: '{% $run %}', source: '{% $source %}', encoded: '{% $encoded %}', documents: '{% $items %}', from: '{% $start %}' },
        { Assign: { start: '{% $states.result.Payload.next %}' }, Next: 'Prepared' },
      ),
      Prepared: { Type: 'Choice', Choices: [{ Condition: '{% $start < $count($items) %}', Next: 'PrepareBatch' }], Default: 'AllPrepared' },
      AllPrepared: { Type: 'Succeed', Output: { prepared: '{% $count($items) %}' } },
    },
  };
}

function jobMap(wanted: LoadDefinition, batch: BatchEmbeddingPlan, next: string): object {
  return {
    Type: 'Map',
    Label: BULK_MAPS.jobs,
    ItemReader: {
      Resource: `arn:${Aws.PARTITION}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSON' },
      Arguments: { Bucket: wanted.filesBucket, Key: placed(BULK_FILES.plan) },
    },
    ItemSelector: { run: RUN, job: '{% $states.context.Map.Item.Value.job %}' },
    MaxConcurrency: batch.jobs,
    ToleratedFailurePercentage: 0,
    ItemProcessor: { ProcessorConfig: DISTRIBUTED, ...batchStates({ ...wanted, batch }) },
    ResultWriter: resultWriter(wanted, BULK_MAPS.jobs),
    Next: next,
  };
}

function corpusState(job: string, next: string): object {
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::glue:startJobRun.sync`,
    Arguments: { JobName: job },
    TimeoutSeconds: CORPUS_SECONDS,
    Retry: [
      { ErrorEquals: ['Glue.ConcurrentRunsExceededException'], IntervalSeconds: 300, BackoffRate: 1, MaxAttempts: 100 },
      { ErrorEquals: ['Glue.ThrottlingException', 'Glue.InternalServiceException'], IntervalSeconds: 10, BackoffRate: 2, MaxAttempts: 6, JitterStrategy: 'FULL' },
    ],
    Next: next,
  };
}
