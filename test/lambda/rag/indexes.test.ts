import { indexesBody } from '../../../lambda/rag/indexes';
import type { Indexes } from '../../../lib/contract/reindexing';

const recipe = { embedding: { modelId: 'embedder' }, index: { dimension: 8 } };
const counts = { at: 2_000, documents: 812, indexed: 640, failed: 2, waiting: 170, lost: 2 };
const refused = { at: 3_000, reason: '2 documents that are found now cannot be read in the new way.' };
const indexes = { answering: 'old', wanted: 'new', known: { new: { recipe, place: 'p', since: 1_000, ready: true, counts, refused } } } as unknown as Indexes;

test('why an index is refused, and how many documents there are, is said to those who may find them all', () => {
  expect(indexesBody(indexes, true)).toMatchObject({ data: [{ state: 'refused', refused: { at: 3, reason: refused.reason }, documents: { all: 812, lost: 2 } }] });
});

test('whoever may find documents of one tenant hears that it is refused, and of no number', () => {
  const body = indexesBody(indexes, false);
  expect(body).toMatchObject({ data: [{ state: 'refused', refused: { at: 3 } }] });
  expect(JSON.stringify(body)).not.toMatch(/812|documents/);
});
