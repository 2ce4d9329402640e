import { Aws } from 'aws-cdk-lib';
import { type BatchEmbeddingPlan } from './bulk-embedding';
import { type LambdaCalls } from './lambda-calls';
import { BULK_FILES } from '../../contract/bulk-load';

export interface BatchStates {
  readonly calls: LambdaCalls;
  readonly filesBucket: string;
  readonly batch: BatchEmbeddingPlan;
  readonly modelId: string;
  /** Whose role jobs work under. */
  readonly jobRoleArn?: string;
  /** The key that encrypts what jobs write. */
  readonly keyArn?: string;
}

/** Jobs take hours: whoever looks more often learns nothing sooner. */
const FEWEST_LOOK_SECONDS = 120;
/** A look is so many events, of which an execution may have 25,000: this leaves enough for all else. */
const EVENTS_OF_LOOK = 9;
const EVENTS_OF_LOOKS = 18_000;
const LOADED_AT_ONCE = 3;
const CALL_SECONDS = 120;

/** What all jobs may still become something else from. */
const UNDER_WAY = "$status in ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Stopping']";

/**
 * One batch job, from its records to its vectors. It is looked at until it has ended: no event can be lost, and none of a foreign job is mistaken for its own. What a job
 * has made is kept however it ended, for it is paid; only then a job that was stopped, or ran out of time, ends the load.
 */
export function batchStates({ calls, filesBucket, batch, modelId, jobRoleArn, keyArn }: BatchStates): object {
  const folder = (name: string) => `{% 's3://${filesBucket}/${BULK_FILES.runs}' & $run & '/${name}' & $string($job) & '/' %}`;
  return {
    StartAt: 'PackRecords',
    States: {
      PackRecords: calls.step({ bulk: 'pack', run: '{% $states.input.run %}', job: '{% $states.input.job %}' }, {
        Assign: {
          run: '{% $states.input.run %}',
          job: '{% $states.input.job %}',
          records: '{% $states.result.Payload.records %}',
          files: '{% $states.result.Payload.files %}',
        },
        Next: 'EnoughRecords',
      }),
      EnoughRecords: { Type: 'Choice', Choices: [{ Condition: `{% $records < ${batch.fewestRecords} %}`, Next: 'TooFewRecords' }], Default: 'CreateJob' },
      // The same texts came more than once: the few that are left are embedded as they are indexed.
      TooFewRecords: { Type: 'Succeed', Output: { status: 'TooFewRecords', records: '{% $records %}', kept: 0, refused: 0 } },
      CreateJob: {
        Type: 'Task',
        Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:bedrock:createModelInvocationJob`,
        Arguments: {
          // A call that is tried again finds the job that it made.
          ClientRequestToken: '{% $states.context.Execution.Name %}',
          JobName: "{% 'load-' & $states.context.Execution.Name %}",
          ModelId: modelId,
          RoleArn: jobRoleArn,
          InputDataConfig: { S3InputDataConfig: { S3InputFormat: 'JSONL', S3Uri: folder(BULK_FILES.jobs) } },
          OutputDataConfig: { S3OutputDataConfig: { S3Uri: folder(BULK_FILES.vectors), ...(keyArn !== undefined && { S3EncryptionKeyId: keyArn }) } },
          TimeoutDurationInHours: batch.hours,
        },
        Assign: { jobArn: '{% $states.result.JobArn %}' },
        TimeoutSeconds: CALL_SECONDS,
        Retry: [
          // Others have jobs too.
          { ErrorEquals: ['Bedrock.ServiceQuotaExceededException'], IntervalSeconds: 300, BackoffRate: 1, MaxAttempts: 500 },
          ...PASSING,
        ],
        Next: 'WaitForJob',
      },
      WaitForJob: { Type: 'Wait', Seconds: lookSeconds(batch), Next: 'LookAtJob' },
      LookAtJob: {
        Type: 'Task',
        Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:bedrock:getModelInvocationJob`,
        Arguments: { JobIdentifier: '{% $jobArn %}' },
        Assign: { status: '{% $states.result.Status %}', message: "{% $exists($states.result.Message) ? $states.result.Message : 'without a word' %}" },
        TimeoutSeconds: CALL_SECONDS,
        Retry: PASSING,
        Next: 'JobStatus',
      },
      JobStatus: {
        Type: 'Choice',
        Choices: [{ Condition: `{% ${UNDER_WAY} %}`, Next: 'WaitForJob' }, { Condition: "{% $status = 'Failed' %}", Next: 'JobFailed' }],
        Default: 'LoadVectors',
      },
      LoadVectors: {
        Type: 'Map',
        Items: '{% $files %}',
        MaxConcurrency: LOADED_AT_ONCE,
        ItemSelector: { file: '{% $states.context.Map.Item.Value %}' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'LoadFile',
          States: {
            LoadFile: calls.step({ bulk: 'load', run: '{% $run %}', job: '{% $job %}', jobArn: '{% $jobArn %}', file: '{% $states.input.file %}' }, { End: true }),
          },
        },
        Output: {
          status: '{% $status %}',
          records: '{% $records %}',
          kept: '{% $sum($states.result.kept) %}',
          refused: '{% $sum($states.result.refused) %}',
        },
        Next: 'JobOutcome',
      },
      JobOutcome: { Type: 'Choice', Choices: [{ Condition: "{% $status in ['Completed', 'PartiallyCompleted'] %}", Next: 'JobDone' }], Default: 'JobBrokenOff' },
      JobDone: { Type: 'Succeed' },
      JobBrokenOff: {
        Type: 'Fail',
        Error: 'BatchJobBrokenOff',
        Cause: "{% $jobArn & ' is ' & $status & ': the vectors that it made are kept. Start another load, which asks for the others alone.' %}",
      },
      JobFailed: {
        Type: 'Fail',
        Error: 'BatchJobFailed',
        Cause: "{% $jobArn & ' failed: ' & $message & '. Mend what it says, and start another load.' %}",
      },
    },
  };
}

/** So that a job may take all the time that it has. */
function lookSeconds({ hours }: BatchEmbeddingPlan): number {
  return Math.max(FEWEST_LOOK_SECONDS, Math.ceil(hours * 3_600 * EVENTS_OF_LOOK / EVENTS_OF_LOOKS));
}

const PASSING = [{
  ErrorEquals: ['Bedrock.ThrottlingException', 'Bedrock.InternalServerException', 'Bedrock.SdkClientException', 'States.Timeout'],
  IntervalSeconds: 5,
  BackoffRate: 2,
  MaxDelaySeconds: 300,
  MaxAttempts: 30,
  JitterStrategy: 'FULL',
}];
