import { createRequire } from 'node:module';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmbeddingModel, Geography, MetadataField, Posture } from '../../lib';
import { BulkEmbedding, BulkSource, CorpusFormat, DiyRag, type DiyRagProps, BulkLoadOptions } from '../../lib/diy-rag';

/** Neither says its types; JSONata is the validator's own. */
const validatorAt = require.resolve('asl-validator');
const aslValidator = createRequire(__filename)(validatorAt) as (definition: object) => { isValid: boolean; errors: unknown[] };
const jsonata = createRequire(validatorAt)('jsonata') as (expression: string) => { evaluate(input: unknown, bindings: object): Promise<unknown> };

function defined(options: BulkLoadOptions | ((stack: Stack) => BulkLoadOptions) = {}, props: DiyRagProps = {}) {
  const stack = new Stack(new App(), 'Stack');
  const load = new DiyRag(stack, 'Rag', props).addBulkLoad(typeof options === 'function' ? options(stack) : options);
  return { stack, load };
}

/** The machine as Step Functions reads it, with a word in the place of what the deployment knows. */
function machineOf(options?: BulkLoadOptions | ((stack: Stack) => BulkLoadOptions), props?: DiyRagProps): any {
  const [{ Properties }] = Object.values(Template.fromStack(defined(options, props).stack).findResources('AWS::StepFunctions::StateMachine'));
  const definition = Properties.DefinitionString as string | { 'Fn::Join': [string, unknown[]] };
  return JSON.parse(typeof definition === 'string' ? definition : definition['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : JSON.stringify(part) === '{"Ref":"AWS::Partition"}' ? 'aws' : 'known')).join(''));
}

const corpus = (stack: Stack) => ({ source: BulkSource.corpus({ bucket: new Bucket(stack, 'Corpus'), format: CorpusFormat.PARQUET, prefix: 'wiki/' }) });
const inventory = (stack: Stack) => ({ source: BulkSource.inventory(new Bucket(stack, 'Inventories'), 'all/') });

describe('the state machine of a bulk load', () => {
  test.each<[string, BulkLoadOptions | ((stack: Stack) => BulkLoadOptions)]>([
    ['on demand', {}],
    ['with batch jobs', { embedding: BulkEmbedding.batch() }],
    ['over an inventory', inventory],
    ['of a corpus, with batch jobs', (stack) => ({ ...corpus(stack), embedding: BulkEmbedding.batch() })],
  ])('%s is what the language allows', (_, options) => {
    const { isValid, errors } = aslValidator(machineOf(options));
    expect({ isValid, errors }).toEqual({ isValid: true, errors: [] });
  });

  test('goes through the bucket in batches whose results are written to a bucket', () => {
    const { StartAt, States: { IndexDocuments } } = machineOf({ batchSize: 7, maxConcurrency: 3, toleratedFailurePercentage: 1 });
    expect(StartAt).toBe('IndexDocuments');
    expect(IndexDocuments).toMatchObject({
      ItemReader: { Resource: 'arn:aws:states:::s3:listObjectsV2' },
      ItemBatcher: { MaxItemsPerBatch: 7 },
      MaxConcurrency: 3,
      ToleratedFailurePercentage: 1,
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSONL' } },
    });
  });

  test('is not at the end of its events before a job is at the end of its time', () => {
    const waits = (days: number): number => {
      const { States } = machineOf({ embedding: BulkEmbedding.batch({ timeout: Duration.days(days) }) });
      return States.EmbedInJobs.ItemProcessor.States.WaitForJob.Seconds;
    };
    expect(waits(1)).toBe(120);
    expect(7 * 86_400 / waits(7) * 9).toBeLessThanOrEqual(18_000);
  });

  test('reads an inventory by its manifest, whose keys are written as in addresses', () => {
    const { ItemReader, ItemBatcher } = machineOf(inventory).States.IndexDocuments;
    expect(ItemReader).toMatchObject({ Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: { InputType: 'MANIFEST' }, Arguments: { Key: '{% $states.context.Execution.Input.manifest %}' } });
    expect(ItemBatcher.BatchInput.encoded).toBe(true);
  });

  test('makes documents of a corpus first, and lists those alone', async () => {
    const { StartAt, States } = machineOf(corpus, { documents: { prefix: 'papers/' } });
    expect([StartAt, States.MakeDocuments.Resource]).toEqual(['MakeDocuments', 'arn:aws:states:::glue:startJobRun.sync']);
    const prefix = States.IndexDocuments.ItemReader.Arguments.Prefix as string;
    expect(await said(prefix, { context: { Execution: { Input: {} } } })).toBe('papers/corpus/');
    expect(await said(prefix, { context: { Execution: { Input: { prefix: 'papers/corpus/00/' } } } })).toBe('papers/corpus/00/');
  });

  test('tries again what waits, by the names of the failures', () => {
    const { Retry } = machineOf().States.IndexDocuments.ItemProcessor.States.IndexBatch;
    const rules = Retry as { ErrorEquals: string[]; MaxAttempts: number }[];
    const attempts = Object.fromEntries(rules.map(({ ErrorEquals: [name], MaxAttempts }) => [name, MaxAttempts]));
    expect(attempts).toMatchObject({ DocumentsUnfinished: 200, ServicesBusy: 30, DocumentsTaken: 12 });
  });

  test('makes batch jobs under a role of their own and looks at them until they have ended', async () => {
    const { States } = machineOf({ embedding: BulkEmbedding.batch({ jobs: 4, timeout: Duration.days(2) }) });
    expect(States.EmbedInJobs.MaxConcurrency).toBe(4);
    const { CreateJob, JobStatus, JobOutcome } = States.EmbedInJobs.ItemProcessor.States;
    expect(CreateJob).toMatchObject({ Resource: 'arn:aws:states:::aws-sdk:bedrock:createModelInvocationJob', Arguments: { TimeoutDurationInHours: 48, ModelId: 'amazon.titan-embed-text-v2:0' } });
    const next = async ({ Choices, Default }: { Choices: { Condition: string; Next: string }[]; Default: string }, status: string) => {
      for (const { Condition, Next } of Choices) if (await said(Condition, {}, { status })) return Next;
      return Default;
    };
    for (const status of ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Stopping']) expect(await next(JobStatus, status)).toBe('WaitForJob');
    const way = async (status: string) => [await next(JobStatus, status), await next(JobOutcome, status)];
    for (const status of ['Completed', 'PartiallyCompleted']) expect(await way(status)).toEqual(['LoadVectors', 'JobDone']);
    for (const status of ['Stopped', 'Expired']) expect(await way(status)).toEqual(['LoadVectors', 'JobBrokenOff']);
    expect(await next(JobStatus, 'Failed')).toBe('JobFailed');
    expect(await said(CreateJob.Arguments.InputDataConfig.S3InputDataConfig.S3Uri, {}, { run: 'monday', job: 3 })).toBe('s3://known/runs/monday/jobs/3/');
  });

  test('adds the vectors of all files up', async () => {
    const { Output } = machineOf({ embedding: BulkEmbedding.batch() }).States.EmbedInJobs.ItemProcessor.States.LoadVectors;
    expect(await said(Output.kept, { result: [{ kept: 5000, refused: 0 }, { kept: 12, refused: 1 }] })).toBe(5012);
    expect(await said(Output.refused, { result: [{ kept: 5000, refused: 2 }] })).toBe(2);
  });
});

describe('the roles of a bulk load', () => {
  test('let the machine run itself, call the one function and pass the one role', () => {
    const template = Template.fromStack(defined({ embedding: BulkEmbedding.batch() }).stack);
    const states = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]);
    const resourceOf = (action: string) => states.filter(({ Action }) => [Action].flat().includes(action)).map(({ Resource }) => JSON.stringify(Resource));
    expect(resourceOf('states:StartExecution')).toEqual([expect.stringContaining('{"Ref":"RagBulkLoadMachine')]);
    expect(resourceOf('states:RedriveExecution')).toEqual([expect.stringMatching(/\/prepare:\*.*\/jobs:\*.*\/index:\*/s)]);
    expect(resourceOf('lambda:InvokeFunction')).toEqual([expect.stringMatching(/^{"Fn::GetAtt":\["RagIndexSyncHandlerFunction\w+","Arn"\]}$/)]);
    expect(resourceOf('iam:PassRole')).toEqual([expect.stringMatching(/^{"Fn::GetAtt":\["RagBulkLoadJobRole\w+","Arn"\]}$/)]);
  });

  test('are not wider on demand than that takes', () => {
    const text = JSON.stringify(Template.fromStack(defined().stack).toJSON());
    expect(text).not.toMatch(/ModelInvocationJob|iam:PassRole|glue:/);
  });
});

test('a load that ends is told of', () => {
  const { stack, load } = defined();
  load.onEnd('Ended', { target: new SnsTopic(new Topic(stack, 'Topic')) });
  Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
    EventPattern: Match.objectLike({ 'detail-type': ['Step Functions Execution Status Change'], 'detail': { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: Match.anyValue() } }),
  });
});

