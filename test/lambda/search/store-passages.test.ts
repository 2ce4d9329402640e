import { EmbeddingFailure, type Embeddings } from '../../../lambda/ports/embeddings';
import { StoreFailure } from '../../../lambda/ports/passage-store';
import type { SearchNote } from '../../../lambda/ports/passages';
import type { Reranker } from '../../../lambda/ports/reranker';
import { storePassages } from '../../../lambda/search/store-passages';
import type { PassageSearch } from '../../../lib/contract/passage-search';
import { FakeClock } from '../fakes/clock';
import { MemoryPassageStore } from '../fakes/passage-store';
import { chunk, DIMENSION, type TestChunk, toward } from '../stores/chunks';

const BOTH: PassageSearch = { by: 'both', candidates: 10, fusion: { method: 'reciprocalRank', k: 60 }, weights: { meaning: 1, words: 1 } };
const { signal } = new AbortController();

async function open(chunks: readonly TestChunk[], terms: Partial<PassageSearch> = {}, tenantField?: string, reranker?: Reranker) {
  const store = new MemoryPassageStore({ dimension: DIMENSION, tenantField });
  await store.write(chunks.map(chunk));
  const asked: [readonly string[], string][] = [];
  const embeddings: Embeddings = {
    async embed(texts, as) {
      asked.push([texts, as]);
      return texts.map((text) => toward(text.includes('leave') ? 0 : 1));
    },
  };
  const clock = new FakeClock();
  return { store, asked, clock, passages: storePassages({ store, embeddings, reranker, clock }, { ...BOTH, ...terms }) };
}

const TEXTS: readonly TestChunk[] = [
  { id: 'meant', at: 0, text: 'Holidays are thirty days.' }, { id: 'said', at: 2, text: 'Parental leave is six weeks.' },
  { id: 'both', at: 0, off: 0.2, text: 'Annual leave.' }, { id: 'neither', at: 3, text: 'The canteen opens at noon.' },
];
const ids = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id);

test('finds by meaning and by words, and puts first what both find', async () => {
  const { passages, asked } = await open(TEXTS);
  const found = await passages.search({ question: 'leave', most: 2 }, signal);
  expect(found[0].id).toBe('both');
  expect(found.length).toBe(2);
  expect(found.every(({ score = -1 }) => score >= 0 && score <= 1)).toBe(true);
  expect(asked).toEqual([[['leave'], 'query']]);
});

test('an imagined passage is searched by meaning as a document, and the words of the question as they are', async () => {
  const { passages, asked } = await open(TEXTS, { candidates: 1 });
  const found = await passages.search({ question: 'six weeks', imagined: 'There are thirty days of leave.', most: 2 }, signal);
  expect(ids(found).sort()).toEqual(['meant', 'said']);
  expect(asked).toEqual([[['There are thirty days of leave.'], 'document']]);
});

test('finds by one of them alone, and embeds nothing for words', async () => {
  const byMeaning = await open(TEXTS, { by: 'meaning', leastSimilarity: 0.5 });
  expect(ids(await byMeaning.passages.search({ question: 'leave', most: 5 }, signal))).toEqual(['meant', 'both']);
  const byWords = await open(TEXTS, { by: 'words' });
  const found = await byWords.passages.search({ question: 'leave', most: 5 }, signal);
  expect([ids(found).sort(), found[0].score, byWords.asked]).toEqual([['both', 'said'], 1, []]);
});

test('says where a passage stands in its document', async () => {
  const { passages } = await open([{ id: 'a', text: 'leave', start: 40, end: 45, page: 3, title: 'Handbook', document: 's3://papers/a.pdf', metadata: { year: 2026 } }]);
  expect(await passages.search({ question: 'leave', most: 5 }, signal)).toEqual([
    { id: 'a', text: 'leave', score: 1, placements: expect.anything(), source: { uri: 's3://papers/a.pdf', title: 'Handbook', page: 3, start: 40, end: 45 }, metadata: { year: 2026 } },
  ]);
});

test('tells what a passage is read behind, and takes equal rows of other tables for other passages', async () => {
  const lead = 'Prices › 2026\n| item | price |\n| --- | --- |';
  const rows: readonly TestChunk[] = [{ id: 'a', text: '| tent | 90 |', lead }, { id: 'b', text: '| tent | 90 |', lead: lead.replace('2026', '2025') }, { id: 'c', text: '| Tent | 90 |', lead }];
  const { passages } = await open(rows, { by: 'meaning' });
  expect((await passages.search({ question: 'tent', most: 5 }, signal)).map(({ id, text, lead: before }) => [id, text, before])).toEqual([
    ['a', '| tent | 90 |', lead], ['b', '| tent | 90 |', lead.replace('2026', '2025')],
  ]);
});

