import fc from 'fast-check';
import { type Fusion, fuse, type Ranked, type Ranking, USUAL_K } from '../../../lambda/search/fusion';

const METHODS: Fusion[] = [{ method: 'reciprocalRank', k: USUAL_K }, { method: 'minMax' }, { method: 'zScore' }];

const ranking = (scores: Record<string, number>, { by = 'meaning', weight = 1 }: Partial<Ranking> = {}): Ranking => ({
  by, weight, hits: Object.entries(scores).map(([id, score]): Ranked => ({ id, score })).sort((one, other) => other.score - one.score),
});
const order = (found: readonly Ranked[]) => found.map(({ id }) => id).join('');

test('by places: one over k and the place, of each ranking by its weight, 1 for the top of all', () => {
  const found = fuse([ranking({ a: 0.9, b: 0.8 }), ranking({ b: 30, c: 2 }, { by: 'words', weight: 3 })], { method: 'reciprocalRank', k: 60 });
  expect(order(found)).toBe('bca');
  expect(found.map(({ score }) => score)).toEqual([(61 / 62 + 3) / 4, 3 * (61 / 62) / 4, 1 / 4].map((score) => expect.closeTo(score, 10)));
});

test('by places: how far apart scores are makes no difference', () => {
  const near = [ranking({ a: 0.9, b: 0.89 }), ranking({ b: 2, a: 1 })];
  const far = [ranking({ a: 0.9, b: 0.1 }), ranking({ b: 90, a: 1 })];
  expect(fuse(near, METHODS[0])).toEqual(fuse(far, METHODS[0]));
});

test('by range: each ranking counts from 0 to 1', () => {
  const found = fuse([ranking({ a: 0.9, b: 0.85, c: 0.5 }), ranking({ c: 30, b: 29, d: 1 }, { by: 'words' })], { method: 'minMax' });
  expect(found).toEqual([['b', (0.875 + 28 / 29) / 2], ['a', 0.5], ['c', 0.5], ['d', 0]].map(([id, score]) => ({ id, score: expect.closeTo(score as number, 10) })));
});

test('by deviation: each ranking counts by how far a score stands out, what is absent as its worst', () => {
  const found = fuse([ranking({ a: 3, b: 2, c: 1 }), ranking({ b: 30, d: 0 }, { by: 'words' })], { method: 'zScore' });
  const one = Math.sqrt(1.5);
  const wanted: [string, number][] = [['b', 1 / 2], ['a', (one - 1) / 2], ['c', (-one - 1) / 2], ['d', (-one - 1) / 2]];
  expect(found).toEqual(wanted.map(([id, z]) => ({ id, score: expect.closeTo(1 / (1 + Math.exp(-z)), 10) })));
});

test.each(METHODS)('$method: a search that counts higher does not drown the others', (fusion) => {
  const [dense, sparse] = [ranking({ a: 0.9, b: 0.8, c: 0.1 }), ranking({ c: 3, b: 2, a: 1 }, { by: 'words' })];
  const louder = { ...sparse, hits: sparse.hits.map(({ id, score }) => ({ id, score: score * 1_000 })) };
  expect(fuse([dense, louder], fusion)).toEqual(fuse([dense, sparse], fusion));
});

test.each(METHODS)('$method: weights decide', (fusion) => {
  const [dense, sparse] = [{ a: 0.9, b: 0.5, c: 0.1 }, { c: 9, b: 5, a: 1 }];
  const weighed = (one: number, other: number) => order(fuse([ranking(dense, { weight: one }), ranking(sparse, { by: 'words', weight: other })], fusion));
  expect([weighed(3, 1), weighed(1, 3), weighed(1, 0), weighed(0, 1)]).toEqual(['abc', 'cba', 'abc', 'cba']);
});

test('by meaning alone: words do not count, scores stay in their order', () => {
  expect(order(fuse([ranking({ a: 0.9, b: 0.2 }), ranking({ c: 99, b: 3 }, { by: 'words' })], { method: 'meaning' }))).toBe('ab');
});

test.each(METHODS)('$method: one hit is as good as it gets, and better than none', (fusion) => {
  const found = fuse([ranking({ a: 0.3 }), ranking({ b: 5, c: 4 }, { by: 'words' })], fusion);
  expect(found.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
  expect(order(found).indexOf('c')).toBe(2);
});

test('nothing is found where no search found anything', () => {
  for (const fusion of [...METHODS, { method: 'meaning' } as const]) {
    expect(fuse([], fusion)).toEqual([]);
    expect(fuse([ranking({}), ranking({}, { by: 'words' })], fusion)).toEqual([]);
  }
});

test('whatever was found is there once, with a score from 0 to 1, the best first; what is first everywhere stays first', () => {
  const scores = fc.dictionary(fc.constantFrom(...'abcdefgh'), fc.double({ min: -1e6, max: 1e6, noNaN: true }), { noNullPrototype: true });
  const rankings = fc.array(fc.tuple(scores, fc.double({ min: 0.01, max: 10, noNaN: true })), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(rankings, fc.constantFrom(...METHODS), (drawn, fusion) => {
    const all = drawn.map(([one, weight]) => ranking(one, { weight }));
    const found = fuse(all, fusion);
    expect(found.map(({ id }) => id).sort()).toEqual([...new Set(drawn.flatMap(([one]) => Object.keys(one)))].sort());
    found.forEach(({ score }, at) => {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1 + 1e-9);
      if (at > 0) expect(score).toBeLessThanOrEqual(found[at - 1].score);
    });
    const top = fuse(all.map(({ hits, ...rest }) => ({ ...rest, hits: [{ id: 'top', score: Math.max(0, ...hits.map(({ score }) => score)) + 1 }, ...hits] })), fusion);
    expect(top[0].id).toBe('top');
  }));
});
