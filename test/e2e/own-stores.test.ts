import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AnyPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { runStacks, type User } from './run-stacks';
import { ApiAuth, CollectionCapacity, DiyRag, type DiyRagProps, MetadataField, VectorStore } from '../../lib';
import { accessKeyOf } from '../../local/principals';
import { type SearchServer, startSearchServer } from '../../local/redis-search/server';
import { type PineconeServer, startPinecone } from '../lambda/stores/pinecone-server';

const FIELDS = [MetadataField.text('owner'), MetadataField.number('year')];
const KEY = 'pcsk_local';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:pinecone-AbCdEf';

const LOGIN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:redis-AbCdEf';

interface Servers {
  pinecone?: PineconeServer;
  redis?: SearchServer;
}

const secretOf = (stack: Stack, secretArn: string) => Secret.fromSecretCompleteArn(stack, 'Secret', secretArn);
const pinecone = (stack: Stack, servers: Servers) => VectorStore.pinecone({ endpoint: servers.pinecone!.url, secret: secretOf(stack, SECRET) });
const redis = (stack: Stack, servers: Servers) => VectorStore.redis({ host: '127.0.0.1', port: servers.redis!.port, tls: false, secret: secretOf(stack, LOGIN) });
const tenant = { field: 'owner', claim: 'email' };

/** Rags by what their chunks are kept in; those of tenants are named so. */
const RAGS: Readonly<Record<string, (stack: Stack, servers: Servers) => DiyRagProps>> = {
  Search: () => ({ store: VectorStore.openSearchServerless(), retrieval: { fields: FIELDS } }),
  SearchTenants: () => ({ store: VectorStore.openSearchServerless({ capacity: CollectionCapacity.classic() }), retrieval: { fields: FIELDS, tenant } }),
  Pinecone: (...at) => ({ store: pinecone(...at), retrieval: { fields: FIELDS } }),
  PineconeTenants: (...at) => ({ store: pinecone(...at), retrieval: { fields: FIELDS, tenant } }),
  Redis: (...at) => ({ store: redis(...at), retrieval: { fields: FIELDS } }),
  RedisTenants: (...at) => ({ store: redis(...at), retrieval: { fields: FIELDS, tenant } }),
  MemoryDb: () => ({ store: VectorStore.memoryDb(), retrieval: { fields: FIELDS } }),
};
const PLAIN = ['Search', 'Pinecone', 'Redis', 'MemoryDb'];
const TENANTS = ['SearchTenants', 'PineconeTenants', 'RedisTenants'];

