import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { runRags, until } from './run-rags';
import { CollectionCapacity, MetadataField, VectorStore } from '../../lib';
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

const retrieval = { fields: FIELDS };
const tenants = { fields: FIELDS, tenant: { field: 'owner', claim: 'email' } };

const PLAIN = ['Search', 'Pinecone', 'Redis', 'MemoryDb'];
const TENANTS = ['SearchTenants', 'PineconeTenants', 'RedisTenants'];

describe('chunks in a store of one\'s choice, from a document to an answer', () => {
  const servers: Servers = {};
  beforeAll(async () => {
    servers.pinecone = await startPinecone(1_024, KEY);
    servers.redis = await startSearchServer({ words: true, password: 'hush' });
  });
  afterAll(() => Promise.all([servers.pinecone?.stop(), servers.redis?.stop()]));
  const rags = runRags((stackOf) => {
    const secretOf = (name: string, arn: string) => Secret.fromSecretCompleteArn(stackOf(name), 'Secret', arn);
    const pinecone = (name: string) => VectorStore.pinecone({ endpoint: servers.pinecone!.url, secret: secretOf(name, SECRET) });
    const redis = (name: string) => VectorStore.redis({ host: '127.0.0.1', port: servers.redis!.port, tls: false, secret: secretOf(name, LOGIN) });
    return {
      Search: { store: VectorStore.openSearchServerless(), retrieval },
      SearchTenants: { store: VectorStore.openSearchServerless({ capacity: CollectionCapacity.classic() }), retrieval: tenants },
      Pinecone: { store: pinecone('Pinecone'), retrieval },
      PineconeTenants: { store: pinecone('PineconeTenants'), retrieval: tenants },
      Redis: { store: redis('Redis'), retrieval },
      RedisTenants: { store: redis('RedisTenants'), retrieval: tenants },
      MemoryDb: { store: VectorStore.memoryDb(), retrieval },
    };
  });
  beforeAll(() => {
    rags.cloud.secrets.put(SECRET, JSON.stringify({ apiKey: KEY }));
    rags.cloud.secrets.put(LOGIN, JSON.stringify({ username: 'reader', password: 'hush' }));
  });
  const { call, inState, put, putDescribed } = rags;
  const found = async (...asked: Parameters<typeof rags.passages>) => (await rags.passages(...asked)).map(({ text }) => text);

  test.each(PLAIN)('%s: what is uploaded is found by meaning and words, answered from, overwritten, and deleted', async (name) => {
    await putDescribed(name, 'leave.md', '# Leave\n\nEverybody has thirty days of leave a year.\n', { year: 2026 });
    await put(name, 'other.md', '# Food\n\nThe canteen serves soup on Mondays.\n');
    for (const key of ['leave.md', 'other.md']) await inState(name, key, 'indexed');
    const [best] = await until(() => found(name, 'How many days of leave?'), (texts) => texts.length === 2);
    expect(best).toContain('thirty days');
    expect((await call(name, 'v1/documents')).data).toHaveLength(2);
    expect(await found(name, 'How many days of leave?', { filter: { year: 2026 } })).toHaveLength(1);
    expect(await call(name, 'v1/query', { body: { query: 'How many days of leave?' } })).toMatchObject({ grounded: true, answer: expect.stringContaining('thirty days') });

    await put(name, 'leave.md', '# Leave\n\nEverybody has forty weeks of sabbatical.\n');
    await until(() => found(name, 'leave sabbatical', { filter: { year: 2026 } }), (texts) => texts.length === 1 && texts[0].includes('forty weeks'));
    // At once: before a search would show what was written.
    await rags.remove(name, 'leave.md');
    await inState(name, 'leave.md', 'deleted');
    await until(() => found(name, 'leave sabbatical'), (texts) => texts.length === 1 && texts[0].includes('canteen'));
  }, 120_000);

  test.each(TENANTS)('%s: each tenant finds their own documents alone', async (name) => {
    for (const user of ['user-a', 'user-b'] as const) {
      await putDescribed(name, `${user}.txt`, `The salary of ${user} is secret.`, { owner: `${user}@example.com` });
    }
    for (const user of ['user-a', 'user-b'] as const) {
      await inState(name, `${user}.txt`, 'indexed', user);
      expect((await call(name, 'v1/documents', { user })).data).toHaveLength(1);
      expect(await until(() => found(name, 'salary', { user }), (texts) => texts.length > 0)).toEqual([`The salary of ${user} is secret.`]);
      expect((await call(name, 'v1/query', { body: { query: 'salary' }, user })).answer).toContain(user);
    }
  }, 120_000);

  test('every grant is used, and none is missing', async () => {
    const told = (await rags.grants()).map(({ role, denied, unknown, unused }) => {
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
