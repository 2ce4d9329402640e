import { CreateIndexCommand, DeleteIndexCommand, type GetIndexCommand, type OpenSearchServerlessClient } from '@aws-sdk/client-opensearchserverless';
import { chunk, DIMENSION, FIELDS, ids, toward } from './chunks';
import { type OpenSearchServer, startOpenSearch } from './open-search-server';
import { passageIndexesSuite } from './passage-indexes.suite';
import { passageStoreSuite } from './passage-store.suite';
import { dropIndexWords } from '../../../lambda/adapters/dynamo-index-words';
import { dynamoPlaces } from '../../../lambda/adapters/dynamo-places';
import { openSearchIndexes, openSearchSchema } from '../../../lambda/adapters/open-search-indexes';
import { openSearchPassages } from '../../../lambda/adapters/open-search-passages';
import { type Send, signedJson } from '../../../lambda/adapters/signed-json';
import type { PassageStore } from '../../../lambda/ports/passage-store';
import type { PassageIndex } from '../../../lib/contract/passage-stores';
import { type ChatTable, startTable } from '../adapters/chat-table';

const ROLE = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hush', AWS_SESSION_TOKEN: 'session' };
beforeAll(() => Object.assign(process.env, ROLE));
afterAll(() => Object.keys(ROLE).forEach((name) => delete process.env[name]));

jest.setTimeout(60_000);

let times = 0;
let indexes = 0;

function open(server: OpenSearchServer, table: ChatTable, tenantField?: string) {
  const index: PassageIndex = { name: `index_${++indexes}`, dimension: DIMENSION, fields: FIELDS, tenantField };
  server.create(index.name, openSearchSchema(index, { ownsEngine: false }));
  const places = dynamoPlaces(table.client, { table: table.name, index: index.name });
  return { index, places, store: openSearchPassages(signedJson('aoss', server.url), index, { places, now: () => ++times }) };
}

/** The service's own client, in front of a server of the tests. */
function clientOf(server: OpenSearchServer): OpenSearchServerlessClient {
  const refuse = (name: string) => Promise.reject(Object.assign(new Error(`${name} of the test`), { name }));
  return {
    send: async (command: CreateIndexCommand | DeleteIndexCommand | GetIndexCommand) => {
      const { indexName = '' } = command.input;
      const there = server.index(indexName);
      if (command instanceof CreateIndexCommand) return there ? refuse('ConflictException') : server.create(indexName, command.input.indexSchema as object);
      if (!there) return refuse('ResourceNotFoundException');
      return command instanceof DeleteIndexCommand ? server.drop(indexName) : { indexSchema: there.schema };
    },
  } as unknown as OpenSearchServerlessClient;
}

passageStoreSuite('OpenSearch Serverless', async () => {
  const [server, table] = [await startOpenSearch(), await startTable('places', ['pk', 'sk'])];
  // Each document that stands twice for a moment counts twice there.
  return {
    open: async ({ tenantField }) => open(server, table, tenantField).store,
    close: async () => { await Promise.all([server.stop(), table.stop()]); },
    ranksItsOwnWay: true,
  };
});

passageIndexesSuite('OpenSearch Serverless', async () => {
  const [server, table] = [await startOpenSearch(), await startTable('places', ['pk', 'sk'])];
  const reference = { collectionId: 'abc', ownsEngine: false };
  const dropPlaces = (index: string, signal: AbortSignal, from?: string) => dropIndexWords(table.client, { table: table.name, index }, signal, from);
  return {
    indexes: openSearchIndexes(clientOf(server), signedJson('aoss', server.url), { reference, dropPlaces, now: () => times, pause: async () => undefined }),
    open: (index) => openSearchPassages(signedJson('aoss', server.url), index, { places: dynamoPlaces(table.client, { table: table.name, index: index.name }), now: () => ++times }),
    close: async () => { await Promise.all([server.stop(), table.stop()]); },
  };
});