describe('chunks in a store of one\'s choice, from a document to an answer', () => {
  const servers: Servers = {};
  beforeAll(async () => {
    servers.pinecone = await startPinecone(1_024, KEY);
    servers.redis = await startSearchServer({ words: true, password: 'hush' });
  });
  afterAll(() => Promise.all([servers.pinecone?.stop(), servers.redis?.stop()]));
  const run = runStacks((app) => {
    const auth = ApiAuth.cognito(new UserPool(new Stack(app, 'Users'), 'Users'));
    for (const [name, propsOf] of Object.entries(RAGS)) {
      const stack = new Stack(app, name);
      const rag = new DiyRag(stack, 'Rag', { auth, ...propsOf(stack, servers) });
      const author = new Role(stack, 'Author', { assumedBy: new AnyPrincipal() });
      rag.bucket.grantPut(author);
      rag.bucket.grantDelete(author);
      const told = { Url: rag.url, Bucket: rag.bucket.bucketName, AuthorArn: author.roleArn };
      for (const [key, value] of Object.entries(told)) new CfnOutput(stack, key, { value });
    }
  });
  beforeAll(() => {
    // A minute of a queue is two seconds here.
    run.cloud.events.queues.speed = 30;
    run.cloud.secrets.put(SECRET, JSON.stringify({ apiKey: KEY }));
    run.cloud.secrets.put(LOGIN, JSON.stringify({ username: 'reader', password: 'hush' }));
  });

  const output = (name: string) => run.cloud.outputs[name];
  const s3 = (name: string) => new S3Client({
    endpoint: run.cloud.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: accessKeyOf(output(name).AuthorArn), secretAccessKey: 'x' },
    forcePathStyle: true,
  });
  const put = (name: string, Key: string, Body: string) => s3(name).send(new PutObjectCommand({ Bucket: output(name).Bucket, Key, Body }));

  async function call(name: string, path: string, { body, user = 'user-a' }: { body?: object; user?: User } = {}): Promise<any> {
    const response = await fetch(`${output(name).Url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'authorization': `Bearer ${run.cloud.session.users[user]}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text);
  }

  async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, seconds = 40): Promise<T> {
    for (const end = Date.now() + seconds * 1000; ;) {
      const found = await look().catch((error: unknown) => error as T);
      if (!(found instanceof Error) && holds(found)) return found;
      if (Date.now() > end) throw new Error(`after ${seconds} seconds it does not hold still: ${found instanceof Error ? found.message : JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const document = (name: string, key: string, user?: User) => call(name, `v1/documents/${Buffer.from(key).toString('base64url')}`, { user });
  const found = (name: string, body: object, user?: User) => call(name, 'v1/retrieve', { body, user }).then(({ passages }) => passages.map(({ text }: { text: string }) => text));

  test.each(PLAIN)('%s: what is uploaded is found by meaning and words, answered from, overwritten, and deleted', async (name) => {
    await put(name, 'leave.md.metadata.json', JSON.stringify({ metadataAttributes: { year: 2026 } }));
    await put(name, 'leave.md', '# Leave\n\nEverybody has thirty days of leave a year.\n');
    await put(name, 'other.md', '# Food\n\nThe canteen serves soup on Mondays.\n');
    for (const key of ['leave.md', 'other.md']) await until(() => document(name, key), ({ state }) => state === 'indexed');
    const [best] = await until(() => found(name, { query: 'How many days of leave?' }), (texts) => texts.length === 2);
    expect(best).toContain('thirty days');
    expect((await call(name, 'v1/documents')).data).toHaveLength(2);
    expect(await found(name, { query: 'How many days of leave?', filter: { year: 2026 } })).toHaveLength(1);
    expect(await call(name, 'v1/query', { body: { query: 'How many days of leave?' } })).toMatchObject({ grounded: true, answer: expect.stringContaining('thirty days') });

    await put(name, 'leave.md', '# Leave\n\nEverybody has forty weeks of sabbatical.\n');
    await until(() => found(name, { query: 'leave sabbatical', filter: { year: 2026 } }), (texts) => texts.length === 1 && texts[0].includes('forty weeks'));
    // At once: before a search would show what was written.
    await s3(name).send(new DeleteObjectCommand({ Bucket: output(name).Bucket, Key: 'leave.md' }));
    await until(() => document(name, 'leave.md'), ({ state }) => state === 'deleted');
    await until(() => found(name, { query: 'leave sabbatical' }), (texts) => texts.length === 1 && texts[0].includes('canteen'));
  }, 90_000);

  test.each(TENANTS)('%s: each tenant finds their own documents alone', async (name) => {
    for (const user of ['user-a', 'user-b'] as const) {
      await put(name, `${user}.txt.metadata.json`, JSON.stringify({ metadataAttributes: { owner: `${user}@example.com` } }));
      await put(name, `${user}.txt`, `The salary of ${user} is secret.`);
    }
    for (const user of ['user-a', 'user-b'] as const) {
      await until(() => document(name, `${user}.txt`, user), ({ state }) => state === 'indexed');
      expect((await call(name, 'v1/documents', { user })).data).toHaveLength(1);
      expect(await until(() => found(name, { query: 'salary' }, user), (texts) => texts.length > 0)).toEqual([`The salary of ${user} is secret.`]);
      expect((await call(name, 'v1/query', { body: { query: 'salary' }, user })).answer).toContain(user);
    }
  }, 90_000);

  test('every grant is used, and none is missing', async () => {
    const { roles } = await run.cloud.report();
    const told = roles.filter(({ role }) => !role.includes('Author')).map(({ role, denied, unknown, unused }) => {
      // Whoever searches reads words so that some thousands of chunks have; there are not so many here.
      const idle = unused.filter(({ action }) => !IDLE.includes(action) && (action !== 'dynamodb:BatchGetItem' || role.includes('IndexSync')));
      return { role, denied, unknown, idle: role.includes('IndexSync') ? idle.filter(({ action }) => !ELSEWHERE.includes(action)) : idle };
    });
    expect(told.length).toBeGreaterThan(10);
    expect(told.filter(({ denied, unknown, idle }) => [...denied, ...unknown, ...idle].length > 0)).toEqual([]);
  });
});

/**
 * What takes the place of an index, and compares it with the one before, is used in reindex.test.ts. The look of a deployment, in diy-rag.test.ts, waits
 * for half an hour here where a server was not there yet.
 */
const ELSEWHERE = ['s3:GetObject', 'dynamodb:DeleteItem', 'dynamodb:Query', 'sqs:SendMessage', 'sqs:DeleteMessage'];
/** Asked of an index that is there already, of one that is given up, and of documents that are replaced. */
const IDLE = ['aoss:GetIndex', 'aoss:DeleteIndex', 'dynamodb:Scan', 's3:DeleteObject'];