test('a corpus becomes documents by a job of Spark that is told the fields of the index', () => {
  const fields = [MetadataField.number('year')];
  const { stack } = defined(corpus, { posture: Posture.regulated(), retrieval: { fields } });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Glue::Job', {
    WorkerType: 'G.1X',
    Connections: { Connections: [Match.anyValue()] },
    SecurityConfiguration: Match.anyValue(),
    DefaultArguments: Match.objectLike({
      '--enable-auto-scaling': 'true', '--job-bookmark-option': 'job-bookmark-enable', '--format': 'parquet', '--fields': '[{"name":"year","type":"number"}]', '--target_prefix': 'corpus/',
    }),
  });
  template.resourceCountIs('AWS::Glue::Connection', 1);
});

describe('what a bulk load is not made with', () => {
  test.each<[string, BulkLoadOptions, RegExp]>([
    ['no calls', { maxConcurrency: 0 }, /'maxConcurrency' must be a whole number between 1 and 1000, got 0/],
    ['batches that are too large', { batchSize: 500 }, /'batchSize' must be a whole number between 1 and 100, got 500/],
    ['more than all failures', { toleratedFailurePercentage: 101 }, /'toleratedFailurePercentage' must be .* got 101/],
    ['too many jobs', { embedding: BulkEmbedding.batch({ jobs: 101 }) }, /'embedding.jobs' must be .* got 101: leave it out for 10/],
    ['jobs of too few records', { embedding: BulkEmbedding.batch({ recordsPerJob: 99 }) }, /'embedding.recordsPerJob' must be .* got 99: leave it out for 50000/],
    ['jobs of an hour', { embedding: BulkEmbedding.batch({ timeout: Duration.hours(1) }) }, /'embedding.timeout' must be between/],
    ['a text as its source', { source: 'bucket' as never }, /'source' must be made by BulkSource, such as BulkSource.bucket\(\)/],
  ])('refuses %s', (_, options, message) => {
    expect(() => defined(options)).toThrow(message);
  });

  test('refuses batch jobs of a model that takes none, and through a profile', () => {
    const batch = { embedding: BulkEmbedding.batch() };
    expect(() => defined(batch, { embedding: EmbeddingModel.crossRegion(Geography.EU, 'cohere.embed-v4:0') })).toThrow(/'embedding' must be left to BulkEmbedding.onDemand\(\) with the model 'cohere.embed-v4:0'/);
    const profile = EmbeddingModel.inferenceProfile('arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', { baseModelId: 'amazon.titan-embed-text-v2:0' });
    expect(() => defined(batch, { embedding: profile })).toThrow(/jobs are made for the model itself/);
  });

  test('refuses more calls than the posture sets aside beside changes', () => {
    const posture = Posture.regulated({ reservedConcurrency: 20 });
    expect(() => defined({ maxConcurrency: 9 }, { posture })).toThrow(/'maxConcurrency' must be a whole number between 1 and 8, what the posture's 'reservedConcurrency' leaves beside changes, got 9/);
  });

  test('refuses a second one', () => {
    const stack = new Stack(new App(), 'Stack');
    const rag = new DiyRag(stack, 'Rag');
    rag.addBulkLoad();
    expect(() => rag.addBulkLoad()).toThrow(/'addBulkLoad' may be called once/);
  });
});

/** What an expression of a machine comes to. */
async function said(expression: string, states: object, variables: object = {}): Promise<unknown> {
  const [, inner] = /^{%(.*)%}$/s.exec(expression) ?? [];
  return jsonata(inner).evaluate({}, { states, ...variables });
}
