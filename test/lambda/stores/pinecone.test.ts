import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { chunk, DIMENSION, FIELDS, ids, type TestChunk, toward } from './chunks';
import { passageIndexesSuite } from './passage-indexes.suite';
import { passageStoreSuite } from './passage-store.suite';
import { type PineconeServer, startPinecone } from './pinecone-server';
import { dropIndexWords } from '../../../lambda/adapters/dynamo-index-words';
import { dynamoKeywords } from '../../../lambda/adapters/dynamo-keywords';
import { dynamoNamespaces } from '../../../lambda/adapters/dynamo-namespaces';
import { pineconeFilter } from '../../../lambda/adapters/pinecone-filter';
import { pineconeIndexes } from '../../../lambda/adapters/pinecone-indexes';
import { pineconeJson } from '../../../lambda/adapters/pinecone-json';
import { pineconePassages } from '../../../lambda/adapters/pinecone-passages';
import type { Filter } from '../../../lambda/ports/passages';
import type { PassageIndex } from '../../../lib/contract/passage-stores';
import { type ChatTable, startTable } from '../adapters/chat-table';

jest.setTimeout(60_000);

const KEY = 'pcsk_test';
let indexes = 0;

function open(server: PineconeServer, table: ChatTable, tenantField?: string) {
  const index: PassageIndex = { name: `index_${++indexes}`, dimension: DIMENSION, fields: FIELDS, tenantField };
  const send = pineconeJson(server.url, async () => `${KEY}\n`, () => 0);
  const options = { table: table.name, index: index.name };
  const [keywords, namespaces] = [dynamoKeywords(table.client, options), dynamoNamespaces(table.client, options)];
  return { index, send, store: pineconePassages(send, index, { keywords, namespaces }) };
}

passageStoreSuite('Pinecone with a table of words', async () => {
  const [server, table] = [await startPinecone(DIMENSION, KEY), await startTable('words', ['pk', 'sk'])];
  return {
    open: async ({ tenantField }) => open(server, table, tenantField).store,
    close: async () => { await Promise.all([server.stop(), table.stop()]); },
    refusesTextFilters: true,
  };
});

passageIndexesSuite('Pinecone', async () => {
  const [server, table] = [await startPinecone(DIMENSION, KEY, 2), await startTable('words', ['pk', 'sk'])];
  const send = pineconeJson(server.url, async () => JSON.stringify({ apiKey: KEY }), () => 0);
  return {
    indexes: pineconeIndexes(send, { dropWords: (index, signal, from) => dropIndexWords(table.client, { table: table.name, index }, signal, from) }),
    open: (index) => {
      const options = { table: table.name, index: index.name };
      return pineconePassages(send, index, { keywords: dynamoKeywords(table.client, options), namespaces: dynamoNamespaces(table.client, options) });
    },
    oneDimension: true,
    close: async () => { await Promise.all([server.stop(), table.stop()]); },
  };
});

