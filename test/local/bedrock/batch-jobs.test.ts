import { bedrockBatchJobs } from '../../../local/bedrock/batch-jobs';
import { Principals } from '../../../local/iam/principals';
import { accessKeyOf } from '../../../local/principals';
import { s3 } from '../../../local/s3/service';
import { signedFetch } from '../../e2e/sign';
import { startServices } from '../aws/local-services';

const ROLE = 'arn:aws:iam::123456789012:role/Jobs';

async function started(statements = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]) {
  const buckets = s3();
  buckets.createBucket('files');
  const principals = new Principals();
  principals.add({ accessKeyId: accessKeyOf(ROLE), arn: ROLE, holders: ['bedrock.amazonaws.com'], policies: [{ name: 'P', document: { Statement: statements } }] });
  const notices: string[] = [];
  const services = await startServices([buckets, bedrockBatchJobs({ buckets: buckets.buckets, principals, onNotice: (line) => notices.push(line) })]);
  const call = async (path: string, body?: object) => {
    const credentials = { ...services.client.credentials, arn: '' };
    const response = await signedFetch(`${services.client.endpoint}/${path}`, credentials, { service: 'bedrock', body: body && JSON.stringify(body) });
    return { status: response.status, ...(await response.json()) as any };
  };
  const records = (count: number, text = (at: number) => `text ${at}`) => buckets.buckets.put('files', 'in/0.jsonl', Buffer.from(
    Array.from({ length: count }, (_, at) => JSON.stringify({ recordId: `r${at}`, modelInput: { inputText: text(at), dimensions: 256 } })).join('\n')), {});
  const job = (more: object = {}) => ({
    jobName: 'load-1',
    modelId: 'amazon.titan-embed-text-v2:0',
    roleArn: ROLE,
    inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://files/in/', s3InputFormat: 'JSONL' } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://files/out/' } },
    ...more,
  });
  const ended = async (arn: string) => {
    for (;;) {
      const found = await call(`model-invocation-job/${encodeURIComponent(arn)}`);
      if (!['Submitted', 'InProgress'].includes(found.status)) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const text = (key: string) => buckets.buckets.find('files', key)!.content.toString('utf8');
  return { ...services, call, records, job, ended, text, notices };
}

let cloud: Awaited<ReturnType<typeof started>>;
afterEach(() => cloud.stop());

test('a job reads its records, and writes what the model answers and what it refuses', async () => {
  cloud = await started();
  cloud.records(120, (at) => (at === 7 ? '' : `text ${at}`));
  const { jobArn } = await cloud.call('model-invocation-job', cloud.job());
  expect(await cloud.ended(jobArn)).toMatchObject({ status: 'Completed', totalRecordCount: 120, successRecordCount: 119, errorRecordCount: 1 });
  const id = String(jobArn).split('/').pop();
  const lines = cloud.text(`out/${id}/0.jsonl.out`).trim().split('\n').map((line) => JSON.parse(line));
  expect(lines.find(({ recordId }) => recordId === 'r7')).toMatchObject({ error: { errorCode: 400, errorMessage: expect.stringContaining('inputText') } });
  expect(lines.find(({ recordId }) => recordId === 'r8').modelOutput.embedding).toHaveLength(256);
  expect(JSON.parse(cloud.text(`out/${id}/manifest.json.out`))).toMatchObject({ totalRecordCount: 120, errorRecordCount: 1 });
});

test('a call that is repeated under its token gives the job that it made', async () => {
  cloud = await started();
  cloud.records(100);
  const first = await cloud.call('model-invocation-job', cloud.job({ clientRequestToken: 'token-1' }));
  expect((await cloud.call('model-invocation-job', cloud.job({ clientRequestToken: 'token-1' }))).jobArn).toBe(first.jobArn);
  expect(await cloud.call('model-invocation-job', cloud.job())).toMatchObject({ status: 400 });
});

test('a job of too few records fails, and so does one whose role may not read them', async () => {
  cloud = await started();
  cloud.records(99);
  const { jobArn } = await cloud.call('model-invocation-job', cloud.job());
  expect(await cloud.ended(jobArn)).toMatchObject({ status: 'Failed', message: expect.stringContaining('below the minimum of 100') });
  await cloud.stop();
  cloud = await started([{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }]);
  cloud.records(100);
  const denied = await cloud.call('model-invocation-job', cloud.job());
  expect(await cloud.ended(denied.jobArn)).toMatchObject({ status: 'Failed', message: expect.stringContaining('s3:GetObject') });
});

test('a job may be stopped', async () => {
  cloud = await started();
  cloud.records(100);
  const { jobArn } = await cloud.call('model-invocation-job', cloud.job());
  await cloud.call(`model-invocation-job/${encodeURIComponent(jobArn)}/stop`, {});
  expect(await cloud.ended(jobArn)).toMatchObject({ status: 'Stopped' });
});

test('refuses names and places that Bedrock does not take', async () => {
  cloud = await started();
  expect(await cloud.call('model-invocation-job', cloud.job({ jobName: 'with blanks' }))).toMatchObject({ status: 400, message: expect.stringContaining("'jobName'") });
  expect(await cloud.call('model-invocation-job', cloud.job({ inputDataConfig: {} }))).toMatchObject({ status: 400, message: expect.stringContaining("'s3Uri'") });
  expect(await cloud.call('model-invocation-job/none')).toMatchObject({ status: 404 });
});