test('gives what says the same once, and makes room for what is different', async () => {
  const copies: readonly TestChunk[] = [{ id: 'a', text: 'Leave: 30 days' }, { id: 'b', text: 'leave 30 days.' }, { id: 'c', at: 0, off: 0.01, text: 'Leave is 30 days' }, { id: 'd', at: 0, off: 1, text: 'Notice for leave' }];
  const plain = await open(copies, { by: 'meaning' });
  expect(ids(await plain.passages.search({ question: 'leave', most: 2 }, signal))).toEqual(['a', 'c']);
  const spread = await open(copies, { by: 'meaning', relevance: 0.3 });
  expect(ids(await spread.passages.search({ question: 'leave', most: 2 }, signal))).toEqual(['a', 'd']);
});

test('holds to the filter and to the tenant', async () => {
  const { passages } = await open([{ id: 'a', text: 'leave', metadata: { owner: 'acme', year: 1 } }, { id: 'b', text: 'leave too', metadata: { owner: 'acme', year: 2 } }, { id: 'c', text: 'leave not', metadata: { owner: 'other', year: 2 } }], {}, 'owner');
  const filter = { all: [{ field: 'owner', is: 'equals', value: 'acme' }, { field: 'year', is: 'equals', value: 2 }] } as const;
  expect(ids(await passages.search({ question: 'leave', most: 5, filter, tenant: 'acme' }, signal))).toEqual(['b']);
  await expect(passages.search({ question: 'leave', most: 5 }, signal)).rejects.toMatchObject({ name: 'PassagesFailure', kind: 'refused' });
});

test.each([[new EmbeddingFailure('throttled', 'slow down'), 'throttled'], [new StoreFailure('unavailable', 'asleep'), 'unavailable']])('says whether %s passes', async (failure, kind) => {
  const embeddings = { embed: async () => Promise.reject(failure) };
  const passages = storePassages({ store: new MemoryPassageStore({ dimension: DIMENSION }), embeddings, clock: new FakeClock() }, BOTH);
  await expect(passages.search({ question: 'leave', most: 5 }, signal)).rejects.toMatchObject({ name: 'PassagesFailure', kind, cause: failure });
});

test('a store that does not let the deployment in is nobody\'s filter, and passes by itself no more', async () => {
  const failure = new StoreFailure('forbidden', 'Pinecone: HTTP 401: no such key');
  const embeddings = { embed: async () => Promise.reject(failure) };
  const passages = storePassages({ store: new MemoryPassageStore({ dimension: DIMENSION }), embeddings, clock: new FakeClock() }, BOTH);
  await expect(passages.search({ question: 'leave', most: 5, filter: { field: 'owner', is: 'equals', value: 'acme' } }, signal)).rejects.toBe(failure);
});

test('what the model does not embed is told as it is, and blamed on no filter', async () => {
  const failure = new EmbeddingFailure('refused', 'Malformed input request');
  const embeddings = { embed: async () => Promise.reject(failure) };
  const passages = storePassages({ store: new MemoryPassageStore({ dimension: DIMENSION }), embeddings, clock: new FakeClock() }, BOTH);
  await expect(passages.search({ question: 'leave', most: 5, filter: { field: 'owner', is: 'equals', value: 'acme' } }, signal)).rejects.toBe(failure);
});

test('says how each ranking has a passage, and what each stage took', async () => {
  const { passages, clock } = await open(TEXTS);
  const notes: SearchNote[] = [];
  clock.now = () => (clock.time += 5);
  const found = await passages.search({ question: 'leave', most: 4 }, signal, (note) => notes.push(note));
  const placements = Object.fromEntries(found.map(({ id, placements: each }) => [id, each]));
  expect(placements.both).toEqual({
    vector: { rank: 2, score: expect.closeTo(0.98, 2) }, keyword: { rank: 1, score: expect.any(Number) }, fused: { rank: 1, score: found[0].score },
  });
  expect(placements.meant).toEqual({ vector: { rank: 1, score: 1 }, fused: { rank: expect.any(Number), score: expect.any(Number) } });
  expect(notes.map((note) => 'stage' in note && [note.stage, note.milliseconds > 0]).sort()).toEqual([['embed', true], ['fuse', true], ['keyword', true], ['vector', true]]);
});

