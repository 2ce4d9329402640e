import { EmbeddingFailure, type Embeddings } from '../../../lambda/ports/embeddings';
import { StoreFailure } from '../../../lambda/ports/passage-store';
import { storePassages } from '../../../lambda/search/store-passages';
import type { PassageSearch } from '../../../lib/contract/passage-search';
import { MemoryPassageStore } from '../fakes/passage-store';
import { chunk, DIMENSION, type TestChunk, toward } from '../stores/chunks';

const BOTH: PassageSearch = { by: 'both', candidates: 10, fusion: { method: 'reciprocalRank', k: 60 }, weights: { meaning: 1, words: 1 } };
const { signal } = new AbortController();

async function open(chunks: readonly TestChunk[], terms: Partial<PassageSearch> = {}, tenantField?: string) {
  const store = new MemoryPassageStore({ dimension: DIMENSION, tenantField });
  await store.write(chunks.map(chunk));
  const asked: [readonly string[], string][] = [];
  const embeddings: Embeddings = {
    async embed(texts, as) {
      asked.push([texts, as]);
      return texts.map((text) => toward(text.includes('leave') ? 0 : 1));
    },
  };
  return { store, asked, passages: storePassages({ store, embeddings }, { ...BOTH, ...terms }) };
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
    { id: 'a', text: 'leave', score: 1, source: { uri: 's3://papers/a.pdf', title: 'Handbook', page: 3, start: 40, end: 45 }, metadata: { year: 2026 } },
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
  const passages = storePassages({ store: new MemoryPassageStore({ dimension: DIMENSION }), embeddings }, BOTH);
  await expect(passages.search({ question: 'leave', most: 5 }, signal)).rejects.toMatchObject({ name: 'PassagesFailure', kind, cause: failure });
});
