import { rankedAgainst as ranked } from '../../../lambda/evaluate/ranking';
import type { Passage } from '../../../lambda/ports/passages';

const found = (uri: string, start: number, text = 'words'): Passage => ({ id: `${uri}${start}`, text, source: { uri: `s3://docs/${uri}`, title: uri, start, end: start + 100 }, metadata: {} });
const rankedAgainst = (relevant: Parameters<typeof ranked>[0], passages: readonly Passage[]) => ranked(relevant, passages, 5);
const document = (name: string, more: object = {}) => ({ document: name, grade: 1, spans: [], passages: [], ...more });

test('documents count once, where they are found first', () => {
  const { figures, missed } = rankedAgainst([document('a'), document('b')], [found('x', 0), found('x', 100), found('a', 0), found('a', 100)]);
  // x is one place, a the second; of four passages two are relevant.
  expect(figures).toEqual({ recall: 0.5, precision: 0.5, mrr: 0.5, ndcg: (1 / Math.log2(3)) / (1 + 1 / Math.log2(3)) });
  expect(missed).toEqual(['b']);
});

test('what is not found although there is room counts against the order', () => {
  const { figures } = rankedAgainst([document('a'), document('b')], [found('a', 0)]);
  expect(figures).toMatchObject({ recall: 0.5, precision: 1, mrr: 1 });
  expect(figures.ndcg).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 10);
});

test('a span is found by a passage that has half of it, or half of which it is', () => {
  const relevant = [document('a', { spans: [[150, 250]] })];
  expect(rankedAgainst(relevant, [found('a', 100)]).figures.recall).toBe(1);
  expect(rankedAgainst(relevant, [found('a', 99)]).figures.recall).toBe(0);
  expect(rankedAgainst(relevant, [found('b', 150)]).figures).toEqual({ recall: 0, precision: 0, mrr: 0, ndcg: 0 });
});

test('words are found however they are laid out, also where a chunk begins in their middle', () => {
  const relevant = [document('a', { passages: ['Everybody has thirty days of leave a year.'] })];
  expect(rankedAgainst(relevant, [found('a', 0, '## Leave\n\nEverybody  has **thirty** days\nof leave a year. Sick days…')]).figures.recall).toBe(1);
  expect(rankedAgainst(relevant, [found('a', 0, 'days of leave a year.')]).figures.recall).toBe(1);
  expect(rankedAgainst(relevant, [found('a', 0, 'Nobody has leave.')]).figures.recall).toBe(0);
});

test('grades weigh, and nothing found is nothing', () => {
  const relevant = [document('a', { grade: 3 }), document('b')];
  const best = 3 + 1 / Math.log2(3);
  expect(rankedAgainst(relevant, [found('b', 0), found('a', 0)]).figures.ndcg).toBeCloseTo((1 + 3 / Math.log2(3)) / best, 10);
  expect(rankedAgainst(relevant, []).figures).toEqual({ recall: 0, precision: 0, mrr: 0, ndcg: 0 });
  expect(rankedAgainst(undefined, [found('a', 0)])).toMatchObject({ figures: {}, missed: [] });
});

test('texts that begin alike are told apart', () => {
  const begun = 'According to the collective agreement of the company that was signed in March: ';
  const [leave, hours] = ['everybody has thirty days of leave a year. ', 'everybody works for forty hours a week. '].map((words) => `${begun}${words.repeat(5)}`);
  const relevant = [document('a', { passages: [leave, hours] })];
  const { figures, missed } = rankedAgainst(relevant, [found('a', 0, leave)]);
  expect([figures.recall, missed]).toEqual([0.5, [`a "${hours.slice(0, 80)}"`]]);
});

test('words are found that stand in part in what a passage is read behind', () => {
  const relevant = [document('a', { passages: ['item | price'] })];
  expect(rankedAgainst(relevant, [{ ...found('a', 0, '| tent | 90 |'), lead: '| item | price |' }]).figures.recall).toBe(1);
  expect(rankedAgainst(relevant, [found('a', 0, '| tent | 90 |')]).figures.recall).toBe(0);
});