describe('OpenSearch Serverless', () => {
  const never = new AbortController().signal;
  let server: OpenSearchServer;
  let table: ChatTable;
  beforeAll(async () => {
    [server, table] = [await startOpenSearch(), await startTable('places', ['pk', 'sk'])];
  });
  afterAll(() => Promise.all([server.stop(), table.stop()]));

  test('an index is made for vectors of length 1, and for words as they are given', () => {
    expect(openSearchSchema({ dimension: 1_024, fields: FIELDS.slice(1, 3) }, { ownsEngine: false })).toEqual({
      settings: { index: { knn: true } },
      mappings: {
        dynamic: false,
        properties: expect.objectContaining({
          words: { type: 'text', analyzer: 'whitespace' },
          described: { properties: { kind: { type: 'keyword' }, year: { type: 'double' } } },
          embedding: { type: 'knn_vector', dimension: 1_024, method: { name: 'hnsw', engine: 'faiss', space_type: 'l2', parameters: { m: 16, ef_construction: 128 } } },
        }),
      },
    });
  });

  test('requests are signed for the service, with the digest that it wants', async () => {
    const { store } = open(server, table);
    await store.write([chunk({ id: 'one' })]);
    expect(server.asked.at(-1)).toMatchObject({
      path: expect.stringMatching(/^\/index_\d+\/_bulk$/),
      headers: { 'authorization': expect.stringMatching(/\/us-east-1\/aoss\/aws4_request, SignedHeaders=.*x-amz-content-sha256/), 'x-amz-content-sha256': expect.stringMatching(/^[0-9a-f]{64}$/), 'content-type': 'application/x-ndjson' },
    });
    expect(server.asked.at(-1)!.body.endsWith('\n')).toBe(true);
  });

  test('what is written again leaves one document', async () => {
    const { store, index } = open(server, table);
    for (let time = 0; time < 3; time++) await store.write([chunk({ id: 'one' }), chunk({ id: 'two' })]);
    expect(server.documents(index.name).map(({ source: { id } }) => id).sort()).toEqual(['one', 'two']);
  });

  test('of what stands twice for a while the newer one is found', async () => {
    const { store, index } = open(server, table);
    await store.write([chunk({ id: 'one', text: 'newer word' })]);
    const { index: other, store: stale } = open(server, table);
    await stale.write([chunk({ id: 'one', text: 'older word' })]);
    const [older] = server.documents(other.name);
    await signedJson('aoss', server.url)('POST', `/${index.name}/_bulk`, `${JSON.stringify({ index: {} })}\n${JSON.stringify({ ...older.source, written: 0 })}\n`);
    expect((await store.byMeaning({ vector: toward(0), most: 5 }, never)).map(({ chunk: { text } }) => text)).toEqual(['newer word']);
    expect((await store.byWords!({ words: 'word', most: 5 }, never)).map(({ chunk: { text } }) => text)).toEqual(['newer word']);
  });

  test('a document of another tenant is left out, should it be given', async () => {
    const { store, index, places } = open(server, table, 'owner');
    await store.write([chunk({ id: 'one', metadata: { owner: 'acme' } })]);
    const blind = openSearchPassages(signedJson('aoss', server.url), { ...index, tenantField: undefined }, { places, now: () => 1 });
    expect(ids(await blind.byMeaning({ vector: toward(0), most: 5 }, never))).toEqual([]);
  });

  describe('makes and drops indexes', () => {
    const indexesOf = (client = clientOf(server), pause = async () => { times += 1_000; }) => {
      const reference = { collectionId: 'abc', ownsEngine: true };
      return openSearchIndexes(client, signedJson('aoss', server.url), { reference, dropPlaces: async () => ({ done: true }), now: () => times, pause });
    };
    const index = (more: Partial<PassageIndex> = {}): PassageIndex => ({ name: `made_${++indexes}`, dimension: DIMENSION, fields: FIELDS, ...more });

    test('once, and drops one that is not there', async () => {
      const wanted = index();
      for (let time = 0; time < 2; time++) await indexesOf().make(wanted);
      expect(server.index(wanted.name)!.schema).toMatchObject({ mappings: { properties: { embedding: { type: 'knn_vector', dimension: DIMENSION, method: { name: 'hnsw', space_type: 'l2' } } } } });
      for (let time = 0; time < 2; time++) await indexesOf().drop(wanted.name, never);
      expect(server.index(wanted.name)).toBeUndefined();
    });

    test('refuses another of the same name', async () => {
      const wanted = index();
      await indexesOf().make(wanted);
      for (const other of [{ ...wanted, dimension: 4 }, { ...wanted, fields: [] }]) {
        await expect(indexesOf().make(other)).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused', message: expect.stringContaining(`the index '${wanted.name}' of the collection must have the fields`) });
      }
    });

    test('waits until the collection shows it, a minute at most', async () => {
      const unseen = (shownAfter: number) => {
        const late: { made?: CreateIndexCommand; looks: number } = { looks: 0 };
        const client = { send: async (command: CreateIndexCommand) => { late.made = command; } } as unknown as OpenSearchServerlessClient;
        return indexesOf(client, async () => {
          times += 1_000;
          if (++late.looks === shownAfter) server.create(late.made!.input.indexName!, late.made!.input.indexSchema as object);
        });
      };
      await unseen(20).make(index());
      await expect(unseen(90).make(index())).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('does not show it after 60 seconds') });
    });

    test.each([['ThrottlingException', 'throttled'], ['ValidationException', 'refused'], ['AccessDeniedException', 'forbidden']])('%s is %s', async (name, kind) => {
      const client = { send: () => Promise.reject(Object.assign(new Error('no'), { name })) } as unknown as OpenSearchServerlessClient;
      await expect(indexesOf(client).make(index())).rejects.toMatchObject({ name: 'StoreFailure', kind });
      await expect(indexesOf(client).drop('any', never)).rejects.toMatchObject({ name: 'StoreFailure', kind });
    });
  });

  describe('whose searches lag', () => {
    const near = (store: PassageStore) => store.byMeaning({ vector: toward(0), most: 5 }, never);
    afterEach(() => { server.lag = 0; });

    test('lose no removal: what goes right after it came is gone', async () => {
      const { store, index, places } = open(server, table);
      server.lag = 60_000;
      await store.write([chunk({ id: 'one' }), chunk({ id: 'two' })]);
      await store.remove(['one']);
      expect(server.documents(index.name).map(({ source: { id } }) => id)).toEqual(['two']);
      expect(await places.find(['one'])).toEqual([]);
    });

    test('what is written again at once leaves one document', async () => {
      const { store, index } = open(server, table);
      server.lag = 60_000;
      for (let time = 0; time < 3; time++) await store.write([chunk({ id: 'one' })]);
      expect(server.documents(index.name)).toHaveLength(1);
    });

    test('a write whose answer was lost is removed once the collection shows it, and not forgotten before', async () => {
      const { store, index, places } = open(server, table);
      server.failures.push(0);
      await expect(store.write([chunk({ id: 'one' }), chunk({ id: 'two' })])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable' });
      expect(server.documents(index.name)).toHaveLength(2);
      await store.write([chunk({ id: 'two' })]);
      await expect(store.remove(['one', 'two'])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable', message: expect.stringContaining('2 of the chunks a moment ago was cut short') });
      times += 120_000;
      await store.remove(['one', 'two']);
      expect([server.documents(index.name), await places.find(['one', 'two']), await near(store)]).toEqual([[], [], []]);
    });

    test('a write that is cut short anywhere is cleared away by a removal', async () => {
      for (let cut = 0; cut < 4; cut++) {
        const { index, places } = open(server, table);
        let steps = 0;
        const dying = <T>(work: () => Promise<T>) => (steps++ === cut ? Promise.reject(new Error('killed')) : work());
        const killed = openSearchPassages(((...call) => dying(() => signedJson('aoss', server.url)(...call))) as Send, index, {
          places: { ...places, write: (all) => dying(() => places.write(all)), find: (some) => dying(() => places.find(some)) }, now: () => ++times,
        });
        await expect(killed.write([chunk({ id: 'one' })])).rejects.toThrow('killed');
        const { store } = { store: openSearchPassages(signedJson('aoss', server.url), index, { places, now: () => ++times + 200_000 }) };
        await store.remove(['one']);
        expect([server.documents(index.name), await places.find(['one'])]).toEqual([[], []]);
      }
    });

    test('what was taken in part is known as far as it was taken', async () => {
      const { index, places } = open(server, table);
      const refusing = (async (method: string, path: string, body: string) => {
        const answer = await signedJson('aoss', server.url)<{ items: object[] }>(method, path, body.split('\n').slice(0, 2).join('\n') + '\n');
        return { items: [...answer.items, { index: { status: 429, error: { type: 'busy' } } }] };
      }) as unknown as Send;
      const partly = openSearchPassages(refusing, index, { places, now: () => ++times });
      await expect(partly.write([chunk({ id: 'one' }), chunk({ id: 'two' })])).rejects.toMatchObject({ kind: 'throttled' });
      expect(await places.find(['one', 'two'])).toMatchObject([{ id: 'one', document: expect.any(String) }]);
    });
  });

  test.each([[429, 'throttled'], [503, 'unavailable'], [403, 'forbidden'], [401, 'forbidden'], [400, 'refused']])('HTTP %i is %s', async (status, kind) => {
    const { store } = open(server, table);
    server.failures.push(status);
    await expect(store.byMeaning({ vector: toward(0), most: 5 }, never)).rejects.toMatchObject({ name: 'StoreFailure', kind });
    server.failures.push(status);
    await expect(store.write([chunk({ id: 'one' })])).rejects.toMatchObject({ name: 'StoreFailure', kind });
  });

  test('a bulk request that was taken in part has failed', async () => {
    const { index, places } = open(server, table);
    const partly = openSearchPassages((async () => ({ items: [{ index: { _id: 'x', status: 201 } }, { index: { status: 429, error: { type: 'busy' } } }] })) as never, index, { places, now: () => 1 });
    await expect(partly.write([chunk({ id: 'one' }), chunk({ id: 'two' })])).rejects.toMatchObject({ kind: 'throttled', message: 'OpenSearch took 1 of 2: HTTP 429: {"type":"busy"}' });
  });
});