describe('reranked', () => {
  const asked: { question: string; texts: readonly string[] }[] = [];
  const canteenFirst: Reranker = {
    async rerank(question, texts) {
      asked.push({ question, texts });
      return texts.map((text, index) => ({ index, score: text.includes('canteen') ? 0.9 : text.includes('thirty') ? 0.4 : 0.1 }));
    },
  };
  const never: Reranker = {
    rerank: async (_question, _texts, _most, aborted) => new Promise((_, reject) => aborted.addEventListener('abort', () => reject(new Error('aborted')))),
  };
  const rerank = { modelArn: 'arn:rerank', milliseconds: 300 };
  beforeEach(() => { asked.length = 0; });

  test('passages are in the reranker\'s order with its scores, and what it is told has title and lead', async () => {
    const led = { id: 'led', at: 5, text: 'Six weeks.', title: 'Handbook', lead: 'Leave › Parental' };
    const { passages } = await open([...TEXTS, led], { rerank, candidates: 5 }, undefined, canteenFirst);
    const found = await passages.search({ question: 'leave', most: 2 }, signal);
    expect(found.map(({ id, score }) => [id, score])).toEqual([['neither', 0.9], ['meant', 0.4]]);
    expect(found[0].placements).toMatchObject({ reranked: { rank: 1, score: 0.9 }, fused: { rank: expect.any(Number) } });
    expect(asked).toEqual([{ question: 'leave', texts: expect.arrayContaining(['Handbook\nLeave › Parental\nSix weeks.', 'Annual leave.']) }]);
  });

  test('no more are than each search looks up', async () => {
    const { passages } = await open(TEXTS, { rerank, candidates: 2 }, undefined, canteenFirst);
    await passages.search({ question: 'leave', most: 1 }, signal);
    expect(asked[0].texts).toHaveLength(2);
  });

  test('what the reranker finds too bad is not found, and the best score is told all the same', async () => {
    const notes: SearchNote[] = [];
    const { passages } = await open(TEXTS, { rerank: { ...rerank, leastScore: 0.95 } }, undefined, canteenFirst);
    expect(await passages.search({ question: 'leave', most: 5 }, signal, (note) => notes.push(note))).toEqual([]);
    expect(notes).toContainEqual({ bestScore: 0.9 });
    const { passages: some } = await open(TEXTS, { rerank: { ...rerank, leastScore: 0.4 } }, undefined, canteenFirst);
    expect(ids(await some.search({ question: 'leave', most: 5 }, signal))).toEqual(['neither', 'meant']);
  });

  test('nothing is asked where nothing is found', async () => {
    const { passages } = await open([], { rerank }, undefined, canteenFirst);
    expect([await passages.search({ question: 'leave', most: 5 }, signal), asked]).toEqual([[], []]);
  });

  test.each<[string, Reranker, SearchNote]>([
    ['fails', { rerank: async () => Promise.reject(new Error('HTTP 429')) }, { unranked: 'failed', why: 'HTTP 429' }],
    ['is throttled where it is opened', { rerank: () => { throw new Error('no part'); } }, { unranked: 'failed', why: 'no part' }],
    ['leaves texts out', { rerank: async () => [{ index: 0, score: 1 }] }, { unranked: 'failed', why: expect.stringContaining('each of them once') }],
    ['names texts that it was not given', { rerank: async (_, texts) => texts.map((_text, at) => ({ index: at + 1, score: 1 })) }, { unranked: 'failed', why: expect.stringContaining('each of them once') }],
    ['names one twice', { rerank: async (_, texts) => texts.map(() => ({ index: 0, score: 1 })) }, { unranked: 'failed', why: expect.stringContaining('each of them once') }],
    ['says no numbers', { rerank: async (_, texts) => texts.map((_text, index) => ({ index, score: NaN })) }, { unranked: 'failed', why: expect.stringContaining('with a score') }],
  ])('where the reranker %s the order before stands, and nothing is too bad', async (_, reranker, note) => {
    const notes: SearchNote[] = [];
    const { passages } = await open(TEXTS, { rerank: { ...rerank, leastScore: 0.99 } }, undefined, reranker);
    const { passages: plain } = await open(TEXTS);
    const search = { question: 'leave', most: 3 };
    expect(await passages.search(search, signal, (each) => notes.push(each))).toEqual(await plain.search(search, signal));
    expect(notes).toContainEqual(note);
  });

  test('where the reranker takes too long the order before stands, and it is told to stop', async () => {
    const notes: SearchNote[] = [];
    const { passages, clock } = await open(TEXTS, { rerank }, undefined, never);
    const found = passages.search({ question: 'leave', most: 3 }, signal, (each) => notes.push(each));
    while (clock.repeated.size === 0) await new Promise(setImmediate);
    clock.tick(300);
    expect((await found)[0].id).toBe('both');
    expect([notes.find((note) => 'unranked' in note), clock.repeated.size]).toEqual([{ unranked: 'late', why: 'no order within 300 ms' }, 0]);
  });

  test('nobody falls back who waits no more', async () => {
    const gone = new AbortController();
    const { passages, clock } = await open(TEXTS, { rerank }, undefined, never);
    const found = passages.search({ question: 'leave', most: 3 }, gone.signal);
    while (clock.repeated.size === 0) await new Promise(setImmediate);
    gone.abort(new Error('gone'));
    await expect(found).rejects.toThrow('gone');
  });
});
