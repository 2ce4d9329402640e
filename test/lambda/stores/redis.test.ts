import type { Cluster, Redis } from 'ioredis';
import { chunk, DIMENSION, FIELDS, ids, toward } from './chunks';
import { passageIndexesSuite } from './passage-indexes.suite';
import { passageStoreSuite } from './passage-store.suite';
import { dropIndexWords } from '../../../lambda/adapters/dynamo-index-words';
import { dynamoKeywords } from '../../../lambda/adapters/dynamo-keywords';
import { fieldOf } from '../../../lambda/adapters/redis-filter';
import { redisIndexes } from '../../../lambda/adapters/redis-indexes';
import { type RedisCommand, redisPassages, redisTold } from '../../../lambda/adapters/redis-passages';
import { openCluster, openServer, valkey } from '../../../lambda/adapters/valkey-connection';
import type { PassageIndex } from '../../../lib/contract/passage-stores';
import { type SearchServer, startSearchServer } from '../../../local/redis-search/server';
import { type ChatTable, startTable } from '../adapters/chat-table';

jest.setTimeout(60_000);

let indexes = 0;
const indexOf = (tenantField?: string): PassageIndex => ({ name: `index_${++indexes}`, dimension: DIMENSION, fields: FIELDS, tenantField });

/** One server with a query engine. */
async function startRedis() {
  const server = await startSearchServer({ words: true, password: 'hush' });
  const clients: Redis[] = [];
  const connected = valkey<Redis>(async () => {
    clients.push(openServer('127.0.0.1', server.port, { username: 'reader', password: 'hush' }));
    return clients.at(-1)!;
  });
  const command: RedisCommand = redisTold((name, ...args) => connected((client) => client.call(name, ...args)));
  const close = async () => {
    clients.forEach((client) => client.disconnect());
    await server.stop();
  };
  return { server, command, indexes: redisIndexes(command, { words: true, nodes: async () => [command], dropWords: async () => ({ done: true }) }), close };
}

/** A cluster of one node that finds by meaning alone, and a table of words. */
async function startMemoryDb() {
  const server: SearchServer = await startSearchServer({ words: false, announced: () => server.port });
  const table: ChatTable = await startTable('words', ['pk', 'sk']);
  const clients: Cluster[] = [];
  const connected = valkey<Cluster>(async () => {
    clients.push(openCluster('127.0.0.1', server.port, {}));
    return clients.at(-1)!;
  });
  const command: RedisCommand = redisTold((name, ...args) => connected((client) => client.call(name, ...args)));
  const nodes = () => connected(async (client) => client.nodes('master').map((node): RedisCommand => (name, ...args) => node.call(name, ...args)));
  const dropWords = (index: string, signal: AbortSignal, from?: string) => dropIndexWords(table.client, { table: table.name, index }, signal, from);
  const close = async () => {
    clients.forEach((client) => client.disconnect());
    await Promise.all([server.stop(), table.stop()]);
  };
  const open = (index: PassageIndex) => redisPassages(command, index, dynamoKeywords(table.client, { table: table.name, index: index.name }));
  return { server, command, open, indexes: redisIndexes(command, { words: false, nodes, dropWords }), close };
}

passageStoreSuite('Redis with its query engine', async () => {
  const redis = await startRedis();
  return {
    open: async ({ tenantField }) => {
      const index = indexOf(tenantField);
      await redis.indexes.make(index);
      return redisPassages(redis.command, index);
    },
    close: redis.close,
    refusesTextFilters: true,
    ranksItsOwnWay: true,
  };
});

passageStoreSuite('MemoryDB with a table of words', async () => {
  const cluster = await startMemoryDb();
  return {
    open: async ({ tenantField }) => {
      const index = indexOf(tenantField);
      await cluster.indexes.make(index);
      return cluster.open(index);
    },
    close: cluster.close,
    refusesTextFilters: true,
  };
});

passageIndexesSuite('Redis with its query engine', async () => {
  const redis = await startRedis();
  return { indexes: redis.indexes, open: (index) => redisPassages(redis.command, index), close: redis.close };
});

passageIndexesSuite('MemoryDB with a table of words', async () => {
  const cluster = await startMemoryDb();
  return { indexes: cluster.indexes, open: cluster.open, close: cluster.close };
});

