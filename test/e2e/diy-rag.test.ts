import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { emittedMetrics } from './emitted-metrics';
import { runStacks, type User } from './run-stacks';
import { ApiAuth, ChatbotApi, MetadataField } from '../../lib';
import { DiyRag, type DiyRagProps } from '../../lib/diy-rag';
import { accessKeyOf } from '../../local/principals';

const LEAVE = 'Everybody has thirty days of leave a year.';
const REINDEXING = [
  's3vectors:GetIndex', 's3vectors:DeleteIndex', 's3vectors:QueryVectors', 's3vectors:GetVectors', 'dynamodb:Scan', 'dynamodb:DeleteItem', 'dynamodb:Query', 's3:GetObject',
];
const HANDBOOK = `# Handbook\n\nWelcome to the company.\n\n## Leave\n\n${LEAVE} Leave is taken until the end of March.\n`;

describe('a pipeline of one\'s own, from a document to an answer', () => {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Rags');
    const auth = ApiAuth.cognito(new UserPool(stack, 'Users'));
    const operator = new Role(stack, 'Operator', { assumedBy: new AnyPrincipal() });
    new CfnOutput(stack, 'OperatorArn', { value: operator.roleArn });
    const fields = [MetadataField.text('owner'), MetadataField.number('year')];
    const rags: Readonly<Record<string, DiyRagProps>> = {
      Plain: { auth, retrieval: { links: Duration.minutes(5) } },
      Tenants: { auth, retrieval: { fields, tenant: { field: 'owner', claim: 'email' } } },
    };
    for (const [name, props] of Object.entries(rags)) {
      const rag = new DiyRag(stack, `${name}Rag`, props);
      rag.bucket.grantPut(operator);
      rag.bucket.grantDelete(operator);
      rag.grantSync(operator);
      const texts = rag.node.findChild('Index').node.findChild('Sync').node.findChild('Texts') as unknown as { bucketName: string; bucketArn: string };
      operator.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject', 's3:ListBucket'], resources: [texts.bucketArn, `${texts.bucketArn}/*`] }));
      const outputs = { Url: rag.url, Bucket: rag.bucket.bucketName, Requests: rag.syncRequests.queueUrl, Texts: texts.bucketName };
      for (const [key, value] of Object.entries(outputs)) new CfnOutput(stack, `${name}${key}`, { value });
      if (name === 'Plain') new CfnOutput(stack, 'ChatUrl', { value: new ChatbotApi(stack, 'Chat', { auth, knowledge: rag }).url });
    }
  });
  const output = (name: string) => run.cloud.outputs.Rags[name];
  const client = () => ({ endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output('OperatorArn')), secretAccessKey: 'x' } });
  const s3 = () => new S3Client({ ...client(), forcePathStyle: true });
  const put = (name: string, Key: string, Body: string) => s3().send(new PutObjectCommand({ Bucket: output(`${name}Bucket`), Key, Body }));
  const remove = (name: string, Key: string) => s3().send(new DeleteObjectCommand({ Bucket: output(`${name}Bucket`), Key }));
  beforeAll(() => {
    // A minute of a queue is two seconds here.
    run.cloud.events.queues.speed = 30;
  });

  async function call(name: string, path: string, { body, user = 'user-a' }: { body?: object; user?: User } = {}): Promise<any> {
    const response = await fetch(`${output(`${name}Url`)}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'authorization': `Bearer ${run.cloud.session.users[user]}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text);
  }
  const document = (name: string, key: string, user?: User) => call(name, `v1/documents/${Buffer.from(key).toString('base64url')}`, { user });
  async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, seconds = 30): Promise<T> {
    for (const end = Date.now() + seconds * 1000; ;) {
      const found = await look().catch((error: unknown) => error as T);
      if (!(found instanceof Error) && holds(found)) return found;
      if (Date.now() > end) throw new Error(`after ${seconds} seconds it does not hold still: ${found instanceof Error ? found.message : JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const inState = (name: string, key: string, state: string, user?: User) => until(() => document(name, key, user), (found) => found.state === state);

  test('an uploaded document is indexed, and an answer cites it to the character', async () => {
    await put('Plain', 'hr/handbook.md', HANDBOOK);
    const indexed = await inState('Plain', 'hr/handbook.md', 'indexed');
    expect(indexed).toMatchObject({ key: 'hr/handbook.md', chunks: expect.any(Number), indexed_at: expect.any(Number), bytes: HANDBOOK.length });
    expect(indexed.chunks_written).toBe(indexed.chunks);

    const { passages: [best] } = await call('Plain', 'v1/retrieve', { body: { query: 'How many days of leave?' } });
    expect(best.text).toContain(LEAVE);
    const kept = await s3().send(new GetObjectCommand({ Bucket: output('PlainTexts'), Key: await textKeyOf() }));
    const { text } = JSON.parse(await kept.Body!.transformToString()) as { text: string };
    expect(text.slice(best.source.start, best.source.end)).toBe(best.text);

    const shelf = (await run.cloud.desk.folders()).find(({ bucket }) => bucket === output('PlainBucket'));
    expect(shelf?.stages).toEqual(['queued', 'parsed', 'chunked', 'embedded', 'indexed']);
    expect(shelf?.documents).toEqual([{ key: 'hr/handbook.md', bytes: HANDBOOK.length, status: 'indexed', chunks: indexed.chunks, written: indexed.chunks }]);

    const { answer, citations, grounded } = await call('Plain', 'v1/query', { body: { query: 'How many days of leave?' } });
    expect([grounded, answer]).toEqual([true, expect.stringContaining('thirty days')]);
    expect(await (await fetch((citations[0].source as { link: string }).link)).text()).toBe(HANDBOOK);
    expect(text.slice(citations[0].quote.source_start, citations[0].quote.source_end)).toBe(LEAVE);
    expect(citations[0].source).toMatchObject({ uri: `s3://${output('PlainBucket')}/hr/handbook.md`, start: best.source.start, end: best.source.end, link: expect.stringContaining('http') });
  }, 60_000);

  async function textKeyOf(): Promise<string> {
    const { Contents: [only] = [] } = await s3().send(new ListObjectsV2Command({ Bucket: output('PlainTexts'), Prefix: 'texts/' }));
    return only.Key!;
  }

  test('a chat over it answers from its passages', async () => {
    const response = await fetch(`${output('ChatUrl')}v1/chat/completions`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${run.cloud.session.users['user-a']}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'How many days of leave?' }] }),
    });
    expect(await response.text()).toContain('thirty days');
  }, 30_000);

  test('what is overwritten is found as it is now, and what is deleted is not found', async () => {
    await put('Plain', 'hr/handbook.md', '# Handbook\n\nEverybody has forty weeks of sabbatical.\n');
    await until(() => call('Plain', 'v1/retrieve', { body: { query: 'leave sabbatical' } }), ({ passages }) => passages.length === 1 && passages[0].text.includes('forty weeks'));
    await remove('Plain', 'hr/handbook.md');
    await inState('Plain', 'hr/handbook.md', 'deleted');
    expect((await call('Plain', 'v1/retrieve', { body: { query: 'leave sabbatical' } })).passages).toEqual([]);
    expect((await call('Plain', 'v1/documents')).data).toEqual([]);
    expect((await call('Plain', 'v1/documents?state=deleted')).data).toMatchObject([{ key: 'hr/handbook.md' }]);
  }, 60_000);

  test('what cannot be read ends as failed and says why', async () => {
    await put('Plain', 'broken.pdf', '%PDF-1.7 and nothing else');
    expect((await inState('Plain', 'broken.pdf', 'failed')).reason).toMatch(/\w/);
    expect((await call('Plain', 'v1/documents?state=failed')).data).toMatchObject([{ key: 'broken.pdf' }]);
    expect((await run.cloud.desk.folders()).flatMap(({ documents }) => documents)).toContainEqual(expect.objectContaining({ key: 'broken.pdf', status: 'failed', reason: expect.any(String) }));
  }, 60_000);

  test('a look through the bucket compares it with the index', async () => {
    await new SQSClient(client()).send(new SendMessageCommand({ QueueUrl: output('PlainRequests'), MessageBody: '{"sync":"all"}' }));
    await until(async () => emittedMetrics(run.cloud), (metrics) => metrics.some(({ name }) => name === 'DocumentsChecked'));
  }, 60_000);

  test('each tenant finds and sees their own documents alone', async () => {
    for (const user of ['user-a', 'user-b']) {
      await put('Tenants', `${user}.txt.metadata.json`, JSON.stringify({ metadataAttributes: { owner: `${user}@example.com`, year: 2026 } }));
      await put('Tenants', `${user}.txt`, `The salary of ${user} is secret.`);
    }
    await put('Tenants', 'nobody.txt', 'The salary of nobody.');
    for (const user of ['user-a', 'user-b'] as const) {
      await inState('Tenants', `${user}.txt`, 'indexed', user);
      const { passages } = await call('Tenants', 'v1/retrieve', { body: { query: 'salary', filter: { year: 2026 } }, user });
      expect(passages.map(({ text }: { text: string }) => text)).toEqual([`The salary of ${user} is secret.`]);
      expect((await call('Tenants', 'v1/query', { body: { query: 'salary' }, user })).answer).toContain(user);
      expect((await call('Tenants', 'v1/documents', { user })).data).toMatchObject([{ key: `${user}.txt` }]);
    }
    await expect(document('Tenants', 'user-b.txt', 'user-a')).rejects.toThrow('404');
    await remove('Tenants', 'user-b.txt');
    const left = () => call('Tenants', 'v1/retrieve', { body: { query: 'salary' }, user: 'user-b' });
    await until(left, ({ passages }) => passages.length === 0);
    await until(() => call('Tenants', 'v1/documents', { user: 'user-b' }), ({ data }) => data.length === 0);
  }, 60_000);

  test('every grant is used, and none is missing', async () => {
    const { roles } = await run.cloud.report();
    for (const { role, denied, unknown, unused } of roles.filter((each) => !each.role.includes('Operator'))) {
      // The chat has more than its documents, and does not use it here.
      const own = role.includes('ChatHandler') ? unused.filter(({ action }) => action.startsWith('s3vectors:') || action === 'bedrock:InvokeModel') : unused;
      // Whoever searches reads words so that some thousands of chunks have; there are not so many here.
      const reading = own.filter(({ action }) => action !== 'dynamodb:BatchGetItem' || role.includes('IndexSync'));
      // What takes the place of an index, and compares it with the one before, is used in reindex.test.ts.
      const idle = role.includes('IndexSync') ? reading.filter(({ action }) => !REINDEXING.includes(action)) : reading;
      expect({ role, denied, unknown, idle }).toEqual({ role, denied: [], unknown: [], idle: [] });
    }
  });
});
