import { createHash, randomBytes } from 'node:crypto';
import { modelAddress } from './access';
import { embeddingAnswer } from './embeddings';
import { refuse } from './refusal';
import { ACCOUNT, REGION } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { Authorization, AwsReply, AwsRequest, AwsService } from '../aws/service';
import type { Principals } from '../iam/principals';
import { serviceRole } from '../iam/service-role';
import type { Buckets } from '../s3/store';

export interface BatchJobsOptions {
  readonly buckets: Buckets;
  readonly principals: Principals;
  readonly onNotice: (line: string) => void;
}

interface CreateJob {
  readonly jobName?: string;
  readonly clientRequestToken?: string;
  readonly modelId?: string;
  readonly roleArn?: string;
  readonly inputDataConfig?: { readonly s3InputDataConfig?: { readonly s3Uri?: string; readonly s3InputFormat?: string } };
  readonly outputDataConfig?: { readonly s3OutputDataConfig?: { readonly s3Uri?: string; readonly s3EncryptionKeyId?: string } };
  readonly timeoutDurationInHours?: number;
}

interface Job {
  readonly arn: string;
  readonly created: CreateJob;
  readonly submitted: string;
  status: 'Submitted' | 'InProgress' | 'Completed' | 'Failed' | 'Stopped';
  message?: string;
  counts: { total: number; success: number; error: number };
}

const NAME = /^[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}$/;
const TOKEN = /^[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}$/;
/** As the quotas of embedding models are. */
const FEWEST = 100;
const MOST = 50_000;

