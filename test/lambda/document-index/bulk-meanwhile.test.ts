import { deployIndex } from './deployed-index';
import { orBulkStep } from '../../../lambda/document-index/bulk/steps';
import { lengthEmbeddings, LINE_CHUNKER, LINE_PARSER } from '../fakes/document-index';
import { MemoryRunFiles } from '../fakes/run-files';

const KEYS = Array.from({ length: 30 }, (_, at) => `${at}.txt`);
const EMBEDDING = { modelId: 'model', family: 'titan', dimension: 1, binary: false, inputTokens: 8_192, concurrency: 8 } as const;

/** The index step of a load over the same table, bucket and store, and how often it had to come again. */
function loading(index: ReturnType<typeof deployIndex>) {
  const { clock, originals, states, texts, store, terms, random } = index;
  const slowly = <Port extends object>(port: Port): Port => new Proxy(port, {
    get: (target, name) => async (...args: unknown[]) => {
      await clock.pause(random() * 50);
      return (target as Record<string | symbol, (...passed: unknown[]) => unknown>)[name](...args);
    },
  });
  const handler = orBulkStep({ ...terms, embedding: EMBEDDING }, {
    states: slowly(states),
    originals: slowly(originals),
    texts: slowly(texts),
    store: slowly(store),
    parser: LINE_PARSER,
    chunker: LINE_CHUNKER,
    embeddings: lengthEmbeddings(),
    files: new MemoryRunFiles(),
    vectors: { find: async () => new Map(), keep: async () => undefined },
    bodies: { request: () => ({}), vector: () => [0] },
    clock: { now: () => clock.now(), pause: (milliseconds) => clock.pause(milliseconds), chance: () => clock.chance(), every: () => () => undefined },
    changes: { send: async (sent) => { for (const { change, id, line } of sent) index.changes.add(JSON.stringify(change), { id, group: line }); } },
    publish: () => undefined,
    log: { info: () => undefined, error: () => undefined },
  }, async () => undefined);
  return async (keys: readonly string[]) => {
    for (let again = 0; again < 50; again++) {
      const until = clock.now() + 300_000;
      const request = { bulk: 'index', run: 'monday', source: 'documents', encoded: false, documents: keys.map((Key) => ({ Key })) };
      try {
        return await handler(request, { getRemainingTimeInMillis: () => until - clock.now() });
      } catch (error) {
        if (!['DocumentsTaken', 'ServicesBusy', 'DocumentsUnfinished'].includes((error as Error).name)) throw error;
        await clock.pause(20_000 * clock.chance());
      }
    }
    throw new Error('a batch does not come to its end');
  };
}

test.each([1, 2, 3, 4])('a load and changes that come meanwhile leave the index as the bucket is (seed %i)', async (seed) => {
  const index = deployIndex({ seed, kills: 0.002, throttles: 0.02 });
  const load = loading(index);
  for (const key of KEYS) index.originals.objects.set(key, `${key}\nis\nold`);
  await index.settle(async () => {
    const changes = (async () => {
      for (let time = 0; time < 60; time++) {
        const key = KEYS[Math.floor(index.random() * KEYS.length)];
        await index.change(key, index.random() < 0.2 ? undefined : `${key}\nis new ${time}`, { late: 500, twice: 0.3 });
        await index.clock.pause(index.random() * 300);
      }
    })();
    await Promise.all([changes, ...[0, 10, 20].map((from) => load(KEYS.slice(from, from + 10)))]);
  });
  index.reconcile();
  await index.settle();
  const { chunks, readable } = await index.wanted();
  expect(index.held()).toEqual(chunks);
  expect(index.inState('indexed')).toEqual(readable);
  expect(index.crashes).toEqual([]);
});
