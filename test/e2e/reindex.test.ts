import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { emittedMetrics } from './emitted-metrics';
import { runStacks } from './run-stacks';
import { DiyRag, type DiyRagProps, EmbeddingModel, Reindexing, Splitter } from '../../lib';
import { accessKeyOf } from '../../local/principals';

const LEAVE = 'Everybody has thirty days of leave a year.';
const LONG = Array.from({ length: 40 }, (_, at) => `Rule number ${at} of the company says what to do on day ${at} of the year.`).join(' ');
const reindexing = Reindexing.blueGreen({ keep: Duration.minutes(1) });
const BEFORE: DiyRagProps = { documents: { reindexing } };
const AFTER: DiyRagProps = {
  documents: { reindexing }, splitter: Splitter.sentences({ tokens: 40 }), embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { dimension: 256 }),
};

function define(app: App, props: DiyRagProps) {
  const stack = new Stack(app, 'Rags');
  const operator = new Role(stack, 'Operator', { assumedBy: new AnyPrincipal() });
  const rag = new DiyRag(stack, 'Rag', props);
  rag.bucket.grantPut(operator);
  rag.grantSync(operator);
  const outputs = { OperatorArn: operator.roleArn, Url: rag.url, Bucket: rag.bucket.bucketName, Requests: rag.syncRequests.queueUrl };
  for (const [key, value] of Object.entries(outputs)) new CfnOutput(stack, key, { value });
}

describe('another way of reading, deployed over the one that answers', () => {
  const run = runStacks((app) => define(app, BEFORE));
  const next = mkdtempSync(join(tmpdir(), 'e2e-'));
  const output = (name: string) => run.cloud.outputs.Rags[name];
  const client = () => ({ endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output('OperatorArn')), secretAccessKey: 'x' } });
  const put = (Key: string, Body: string) => new S3Client({ ...client(), forcePathStyle: true }).send(new PutObjectCommand({ Bucket: output('Bucket'), Key, Body }));
  const ask = (message: object) => new SQSClient(client()).send(new SendMessageCommand({ QueueUrl: output('Requests'), MessageBody: JSON.stringify(message) }));
  beforeAll(() => {
    run.cloud.events.queues.speed = 30;
    const app = new App({ outdir: next });
    define(app, AFTER);
    app.synth();
  });
  afterAll(() => rmSync(next, { recursive: true, force: true }));

  async function call(path: string, body?: object): Promise<any> {
    const response = await fetch(`${output('Url')}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'authorization': `Bearer ${run.cloud.session.users['user-a']}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return response.json();
  }
  async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, seconds = 60): Promise<T> {
    for (const end = Date.now() + seconds * 1000; ;) {
      const found = await look().catch((error: unknown) => error as T);
      if (!(found instanceof Error) && holds(found)) return found;
      if (Date.now() > end) throw new Error(`after ${seconds} seconds it does not hold still: ${found instanceof Error ? found.message : JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
  const indexes = async (): Promise<any[]> => (await call('v1/indexes')).data;
  const answering = (all: any[]) => all.find(({ state }) => state === 'answering');
  const found = async () => (await call('v1/retrieve', { query: 'How many days of leave?' })).passages;

  test('is built beside it, compared, answers, is rolled back and answered from again, and the old one goes', async () => {
    await put('leave.md', `# Leave\n\n${LEAVE} ${LONG}\n`);
    await put('rules.md', `# Rules\n\n${LONG}\n`);
    await until(() => call('v1/documents?state=indexed'), ({ data }) => data.length === 2);
    const [old] = await indexes();
    expect(old).toMatchObject({ state: 'answering', dimension: 1_024 });
    const [{ text: before }] = await found();

    // Asked all the while, nobody is told that nothing is found.
    let asking = true;
    const answers: number[] = [];
    const asked = (async () => {
      while (asking) {
        answers.push((await found()).length);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    })();
    await run.cloud.update(next);
    const built = await until(indexes, (all) => answering(all)?.dimension === 256);
    expect(built.find(({ id }) => id === old.id)).toMatchObject({ state: 'kept' });
    expect(answering(built)).toMatchObject({ compared: { documents: 2, meaning: { before: 1, now: 1 } } });
    await until(found, ([{ text }]) => text !== before && text.includes('thirty days'));

    await until(indexes, (all) => all.some(({ id, in_step: inStep }) => id === old.id && inStep));
    await ask({ rollback: true });
    await until(indexes, (all) => answering(all)?.id === old.id);
    await until(found, ([{ text }]) => text === before);
    await ask({ switch: true });
    await until(indexes, (all) => answering(all)?.dimension === 256);
    await until(indexes, (all) => all.length === 1, 150);
    asking = false;
    await asked;
    expect(Math.min(...answers)).toBeGreaterThan(0);
    expect(emittedMetrics(run.cloud).map(({ name }) => name)).toEqual(expect.arrayContaining(['IndexBuilds', 'IndexRollbacks', 'DocumentsToReindex']));
  }, 300_000);

  test('with grants that are used, of which none is missing', async () => {
    const { roles } = await run.cloud.report();
    const { denied, unknown, unused } = roles.find(({ role }) => role.includes('IndexSync'))!;
    const ofReindexing = ['s3vectors:DeleteIndex', 's3vectors:QueryVectors', 'dynamodb:Scan', 'dynamodb:DeleteItem', 's3:GetObject'];
    expect([denied, unknown, unused.filter(({ action }) => ofReindexing.includes(action))]).toEqual([[], [], []]);
  });
});
