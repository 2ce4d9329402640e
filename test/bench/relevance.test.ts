import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ndcg, ranked, readJudgements, readRun, recall } from '../../bench/relevance';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'relevance-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const file = (text: string) => {
  const path = join(folder, 'file');
  writeFileSync(path, text);
  return path;
};
const judged = (text: string) => readJudgements(file(text));
const found = (lists: Record<string, string[]>) => (query: string) => lists[query] ?? [];

test('judgements are read as BEIR and as TREC write them', () => {
  const wanted = new Map([['q1', new Map([['d1', 1], ['d2', 0]])], ['q2', new Map([['d1', 2]])]]);
  expect(judged('query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td1\t2\n')).toEqual(wanted);
  expect(judged('q1 0 d1 1\nq1 0 d2 0\nq2 0 d1 2')).toEqual(wanted);
  expect(() => judged('query-id\tcorpus-id\tscore\n')).toThrow('holds no judgements');
});

test('nDCG counts grades by their place, a query without results as 0, and none that nothing is relevant to', () => {
  const judgements = judged('a\tx\t2\na\ty\t1\nb\tz\t1\nc\tz\t0');
  expect(ndcg(found({ a: ['x', 'y'], b: ['z'] }), judgements)).toBeCloseTo(1, 10);
  const swapped = (1 + 2 / Math.log2(3)) / (2 + 1 / Math.log2(3));
  expect(ndcg(found({ a: ['y', 'x'] }), judgements)).toBeCloseTo(swapped / 2, 10);
  expect(ndcg(found({ a: [...Array.from({ length: 10 }, (_, at) => `other ${at}`), 'x', 'y'], b: ['z'] }), judgements)).toBeCloseTo(0.5, 10);
});

test('recall counts what is relevant among the first', () => {
  const judgements = judged('a\tx\t2\na\ty\t1\na\tw\t0\nb\tz\t1');
  expect(recall(found({ a: ['x', 'w'], b: ['q', 'z'] }), judgements, 2)).toBeCloseTo(0.75, 10);
  expect(recall(found({ a: ['x', 'y'], b: ['q', 'z'] }), judgements, 1)).toBeCloseTo(0.25, 10);
});

test('equal scores are ranked by name, whatever order a file has them in', () => expect([ranked({ b: 1, c: 2, a: 1 }), ranked()]).toEqual([['c', 'a', 'b'], []]));

test('refuses a run of another shape', () => {
  expect(readRun(file('{"q":{"d":0.5}}'))).toEqual({ q: { d: 0.5 } });
  for (const odd of ['{"q":["d"]}', '{"q":"d"}', '[]']) expect(() => readRun(file(odd))).toThrow('must be {"query": {"document": score}}');
});
