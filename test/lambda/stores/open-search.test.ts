import { chunk, DIMENSION, FIELDS, ids, toward } from './chunks';
import { type OpenSearchServer, startOpenSearch } from './open-search-server';
import { passageStoreSuite } from './passage-store.suite';
import { openSearchPassages, openSearchSchema } from '../../../lambda/adapters/open-search-passages';
import { signedJson } from '../../../lambda/adapters/signed-json';
import type { PassageIndex } from '../../../lib/contract/passage-stores';

const ROLE = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hush', AWS_SESSION_TOKEN: 'session' };
beforeAll(() => Object.assign(process.env, ROLE));
afterAll(() => Object.keys(ROLE).forEach((name) => delete process.env[name]));

let times = 0;
let indexes = 0;

function open(server: OpenSearchServer, tenantField?: string) {
  const index: PassageIndex = { name: `index_${++indexes}`, dimension: DIMENSION, fields: FIELDS, tenantField };
  server.create(index.name, openSearchSchema(index));
  return { index, store: openSearchPassages(signedJson('aoss', server.url), index, () => ++times) };
}

passageStoreSuite('OpenSearch Serverless', async () => {
  const server = await startOpenSearch();
  // Each document that stands twice for a moment counts twice there.
  return { open: async ({ tenantField }) => open(server, tenantField).store, close: () => server.stop(), ranksItsOwnWay: true };
});

describe('OpenSearch Serverless', () => {
  const never = new AbortController().signal;
  let server: OpenSearchServer;
  beforeAll(async () => {
    server = await startOpenSearch();
  });
  afterAll(() => server.stop());

  test('an index is made for vectors of length 1, and for words as they are given', () => {
    expect(openSearchSchema({ dimension: 1_024, fields: FIELDS.slice(1, 3) })).toEqual({
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
    const { store } = open(server);
    await store.write([chunk({ id: 'one' })]);
    expect(server.asked.at(-2)).toMatchObject({
      path: expect.stringMatching(/^\/index_\d+\/_bulk$/),
      headers: { 'authorization': expect.stringMatching(/\/us-east-1\/aoss\/aws4_request, SignedHeaders=.*x-amz-content-sha256/), 'x-amz-content-sha256': expect.stringMatching(/^[0-9a-f]{64}$/), 'content-type': 'application/x-ndjson' },
    });
    expect(server.asked.at(-2)!.body.endsWith('\n')).toBe(true);
  });

  test('what is written again leaves one document', async () => {
    const { store, index } = open(server);
    for (let time = 0; time < 3; time++) await store.write([chunk({ id: 'one' }), chunk({ id: 'two' })]);
    expect(server.documents(index.name).map(({ source: { id } }) => id).sort()).toEqual(['one', 'two']);
  });

  test('of what stands twice for a while the newer one is found', async () => {
    const { store, index } = open(server);
    await store.write([chunk({ id: 'one', text: 'newer word' })]);
    const { index: other, store: stale } = open(server);
    await stale.write([chunk({ id: 'one', text: 'older word' })]);
    const [older] = server.documents(other.name);
    await signedJson('aoss', server.url)('POST', `/${index.name}/_bulk`, `${JSON.stringify({ index: {} })}\n${JSON.stringify({ ...older.source, written: 0 })}\n`);
    expect((await store.byMeaning({ vector: toward(0), most: 5 }, never)).map(({ chunk: { text } }) => text)).toEqual(['newer word']);
    expect((await store.byWords!({ words: 'word', most: 5 }, never)).map(({ chunk: { text } }) => text)).toEqual(['newer word']);
  });

  test('a document of another tenant is left out, should it be given', async () => {
    const { store, index } = open(server, 'owner');
    await store.write([chunk({ id: 'one', metadata: { owner: 'acme' } })]);
    const blind = openSearchPassages(signedJson('aoss', server.url), { ...index, tenantField: undefined }, () => 1);
    expect(ids(await blind.byMeaning({ vector: toward(0), most: 5 }, never))).toEqual([]);
  });

  test.each([[429, 'throttled'], [503, 'unavailable'], [403, 'unavailable'], [400, 'refused']])('HTTP %i is %s', async (status, kind) => {
    const { store } = open(server);
    server.failures.push(status);
    await expect(store.byMeaning({ vector: toward(0), most: 5 }, never)).rejects.toMatchObject({ name: 'StoreFailure', kind });
    server.failures.push(status);
    await expect(store.write([chunk({ id: 'one' })])).rejects.toMatchObject({ name: 'StoreFailure', kind });
  });

  test('a bulk request that was taken in part has failed', async () => {
    const { index } = open(server);
    const partly = openSearchPassages((async () => ({ items: [{ index: { _id: 'x', status: 201 } }, { index: { status: 429, error: { type: 'busy' } } }] })) as never, index, () => 1);
    await expect(partly.write([chunk({ id: 'one' }), chunk({ id: 'two' })])).rejects.toMatchObject({ kind: 'throttled', message: 'OpenSearch took 1 of 2: HTTP 429: {"type":"busy"}' });
  });
});