describe('Redis', () => {
  const never = new AbortController().signal;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());
  const open = async (tenantField?: string) => {
    const index = indexOf(tenantField);
    await redis.indexes.make(index);
    return { index, store: redisPassages(redis.command, index) };
  };

  test.each<['server' | 'cluster', string]>([['server', 'wrong'], ['cluster', 'wrong']])('a %s that does not take a password forbids it', async (kind, password) => {
    const server: SearchServer = await startSearchServer({ words: true, password: 'hush', ...kind === 'cluster' && { announced: () => server.port } });
    const clients: (Cluster | Redis)[] = [];
    const connected = valkey<Cluster | Redis>(async () => {
      clients.push(kind === 'cluster' ? openCluster('127.0.0.1', server.port, { password }) : openServer('127.0.0.1', server.port, { password }));
      return clients.at(-1)!;
    });
    const command = redisTold((name, ...args) => connected((client) => client.call(name, ...args)));
    await expect(command('HGET', 'a', 'b')).rejects.toMatchObject({ name: 'StoreFailure', kind: 'forbidden', message: expect.stringContaining('WRONGPASS') });
    clients.forEach((client) => client.disconnect());
    await server.stop();
  });

  test('a field that is gone of what is written again is found no more', async () => {
    const { store } = await open();
    await store.write([chunk({ id: 'one', metadata: { year: 2020, tags: ['tax'] } })]);
    await store.write([chunk({ id: 'one' })]);
    expect(ids(await store.byMeaning({ vector: toward(0), most: 5, filter: { field: 'year', is: 'equals', value: 2020 } }, never))).toEqual([]);
    expect(ids(await store.byMeaning({ vector: toward(0), most: 5 }, never))).toEqual(['one']);
  });

  test('a chunk of another tenant is left out, should it be given', async () => {
    const { store, index } = await open('owner');
    await store.write([chunk({ id: 'one', metadata: { owner: 'acme' } })]);
    const blind = redisPassages(redis.command, { ...index, tenantField: undefined });
    expect(await blind.byMeaning({ vector: toward(0), most: 5 }, never)).toEqual([]);
  });

  test('words with signs of the query language in them are found as they are', async () => {
    const { store } = await open();
    await store.write([chunk({ id: 'one', text: 'O\'Brien’s naïve 日本語 résumé' }), chunk({ id: 'two', text: 'nothing' })]);
    for (const words of ['o\'brien', 'naive', '日本', 'resume']) expect(ids(await store.byWords!({ words, most: 5 }, never))).toEqual(['one']);
  });

  test('one condition that is negated is searched by, for which servers want brackets', async () => {
    const { store, index } = await open();
    await store.write([chunk({ id: 'one', metadata: { year: 2020 } }), chunk({ id: 'two', metadata: { year: 2021 } })]);
    expect(ids(await store.byMeaning({ vector: toward(0), most: 5, filter: { field: 'year', is: 'notEquals', value: 2020 } }, never))).toEqual(['two']);
    const bare = redis.command('FT.SEARCH', index.name, `-@${fieldOf('year')}:[2020 2020]=>[KNN 5 @vector $v]`, 'PARAMS', 2, 'v', Buffer.alloc(4 * DIMENSION), 'DIALECT', 2);
    await expect(bare).rejects.toThrow('Syntax error');
  });

  test('a filter that nothing can pass costs no command', async () => {
    const { store } = await open();
    redis.server.failures.push('ERR asked');
    expect(await store.byMeaning({ vector: toward(0), most: 5, filter: { field: 'year', is: 'equals', value: '2020' } }, never)).toEqual([]);
    redis.server.failures.pop();
  });

  test.each([['LOADING Redis is loading the dataset in memory', 'throttled'], ['OOM command not allowed', 'throttled'], ['NOPERM no permissions to run the command', 'forbidden'], ['ERR something', 'unavailable']])('%s is %s', async (message, kind) => {
    const { store } = await open();
    redis.server.failures.push(message);
    await expect(store.byMeaning({ vector: toward(0), most: 5 }, never)).rejects.toMatchObject({ name: 'StoreFailure', kind, message: `Redis: FT.SEARCH: ${message}` });
    redis.server.failures.push(message);
    await expect(store.write([chunk({ id: 'one' })])).rejects.toMatchObject({ name: 'StoreFailure', kind });
  });
});
