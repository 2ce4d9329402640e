import type { SearchNote } from '../../../lambda/ports/passages';
import { answeringPassages } from '../../../lambda/search/answering-passages';
import type { IndexRecipe, Indexes } from '../../../lib/contract/reindexing';
import { MemoryPassages, passage } from '../fakes/passages';

const recipe = { pipeline: 'p', embedding: { modelId: 'embedder' }, index: { name: 'one' } } as unknown as IndexRecipe;
const indexes: Indexes = { answering: 'one', known: { one: { recipe, place: 'store', since: 0, ready: true } } };
const terms = { search: { by: 'both', candidates: 10 } as never, place: 'store', models: ['embedder'] };
const { signal } = new AbortController();

test('whoever looks up hears what the index that answers tells of its search', async () => {
  const said: SearchNote[] = [{ stage: 'rerank', milliseconds: 7 }, { bestScore: 0.5 }, { unranked: 'late', why: 'no order within 3000 ms' }];
  const own = new MemoryPassages([[passage('Thirty days.')]], said);
  const heard: SearchNote[] = [];
  const passages = answeringPassages(terms, { indexes: async () => indexes, open: () => own });
  expect(await passages.search({ question: 'How long?', most: 5 }, signal, (note) => heard.push(note))).toHaveLength(1);
  expect(heard).toEqual(said);
});

test.each([['AccessDeniedException', { name: 'AccessDeniedException' }], ['TimeoutError', { name: 'PassagesFailure', kind: 'unavailable' }]])('%s of what says which index answers is told as it is', async (name, told) => {
  const passages = answeringPassages(terms, { indexes: async () => Promise.reject(Object.assign(new Error('no'), { name })), open: () => new MemoryPassages([]) });
  await expect(passages.search({ question: 'How long?', most: 5 }, signal)).rejects.toMatchObject(told);
});

test('nothing is found where none answers yet, or the one that does lies in another store', async () => {
  const open = () => { throw new Error('opened'); };
  const elsewhere: Indexes = { ...indexes, known: { one: { ...indexes.known.one, place: 'another' } } };
  for (const none of [{ known: {} } as Indexes, elsewhere]) {
    expect(await answeringPassages(terms, { indexes: async () => none, open }).search({ question: 'How long?', most: 5 }, signal)).toEqual([]);
  }
});