describe('Pinecone', () => {
  const never = new AbortController().signal;
  let server: PineconeServer;
  let table: ChatTable;
  beforeAll(async () => {
    [server, table] = [await startPinecone(DIMENSION, KEY), await startTable('words', ['pk', 'sk'])];
  });
  afterAll(() => Promise.all([server.stop(), table.stop()]));

  const of = (owner: string, id: string, more: Partial<TestChunk> = {}) => chunk({ id, ...more, metadata: { owner } });
  const spaces = (index: PassageIndex) => server.namespaces().filter((name) => name.startsWith(`${index.name}-`));
  const items = async ({ name }: PassageIndex) => {
    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.name }));
    return Items.filter(({ pk }) => String(pk).startsWith(`${name}#`));
  };

  test('requests carry the key and the version of the API', async () => {
    const { store, index } = open(server, table);
    await store.write([chunk({ id: 'one' })]);
    expect(server.asked.at(-1)).toMatchObject({ path: '/vectors/upsert', headers: { 'api-key': KEY, 'x-pinecone-api-version': '2025-10', 'content-type': 'application/json' } });
    expect(server.records(index.name)).toMatchObject([{ id: expect.stringMatching(/^[\w-]{43}$/), metadata: { _without: ['owner', 'kind', 'year', 'draft', 'tags'], _chunk: expect.stringContaining('"one"') } }]);
  });

  test('a key is read once in five minutes, and again after it could not be read', async () => {
    const { index } = open(server, table);
    let [time, reads, broken] = [0, 0, true];
    const send = pineconeJson(server.url, async () => {
      reads++;
      if (broken) throw new Error('the secret x cannot be read');
      return KEY;
    }, () => time);
    const store = pineconePassages(send, index);
    const ask = () => store.byMeaning({ vector: toward(0), most: 1 }, never);
    await expect(ask()).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable', message: 'the key of Pinecone: the secret x cannot be read' });
    broken = false;
    for (time of [1, 2, 300_000, 300_001, 300_002]) await ask();
    expect(reads).toBe(3);
  });

  test('a key that is not taken any more is read anew at once, and one that was just read says so', async () => {
    const { index } = open(server, table);
    let [secret, reads] = ['pcsk_old', 0];
    const send = pineconeJson(server.url, async () => {
      reads++;
      return secret;
    }, () => 0);
    const store = pineconePassages(send, index);
    const ask = () => store.byMeaning({ vector: toward(0), most: 1 }, never);
    const refused = { name: 'StoreFailure', kind: 'forbidden', message: expect.stringContaining('Pinecone: HTTP 401') };
    await expect(ask()).rejects.toMatchObject(refused);
    expect(reads).toBe(1);
    await expect(ask()).rejects.toMatchObject(refused);
    expect(reads).toBe(2);
    secret = KEY;
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([[], [], []]);
    expect(reads).toBe(3);
  });

  test.each([['{"apiKey":', 'is no JSON'], ['{"key":"x"}', "without 'apiKey'"]])('a secret that is %s opens nothing, and is quoted to nobody', async (secret, reason) => {
    const store = pineconePassages(pineconeJson(server.url, async () => secret, () => 0), open(server, table).index);
    const failure = await store.byMeaning({ vector: toward(0), most: 1 }, never).catch((error: Error) => error) as Error;
    expect(failure).toMatchObject({ name: 'StoreFailure', kind: 'forbidden', message: expect.stringContaining(reason) });
    expect(failure.message).not.toContain(secret);
  });

  test('finds by meaning alone where there is no table, and refuses tenants then', async () => {
    const { index, send } = open(server, table);
    const store = pineconePassages(send, index);
    await store.write([chunk({ id: 'one' })]);
    expect(store.byWords).toBeUndefined();
    expect(ids(await store.byMeaning({ vector: toward(0), most: 50_000 }, never))).toEqual(['one']);
    await store.remove(['one']);
    expect(server.records(index.name)).toBeUndefined();
    expect(() => pineconePassages(send, { ...index, tenantField: 'owner' })).toThrow('chunks of tenants need a table');
  });

  test('each tenant has a namespace, which goes with its last chunk', async () => {
    const { store, index } = open(server, table, 'owner');
    await store.write([of('acme', 'one'), of('acme', 'two'), of('globex', 'three')]);
    expect(spaces(index).map((name) => server.records(name)!.length).sort()).toEqual([1, 2]);
    await store.remove(['one', 'two', 'three', 'never there']);
    expect([spaces(index), await items(index)]).toEqual([[], []]);
  });

  test('a search names the tenant twice: by the namespace, and in the filter beside the caller\'s', async () => {
    const { store, index } = open(server, table, 'owner');
    await store.write([of('acme', 'one')]);
    await store.byMeaning({ vector: toward(0), most: 5, tenant: 'acme', filter: { field: 'kind', is: 'equals', value: 'memo' } }, never);
    expect(JSON.parse(server.asked.at(-1)!.body)).toMatchObject({
      namespace: spaces(index)[0],
      filter: { $and: [{ _tenant: { $eq: '"acme"' } }, { kind: { $eq: 'memo' } }] },
    });
  });

  test('a chunk that moves to another tenant leaves its namespace', async () => {
    const { store, index } = open(server, table, 'owner');
    await store.write([of('acme', 'one', { text: 'ant' })]);
    const [first] = spaces(index);
    await store.write([of('globex', 'one', { text: 'bee' })]);
    expect(spaces(index)).toHaveLength(1);
    expect(spaces(index)).not.toContain(first);
    await store.remove(['one']);
    expect([spaces(index), await items(index)]).toEqual([[], []]);
  });

  test('a move that is cut short anywhere is cleared away by a removal, or mended by another write', async () => {
    for (const mend of [false, true]) {
      for (let cut = 0; cut < 4; cut++) {
        const { store, index, send } = open(server, table, 'owner');
        await store.write([of('acme', 'one')]);
        const options = { table: table.name, index: index.name };
        let steps = 0;
        const dying = <T>(work: () => Promise<T>) => (steps++ === cut ? Promise.reject(new Error('killed')) : work());
        const real = dynamoNamespaces(table.client, options);
        const namespaces = { read: real.read, write: (places: Parameters<typeof real.write>[0]) => dying(() => real.write(places)) };
        const killed = pineconePassages((...call) => dying(() => send(...call)) as Promise<never>, index, { namespaces });
        await expect(killed.write([of('globex', 'one')])).rejects.toThrow('killed');
        if (mend) {
          await store.write([of('globex', 'one')]);
          expect(spaces(index)).toHaveLength(1);
        }
        await store.remove(['one']);
        expect([spaces(index), await items(index)]).toEqual([[], []]);
      }
    }
  });

  test('a record of another tenant is left out, should it be given', async () => {
    const { store, index, send } = open(server, table, 'owner');
    await store.write([of('acme', 'one')]);
    const blind = pineconePassages(send, { ...index, name: spaces(index)[0], tenantField: undefined });
    expect(await blind.byMeaning({ vector: toward(0), most: 5 }, never)).toEqual([]);
  });

  test('refuses a chunk that is too long, before anything is written', async () => {
    const { store, index } = open(server, table);
    await expect(store.write([chunk({ id: 'good' }), chunk({ id: 'big', text: 'x'.repeat(41_000) })])).rejects.toMatchObject({
      name: 'StoreFailure', kind: 'refused', message: expect.stringMatching(/^the chunk 'big' must have at most 40960 bytes in Pinecone with all it is described by, got 41\d\d\d: cut smaller chunks$/),
    });
    expect([server.records(index.name), await items(index)]).toEqual([undefined, []]);
  });

  test('long chunks go in requests of two megabytes, and come in answers of four', async () => {
    const { store } = open(server, table);
    const [before, long] = [server.asked.length, 'word '.repeat(8_000)];
    await store.write(Array.from({ length: 110 }, (_, at) => chunk({ id: `long${at}`, number: at, text: long })));
    const upserts = server.asked.slice(before).filter(({ path }) => path === '/vectors/upsert').map(({ body }) => body.length);
    expect(upserts).toHaveLength(4);
    expect(await store.byMeaning({ vector: toward(0), most: 1_000 }, never)).toHaveLength(100);
    expect(await store.byWords!({ words: 'word', most: 110 }, never)).toHaveLength(110);
  });

  test.each<[string, Filter, unknown]>([
    ['what no field can be', { field: 'year', is: 'equals', value: '2024' }, false],
    ['what every field is', { any: [{ field: 'year', is: 'notEquals', value: '2024' }, { field: 'kind', is: 'equals', value: 'memo' }] }, true],
    ['a list as a whole', { all: [{ field: 'tags', is: 'equals', value: 'tax' }, { field: 'kind', is: 'equals', value: 'memo' }] }, false],
    ['no values', { field: 'kind', is: 'in', values: [] }, false],
    ['a text by its order', { field: 'kind', is: 'greaterThan', value: 'memo' }, false],
    ['one that is left of several', { all: [{ field: 'year', is: 'notIn', values: ['x'] }, { field: 'kind', is: 'equals', value: 'memo' }] }, { kind: { $eq: 'memo' } }],
    ['what may be absent', { field: 'kind', is: 'notIn', values: ['a', 7] }, { $or: [{ kind: { $nin: ['a'] } }, { _without: { $eq: 'kind' } }] }],
  ])('a filter for %s is decided, or asked', (_, filter, wanted) => expect(pineconeFilter(filter, FIELDS)).toEqual(wanted));

  test('a filter that nothing can pass costs no request', async () => {
    const { store } = open(server, table);
    const before = server.asked.length;
    const filter: Filter = { field: 'color', is: 'equals', value: 'red' };
    expect([await store.byMeaning({ vector: toward(0), most: 5, filter }, never), await store.byWords!({ words: 'word', most: 5, filter }, never)]).toEqual([[], []]);
    expect(server.asked).toHaveLength(before);
  });

  test.each([[429, 'throttled'], [503, 'unavailable'], [403, 'forbidden'], [404, 'unavailable'], [400, 'refused']])('HTTP %i is %s', async (status, kind) => {
    const { store } = open(server, table);
    for (const call of [() => store.byMeaning({ vector: toward(0), most: 5 }, never), () => store.write([chunk({ id: 'one' })]), () => store.remove(['one'])]) {
      if (call.toString().includes('remove')) await store.write([chunk({ id: 'one' })]);
      server.failures.push(status);
      await expect(call()).rejects.toMatchObject({ name: 'StoreFailure', kind });
    }
  });

  test('what the table has no room for is asked for again, and given up after nine attempts', async () => {
    let busy = 2;
    const pauses: number[] = [];
    const real = table.client as unknown as { send(command: object): Promise<object> };
    const client = Object.assign(Object.create(DynamoDBDocumentClient.prototype) as DynamoDBDocumentClient, {
      send: (command: { readonly input: { readonly RequestItems: Record<string, object> } }) => {
        const { RequestItems } = command.input;
        return busy-- > 0 ? Promise.resolve({ UnprocessedItems: RequestItems, UnprocessedKeys: RequestItems }) : real.send(command);
      },
    });
    const namespaces = dynamoNamespaces(client, { table: table.name, index: 'busy', pause: async (milliseconds) => { pauses.push(milliseconds); } });
    await namespaces.write(new Map([['a', ['x', 'y']]]));
    busy = 1;
    expect([...await namespaces.read(['a', 'b'])]).toEqual([['a', ['x', 'y']]]);
    expect(pauses).toHaveLength(3);
    busy = Infinity;
    await expect(namespaces.read(['a'])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'throttled' });
    expect(pauses).toHaveLength(3 + 8);
  });
});