/** Batch inference of Bedrock, for models that make vectors: reads its records from the local buckets and writes there what the models answer, in the name of the job's role. */
export function bedrockBatchJobs(options: BatchJobsOptions): AwsService {
  const jobs = new Map<string, Job>();
  const byToken = new Map<string, Job>();
  return {
    name: 'bedrock',
    serves: ({ path }) => path.startsWith('/model-invocation-job'),

    authorizations(request) {
      const { operation, id } = operationOf(request);
      if (operation !== 'CreateModelInvocationJob') return [{ action: `bedrock:${operation}`, resource: jobArn(id) }];
      const { modelId = '', roleArn = '' } = bodyOf(request);
      const { model } = modelAddress(modelId, { region: request.region, account: ACCOUNT }, new Map());
      return [
        { action: 'bedrock:CreateModelInvocationJob', resource: `arn:aws:bedrock:${request.region}::foundation-model/${model ?? modelId}` },
        { action: 'bedrock:CreateModelInvocationJob', resource: jobArn('new') },
        { action: 'iam:PassRole', resource: roleArn, context: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
      ] satisfies Authorization[];
    },

    async handle(request) {
      const { operation, id } = operationOf(request);
      if (operation === 'CreateModelInvocationJob') return json({ jobArn: create(bodyOf(request)).arn });
      const job = jobs.get(id);
      if (!job) throw new AwsFailure('ResourceNotFoundException', 404, `The provided model invocation job is not found: ${id}`);
      if (operation === 'StopModelInvocationJob') {
        if (job.status !== 'Submitted' && job.status !== 'InProgress') throw new AwsFailure('ConflictException', 400, `The job is ${job.status} already.`);
        job.status = 'Stopped';
        return json({});
      }
      return json(described(job));
    },
  };

  function create(wanted: CreateJob): Job {
    const { jobName = '', clientRequestToken: token } = wanted;
    if (!NAME.test(jobName)) refuse(`'jobName' must match ${NAME.source}, got '${jobName}'`);
    if (token !== undefined && !TOKEN.test(token)) refuse(`'clientRequestToken' must match ${TOKEN.source}, got '${token}'`);
    const known = token === undefined ? undefined : byToken.get(token);
    if (known) return known;
    if ([...jobs.values()].some(({ created }) => created.jobName === jobName)) throw new AwsFailure('ConflictException', 400, `A job is called '${jobName}' already.`);
    const hours = wanted.timeoutDurationInHours ?? 24;
    if (hours < 24 || hours > 168) refuse(`'timeoutDurationInHours' must be between 24 and 168, got ${hours}`);
    const [input, output] = [placeOf(wanted.inputDataConfig?.s3InputDataConfig?.s3Uri), placeOf(wanted.outputDataConfig?.s3OutputDataConfig?.s3Uri)];
    const id = randomBytes(6).toString('hex');
    const job: Job = { arn: jobArn(id), created: wanted, submitted: new Date().toISOString(), status: 'Submitted', counts: { total: 0, success: 0, error: 0 } };
    jobs.set(id, job);
    if (token !== undefined) byToken.set(token, job);
    setTimeout(() => run(job, id, input, output), 20).unref();
    return job;
  }

  function run(job: Job, id: string, input: Place, output: Place): void {
    if (job.status === 'Stopped') return;
    job.status = 'InProgress';
    try {
      const role = serviceRole(options.principals, job.created.roleArn ?? '', options.onNotice);
      const files = filesOf(input, role);
      const records = files.map(({ text }) => text.split('\n').filter((line) => line !== ''));
      const total = records.reduce((sum, lines) => sum + lines.length, 0);
      if (total < FEWEST) throw new Error(`The number of records ${total} is below the minimum of ${FEWEST}.`);
      if (total > MOST) throw new Error(`The number of records ${total} is above the maximum of ${MOST}.`);
      job.counts.total = total;
      files.forEach(({ name }, at) => {
        const answers = records[at].map((line) => answerOf(line, job));
        // The order of records is nobody's promise.
        write(`${id}/${name}.out`, `${answers.reverse().map((answer) => JSON.stringify(answer)).join('\n')}\n`);
      });
      const { success, error } = job.counts;
      write(`${id}/manifest.json.out`, JSON.stringify({ totalRecordCount: total, processedRecordCount: total, successRecordCount: success, errorRecordCount: error }));
      job.status = 'Completed';

      function write(name: string, text: string) {
        const key = `${output.key}${name}`;
        role.require({ action: 's3:PutObject', resource: `arn:aws:s3:::${output.bucket}/${key}` });
        options.buckets.put(output.bucket, key, Buffer.from(text), { 'content-type': 'application/json' });
      }
    } catch (error) {
      [job.status, job.message] = ['Failed', (error as Error).message];
      options.onNotice(`local cloud: the batch job ${job.created.jobName} failed: ${job.message}`);
    }
  }

  function filesOf({ bucket, key: prefix }: Place, role: ReturnType<typeof serviceRole>) {
    role.require({ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: { 's3:prefix': prefix } });
    const found = options.buckets.list(bucket, prefix).filter(([key]) => key.endsWith('.jsonl'));
    if (found.length === 0) throw new Error(`There is no file of JSON Lines under s3://${bucket}/${prefix}`);
    return found.map(([key, { content }]) => {
      role.require({ action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` });
      return { name: key.slice(key.lastIndexOf('/') + 1), text: content.toString('utf8') };
    });
  }
}

function answerOf(line: string, job: Job): object {
  const { recordId = createHash('md5').update(line).digest('hex'), modelInput } = JSON.parse(line) as { recordId?: string; modelInput: Record<string, unknown> };
  if (!/^[a-zA-Z0-9]+$/.test(recordId)) throw new Error(`'recordId' must have letters and digits only, got '${recordId}'`);
  const { model } = modelAddress(job.created.modelId ?? '', { region: REGION, account: ACCOUNT }, new Map());
  try {
    const { body } = embeddingAnswer(model, modelInput);
    job.counts.success++;
    return { recordId, modelInput, modelOutput: body };
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error;
    job.counts.error++;
    return { recordId, modelInput, error: { errorCode: 400, errorMessage: error.message } };
  }
}

function described({ arn, created, submitted, status, message, counts: { total, success, error } }: Job): object {
  const { jobName, modelId, roleArn, inputDataConfig, outputDataConfig, timeoutDurationInHours = 24, clientRequestToken } = created;
  return {
    jobArn: arn,
    jobName,
    modelId,
    roleArn,
    inputDataConfig,
    outputDataConfig,
    timeoutDurationInHours,
    clientRequestToken,
    status,
    message,
    submitTime: submitted,
    lastModifiedTime: new Date().toISOString(),
    totalRecordCount: total,
    processedRecordCount: success + error,
    successRecordCount: success,
    errorRecordCount: error,
  };
}

interface Place {
  readonly bucket: string;
  readonly key: string;
}

function placeOf(uri = ''): Place {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  if (bucket === undefined) return refuse(`'s3Uri' must be as s3://bucket/prefix/, got '${uri}'`);
  return { bucket, key };
}

function jobArn(id: string): string {
  return `arn:aws:bedrock:${REGION}:${ACCOUNT}:model-invocation-job/${id}`;
}

type JobOperation = 'CreateModelInvocationJob' | 'GetModelInvocationJob' | 'StopModelInvocationJob';

function operationOf({ method, path }: AwsRequest): { readonly operation: JobOperation; readonly id: string } {
  const [, named = '', stop] = /^\/model-invocation-job(?:\/(.+?))?(\/stop)?$/.exec(decodeURIComponent(path.split('?')[0])) ?? [];
  const id = named.slice(named.lastIndexOf('/') + 1);
  if (method === 'POST' && id === '') return { operation: 'CreateModelInvocationJob', id };
  if (method === 'POST' && stop) return { operation: 'StopModelInvocationJob', id };
  if (method === 'GET' && id !== '') return { operation: 'GetModelInvocationJob', id };
  throw new AwsFailure('UnknownOperationException', 404, `the local Bedrock has no ${method} ${path} (of batch jobs it has CreateModelInvocationJob, GetModelInvocationJob and StopModelInvocationJob)`);
}

function bodyOf({ body }: AwsRequest): CreateJob {
  try {
    return JSON.parse(body.toString('utf8')) as CreateJob;
  } catch {
    return refuse('the body is no JSON');
  }
}

function json(body: object): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
