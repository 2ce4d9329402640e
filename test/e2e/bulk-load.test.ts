import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { runStacks } from './run-stacks';
import { signedFetch } from './sign';
import { SyncPolicy } from '../../lib';
import type { BulkCounts, BulkItem, BulkRequest, BulkSummary, Loaded, Packed, Plan, Prepared } from '../../lib/contract/bulk-load';
import { BulkEmbedding, DiyRag } from '../../lib/diy-rag';
import { accessKeyOf } from '../../local/principals';

const DOCUMENTS = 200;
const RUN = 'monday';

describe('a bulk load, step by step as its state machine goes', () => {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Bulk');
    const rag = new DiyRag(stack, 'Rag', { documents: { sync: SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1))) } });
    const load = rag.addBulkLoad({ embedding: BulkEmbedding.batch() });
    const author = new Role(stack, 'AuthorRole', { assumedBy: new AnyPrincipal() });
    rag.bucket.grantPut(author);
    const parts = rag.node.findChild('BulkLoad').node;
    const index = rag.node.findChild('Index').node.findChild('Sync').node.findChild('Handler').node;
    const outputs = {
      Url: rag.url,
      Bucket: rag.bucket.bucketName,
      Files: load.bucket.bucketName,
      Author: author.roleArn,
      Machine: (parts.findChild('Role') as Role).roleArn,
      Jobs: (parts.findChild('JobRole') as Role).roleArn,
      Handler: (index.findChild('Function') as LambdaFunction).functionName,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
  });
  const output = (name: string) => run.cloud.outputs.Bulk[name];
  const client = (role: string) => ({
    endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output(role)), secretAccessKey: 'x' }, forcePathStyle: true,
  });
  const machineS3 = () => new S3Client(client('Machine'));

  async function step<T>(request: BulkRequest): Promise<T> {
    const { Payload, FunctionError } = await new LambdaClient(client('Machine')).send(new InvokeCommand({ FunctionName: output('Handler'), Payload: Buffer.from(JSON.stringify(request)) }));
    const answer = JSON.parse(Buffer.from(Payload!).toString('utf8'));
    if (FunctionError) throw new Error(`${answer.errorType}: ${answer.errorMessage}`);
    return answer as T;
  }
  const given = (documents: readonly BulkItem[]) => ({ run: RUN, source: 'documents', encoded: false, documents });

  /** Batches of what the bucket lists, as the distributed map makes them. */
  async function batches(): Promise<BulkItem[][]> {
    const { Contents = [] } = await machineS3().send(new ListObjectsV2Command({ Bucket: output('Bucket'), Prefix: '' }));
    const items = Contents.map(({ Key }) => ({ Key: Key! }));
    return Array.from({ length: Math.ceil(items.length / 20) }, (_, at) => items.slice(at * 20, at * 20 + 20));
  }

  async function indexAll(): Promise<BulkCounts[]> {
    const results: BulkCounts[] = [];
    for (const documents of await batches()) results.push(await step<BulkCounts>({ bulk: 'index', ...given(documents) }));
    return results;
  }

  async function bedrock(path: string, body?: object): Promise<any> {
    const identity = { ...client('Machine').credentials, arn: '' };
    const response = await signedFetch(`${run.cloud.endpoint}/${path}`, identity, { service: 'bedrock', body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  }

  async function put(name: string, lines: readonly object[]) {
    const Body = lines.map((line) => JSON.stringify(line)).join('\n');
    await machineS3().send(new PutObjectCommand({ Bucket: output('Files'), Key: `runs/${RUN}/results/${name}`, Body }));
  }

  beforeAll(async () => {
    const author = new S3Client(client('Author'));
    for (let at = 0; at < DOCUMENTS; at++) {
      await author.send(new PutObjectCommand({ Bucket: output('Bucket'), Key: `notes/${at}.md`, Body: `# Note ${at}\n\nThe password of room ${at} is word${at}.\n` }));
    }
    await author.send(new PutObjectCommand({ Bucket: output('Bucket'), Key: 'notes/0.md.metadata.json', Body: '{"metadataAttributes":{}}' }));
    await author.send(new PutObjectCommand({ Bucket: output('Bucket'), Key: 'broken.pdf', Body: '%PDF-1.7 and nothing else' }));
  }, 60_000);

  test('texts become records, records become a job, and what the job makes is remembered', async () => {
    let records = 0;
    for (const documents of await batches()) {
      for (let from = 0; from < documents.length;) {
        const prepared = await step<Prepared>({ bulk: 'prepare', ...given(documents), from });
        [from, records] = [prepared.next, records + prepared.records];
      }
    }
    expect(records).toBe(DOCUMENTS);
    expect(await step<Plan>({ bulk: 'plan', run: RUN, fewestRecords: 100, recordsPerJob: 50_000 })).toEqual({ jobs: 1, records });
    const planned = await machineS3().send(new GetObjectCommand({ Bucket: output('Files'), Key: `runs/${RUN}/plan.json` }));
    const [{ job }] = JSON.parse(await planned.Body!.transformToString()) as { job: number }[];
    const packed = await step<Packed>({ bulk: 'pack', run: RUN, job });
    expect(packed).toEqual({ records, files: ['0000.jsonl'] });

    const { jobArn } = await bedrock('model-invocation-job', {
      jobName: 'load-1',
      clientRequestToken: 'load-1',
      modelId: 'amazon.titan-embed-text-v2:0',
      roleArn: output('Jobs'),
      inputDataConfig: { s3InputDataConfig: { s3InputFormat: 'JSONL', s3Uri: `s3://${output('Files')}/runs/${RUN}/jobs/${job}/` } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${output('Files')}/runs/${RUN}/vectors/${job}/` } },
    });
    const look = () => bedrock(`model-invocation-job/${encodeURIComponent(jobArn as string)}`);
    let found = await look();
    for (; ['Submitted', 'InProgress'].includes(found.status as string); found = await look()) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(found).toMatchObject({ status: 'Completed', successRecordCount: records });

    const loaded = await step<Loaded>({ bulk: 'load', run: RUN, job, jobArn, file: packed.files[0] });
    expect(loaded).toEqual({ kept: records, refused: 0 });
    await put('jobs/a/SUCCEEDED_0.jsonl', [{ status: 'Completed', records, ...loaded }]);
  }, 120_000);

  test('the index step finds all vectors there, and asks the model for none', async () => {
    const results = await indexAll();
    const sum = (name: 'indexed' | 'failed') => results.reduce((count, result) => count + result[name], 0);
    expect([sum('indexed'), sum('failed')]).toEqual([DOCUMENTS, 1]);
    await put('index/b/SUCCEEDED_0.jsonl', results);
    const { roles } = await run.cloud.report();
    const handler = roles.find(({ role }) => role.includes('IndexSyncHandler'))!;
    expect(handler.unused.map(({ action }) => action)).toContain('bedrock:InvokeModel');
    expect(handler.denied).toEqual([]);
  }, 120_000);

  test('the summary is kept beside the files of the load', async () => {
    const summary = await step<BulkSummary>({ bulk: 'summary', run: RUN });
    expect(summary).toMatchObject({ run: RUN, indexed: DOCUMENTS, failed: 1, batchesFailed: 0, failures: [{ key: 'broken.pdf' }], vectors: { jobs: 1, kept: DOCUMENTS } });
    const kept = await machineS3().send(new GetObjectCommand({ Bucket: output('Files'), Key: `runs/${RUN}/summary.json` }));
    expect(JSON.parse(await kept.Body!.transformToString())).toEqual(summary);
  }, 30_000);

  test('documents are found, and are told of as after any change', async () => {
    const headers = { 'authorization': `Bearer ${run.cloud.session.users['user-a']}`, 'content-type': 'application/json' };
    const found = await fetch(`${output('Url')}v1/retrieve`, { method: 'POST', headers, body: JSON.stringify({ query: 'word17' }) });
    expect((await found.json() as { passages: { text: string }[] }).passages[0].text).toContain('word17');
    const [one] = (await (await fetch(`${output('Url')}v1/documents?state=failed`, { headers })).json() as { data: object[] }).data;
    expect(one).toMatchObject({ key: 'broken.pdf', state: 'failed', reason: expect.any(String) });
  }, 30_000);

  test('a second load passes over what is in the index, and makes no records of it', async () => {
    const [first] = await batches();
    expect(await step<Prepared>({ bulk: 'prepare', ...given(first), from: 0 })).toEqual({ next: first.length, records: 0 });
    const results = await indexAll();
    expect(results.reduce((count, { unchanged }) => count + unchanged, 0)).toBe(DOCUMENTS + 1);
    expect(results.every(({ indexed, failed }) => indexed + failed === 0)).toBe(true);
  }, 60_000);

  test('the roles of the machine and its jobs have what they use, and nothing of it is missing', async () => {
    const { roles } = await run.cloud.report();
    for (const { role, denied, unknown, unused } of roles.filter((each) => /BulkLoad(Role|JobRole)/.test(each.role))) {
      // Step Functions writes results of many megabytes in parts.
      const idle = unused.map(({ action }) => action).filter((action) => !/Multipart/.test(action));
      expect({ role, denied, unknown, idle }).toEqual({ role, denied: [], unknown: [], idle: [] });
    }
  });

  test('the local cloud says that it runs no state machine', () => {
    expect(run.cloud.leftOut.get('AWS::StepFunctions::StateMachine')).toBe(1);
  });
});
