import { BedrockAgentRuntimeClient, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { emittedMetrics, linesOf } from './emitted-metrics';
import { runStacks } from './run-stacks';
import { ManagedRag, type ManagedRagProps, SyncPolicy } from '../../lib';
import { SYNC_METRICS } from '../../lib/contract/document-sync';
import { accessKeyOf } from '../../local/principals';

const FILES = 200;
const RAGS: Readonly<Record<string, ManagedRagProps>> = {
  Each: { sync: SyncPolicy.onChange().also(SyncPolicy.onDeploy()).also(SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1)))) },
  Bulk: { sync: SyncPolicy.onChange({ backlog: 15 }) },
};
type Name = 'Each' | 'Bulk';

/** Numbers that are the same in each run. */
function dice(seed: number) {
  return (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
}

async function until(holds: () => unknown, seconds = 40): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !await holds();) {
    if (Date.now() > end) throw new Error(`after ${seconds} seconds it does not hold still`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('documents are kept in step with their bucket', () => {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Rags');
    const operator = new Role(stack, 'Operator', { assumedBy: new AnyPrincipal() });
    new CfnOutput(stack, 'OperatorArn', { value: operator.roleArn });
    for (const [name, props] of Object.entries(RAGS)) {
      const rag = new ManagedRag(stack, name, props);
      operator.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject'], resources: [rag.bucket!.arnForObjects('*')] }));
      operator.addToPolicy(new PolicyStatement({ actions: ['dynamodb:Scan'], resources: [rag.table.tableArn] }));
      rag.grantSync(operator);
      rag.grantRetrieve(operator);
      const [source] = rag.node.findAll().filter((child): child is CfnDataSource => child instanceof CfnDataSource);
      const outputs = {
        Source: source.attrDataSourceId,
        Base: rag.knowledgeBaseId,
        Bucket: rag.bucket!.bucketName,
        Table: rag.table.tableName,
        Requests: rag.syncRequests.queueUrl,
      };
      for (const [output, value] of Object.entries(outputs)) new CfnOutput(stack, name + output, { value });
    }
  });
  const output = (name: string) => run.cloud.outputs.Rags[name];
  const client = () => ({ endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output('OperatorArn')), secretAccessKey: 'x' } });
  const bucket = new Map<string, Map<string, string>>(Object.keys(RAGS).map((name) => [name, new Map()]));
  let s3: S3Client;
  beforeAll(() => {
    s3 = new S3Client({ ...client(), forcePathStyle: true });
    // A minute of a queue is two seconds here.
    run.cloud.events.queues.speed = 30;
  });

  async function put(name: Name, key: string, body: string) {
    bucket.get(name)!.set(key, body);
    await s3.send(new PutObjectCommand({ Bucket: output(`${name}Bucket`), Key: key, Body: body }));
  }
  async function remove(name: Name, key: string) {
    bucket.get(name)!.delete(key);
    await s3.send(new DeleteObjectCommand({ Bucket: output(`${name}Bucket`), Key: key }));
  }
  const indexed = (name: Name) => run.cloud.knowledge.indexed()[output(`${name}Base`)];
  const uris = (name: Name) => [...bucket.get(name)!.keys()].filter((key) => !key.endsWith('.metadata.json')).map((key) => `s3://${output(`${name}Bucket`)}/${key}`).sort();
  const waiting = () => run.cloud.events.queues.all.filter(({ definition }) => !definition.name.includes('Lost')).reduce((sum, queue) => sum + queue.all.length, 0);
  const lost = () => run.cloud.events.queues.all.filter(({ definition }) => definition.name.includes('Lost')).flatMap((queue) => queue.all.map(({ body }) => body));
  const lines = (message: string) => linesOf(run.cloud).filter((line) => line.message === message);
  const table = async (name: Name) => (await new DynamoDBClient(client()).send(new ScanCommand({ TableName: output(`${name}Table`) }))).Items ?? [];
  async function found(name: Name, text: string) {
    const { retrievalResults = [] } = await new BedrockAgentRuntimeClient(client()).send(new RetrieveCommand({
      knowledgeBaseId: output(`${name}Base`), retrievalQuery: { text }, retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 1 } },
    }));
    return retrievalResults[0];
  }
  /** Files come, change and go, and their metadata, in events that come twice and in any order. */
  async function live(name: Name, steps: number, files: number, seed: number) {
    run.cloud.events.disturb({ duplicates: 0.2, latestMs: 400 });
    const roll = dice(seed);
    for (let step = 0; step < steps; step++) {
      const key = `docs/${roll(files)} of Ümläut.txt`;
      if (roll(3) === 0) await remove(name, key);
      else if (roll(4) === 0) await put(name, `${key}.metadata.json`, JSON.stringify({ metadataAttributes: { state: step } }));
      else await put(name, key, `Document ${key} is in its state number ${step}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 450));
    run.cloud.events.disturb({});
  }
  async function expectEqual(name: Name) {
    expect(indexed(name)).toEqual(uris(name));
    for (const [key, text] of bucket.get(name)!) {
      if (key.endsWith('.metadata.json')) continue;
      const passage = await found(name, text);
      expect(passage.content?.text).toBe(text);
      const { metadataAttributes } = JSON.parse(bucket.get(name)!.get(`${key}.metadata.json`) ?? '{}') as { metadataAttributes?: { state: number } };
      expect(passage.metadata?.state).toEqual(metadataAttributes?.state);
    }
  }

  test('a job looks through everything once the stack is deployed', async () => {
    await until(() => lines('job').some(({ what }) => what === 'complete'));
    expect(emittedMetrics(run.cloud)).toContainEqual(expect.objectContaining({ name: SYNC_METRICS.syncJobs, value: 1 }));
  });

  test('a file that was put a moment ago is found, with its metadata, and is no more when it is gone', async () => {
    await put('Each', 'menu.txt', 'On Mondays the canteen serves soup.');
    await put('Each', 'menu.txt.metadata.json', '{"metadataAttributes":{"kind":"menu"}}');
    await until(async () => (await found('Each', 'What is served on Monday?'))?.metadata?.kind === 'menu');
    await remove('Each', 'menu.txt.metadata.json');
    await until(async () => (await found('Each', 'What is served on Monday?'))?.metadata?.kind === undefined);
    await remove('Each', 'menu.txt');
    await until(() => indexed('Each').length === 0);
  });

  test('200 files that come, change and go at random, with throttles and repeated events, end with the index equal to the bucket', async () => {
    run.cloud.knowledge.faults.set({ kind: 'throttle', share: 0.1 }, { kind: 'unavailable', share: 0.05 }, { kind: 'fail-document', share: 0.02 });
    await live('Each', 500, FILES, 7);
    await until(() => waiting() === 0);
    run.cloud.knowledge.faults.set();
    expect(uris('Each').length).toBeGreaterThan(80);
    await expectEqual('Each');
    expect(lost()).toEqual([]);
    const metrics = emittedMetrics(run.cloud).map(({ name }) => name);
    expect(metrics).toEqual(expect.arrayContaining([SYNC_METRICS.documentsIndexed, SYNC_METRICS.documentsDeleted, SYNC_METRICS.syncLag]));
  }, 60_000);

  test('a backlog is left to one job, whose changes are done with when it is complete', async () => {
    run.cloud.events.queues.speed = 120;
    const began = lines('job').filter(({ what }) => what === 'begun').length;
    run.cloud.knowledge.faults.set({ kind: 'conflict', times: 1 });
    await live('Bulk', 120, 60, 11);
    await until(() => waiting() === 0);
    await expectEqual('Bulk');
    expect(lines('job').filter(({ what }) => what === 'begun').length).toBeGreaterThan(began);
    const [job] = lines('job').filter(({ what }) => what === 'complete').sort((one, other) => Number(other.indexed) - Number(one.indexed));
    expect(job.indexed).toBeGreaterThan(10);
    expect(lines('document').some(({ what }) => what === 'waits: job')).toBe(true);
    expect(lost()).toEqual([]);
  }, 60_000);

  test('a file that cannot be read is tried again, listed with its reason, counted and kept in the dead-letter queue; a job that leaves it out says so', async () => {
    run.cloud.events.queues.speed = 600;
    run.cloud.knowledge.faults.set({ kind: 'fail-document', document: 'broken' });
    await put('Each', 'broken.txt', 'This cannot be read.');
    await until(() => lost().length === 1);
    expect(JSON.parse(lost()[0])).toMatchObject({ key: 'broken.txt' });
    const [item] = (await table('Each')).filter(({ sk }) => sk.S === 'broken.txt');
    expect(item).toMatchObject({ reason: { S: expect.any(String) }, attempts: { N: '10' }, failedAt: { S: expect.any(String) } });
    expect(emittedMetrics(run.cloud)).toContainEqual(expect.objectContaining({ name: SYNC_METRICS.documentsFailed, value: 1 }));

    const jobs = () => lines('job').filter(({ what }) => what === 'complete');
    const before = jobs().length;
    await new SQSClient(client()).send(new SendMessageCommand({ QueueUrl: output('EachRequests'), MessageBody: '{"sync":"all"}' }));
    await until(() => jobs().length > before);
    expect(jobs().pop()).toMatchObject({ level: 'ERROR', failed: 1 });
    expect((await table('Each')).filter(({ failedAt }) => failedAt).map(({ sk }) => sk.S)).toEqual(['broken.txt']);

    run.cloud.knowledge.faults.set();
    run.cloud.events.fire('Each');
    await until(() => jobs().length > before + 1);
    expect((await table('Each')).filter(({ failedAt }) => failedAt)).toEqual([]);
    expect(indexed('Each')).toEqual(uris('Each'));
  }, 60_000);

  test('a service that fails for long is asked for as long, for no message is given up that only has to wait', async () => {
    run.cloud.knowledge.faults.set({ kind: 'unavailable', operation: 'IngestKnowledgeBaseDocuments' });
    await put('Each', 'late.txt', 'This comes late.');
    await put('Bulk', 'late.txt', 'This comes late.');
    const seen = (bucketOf: Name) => lines('document').some(({ key, attempt, source }) => key === 'late.txt' && attempt === 6 && source === output(`${bucketOf}Source`));
    await until(() => seen('Each') && seen('Bulk'));
    run.cloud.knowledge.faults.set();
    await until(() => waiting() === 0);
    expect([indexed('Each'), indexed('Bulk')]).toEqual([uris('Each'), uris('Bulk')]);
    expect(lost()).toHaveLength(1);
  }, 60_000);

  test('a job that runs when its data source is taken out of the stack is stopped, and that of another goes on', async () => {
    // Both are to be at work at once, and a knowledge base begins a job ten seconds after the one before.
    run.cloud.knowledge.settings.paceMs = 8_000;
    const begun = (name: Name) => lines('job').filter(({ what, source }) => what === 'begun' && source === output(`${name}Source`)).length;
    const before = { Each: begun('Each'), Bulk: begun('Bulk') };
    for (const name of ['Each', 'Bulk'] as const) {
      await put(name, 'slow.txt', 'This is read while its source goes.');
      await new SQSClient(client()).send(new SendMessageCommand({ QueueUrl: output(`${name}Requests`), MessageBody: '{"sync":"all"}' }));
    }
    await until(() => begun('Each') > before.Each && begun('Bulk') > before.Bulk);
    expect(run.cloud.events.tellOfResources('AWS::Bedrock::DataSource', 'Each', 'DELETE_IN_PROGRESS')).toEqual([`${output('EachBase')}|${output('EachSource')}`]);
    await until(() => lines('drained').some(({ source, stopped }) => source === output('EachSource') && stopped === 1));
    run.cloud.knowledge.settings.paceMs = 2;
    await until(() => lines('job').some(({ what, source }) => what === 'stopped' && source === output('EachSource')));
    await until(() => waiting() === 0);
    expect(lines('job').filter(({ what, source }) => what === 'stopped' && source === output('BulkSource'))).toEqual([]);
    expect(lines('drained')).toHaveLength(1);
  }, 120_000);

  test('a job that runs when the stack is deleted is stopped', async () => {
    run.cloud.knowledge.settings.paceMs = 4_000;
    const began = () => lines('job').filter(({ what }) => what === 'begun').length;
    const before = began();
    run.cloud.events.fire('Each');
    await until(() => began() > before);
    run.cloud.events.tellOfStacks('DELETE_IN_PROGRESS');
    // It looks for a minute more, for the last message of a queue may begin a job.
    await until(() => lines('drained').some(({ source, stopped }) => source === undefined && stopped === 1), 90);
    run.cloud.knowledge.settings.paceMs = 2;
    await until(() => lines('job').filter(({ what }) => what === 'stopped').length === 2);
  }, 120_000);

  test('every role did what it was let do, and no line of a log holds a word of a document', async () => {
    await until(() => waiting() === 0);
    const { roles } = await run.cloud.report();
    const ours = roles.filter(({ role }) => role.includes('EachSync'));
    expect(ours.length).toBeGreaterThan(2);
    const wrong = ours.flatMap(({ role, unused, untouched, denied, unknown }) => [...unused, ...untouched, ...denied, ...unknown].map(({ action }) => `${role} ${action}`));
    expect(wrong).toEqual([]);
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(run.cloud.logs.filter(({ line }) => /canteen|in its state number/.test(line))).toEqual([]);
  });
});
