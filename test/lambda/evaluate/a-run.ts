import type { QuestionResult, RunSummary } from '../../../lambda/ports/evaluation-runs';
import type { EvaluationMeasure } from '../../../lib/contract/evaluation';

/** What came of a question, all well unless something else is said. */
export function resultOf(at: number, more: Partial<QuestionResult> = {}): QuestionResult {
  return {
    at,
    id: `line-${at + 1}`,
    question: `How many days of leave has somebody in year ${at}?`,
    answerable: true,
    figures: { recall: 1, precision: 0.4, ndcg: 1, mrr: 1, faithfulness: 1, relevance: 1, correctness: 1 },
    abstained: false,
    found: [{ document: 's3://documents/hr/leave.md', start: 0, end: 90, score: 0.71, relevant: true }],
    missed: [],
    answer: 'Everybody has thirty days [1].',
    citations: 1,
    milliseconds: { retrieval: 210, firstToken: 880, answer: 2_400, judge: 1_300 },
    tokens: { input: 2_000, output: 200, judgeInput: 2_600, judgeOutput: 180 },
    cost: 0.004,
    ...more,
  };
}

/** A run that passed, unless something else is said. */
export function summaryOf(day: number, measures: Partial<Record<EvaluationMeasure, number>> = {}, more: Partial<RunSummary> = {}): RunSummary {
  const judged = { faithfulness: 0.98, relevance: 0.97, correctness: 0.93, abstention: 1 };
  const all = { recall: 0.95, precision: 0.4, ndcg: 0.93, mrr: 0.96, ...judged, answered: 1, completeness: 1, ...measures };
  const least = [['recall', 0.9], ['abstention', 0.8], ['completeness', 0.9]] as const;
  const thresholds = least.map(([measure, wanted]) => ({ measure, least: wanted, value: all[measure], met: all[measure] >= wanted }));
  const date = `2026-11-${String(day).padStart(2, '0')}T09:`;
  return {
    run: `${date}12-44-3f2a9c1b-7d41`,
    deployment: '3f2a9c1b',
    origin: 'request',
    startedAt: `${date}12:44.120Z`,
    endedAt: `${date}16:02.400Z`,
    settled: true,
    questions: { all: 4, failed: 0, unjudged: 0, unanswerable: 1 },
    measures: all,
    thresholds,
    passed: thresholds.every(({ met }) => met),
    milliseconds: { retrieval: { p50: 244, p95: 612 }, answer: { p50: 2_904, p95: 15_120 } },
    tokens: { input: 36_120, output: 3_960, judgeInput: 46_800, judgeOutput: 3_240 },
    cost: 0.0731,
    ...more,
  };
}

/** A run in which much went wrong, and what stood before it. */
export function badRun() {
  const last = summaryOf(19, {}, { deployment: '0a1b2c3d' });
  const results = [
    resultOf(0, {
      figures: { recall: 0.5, precision: 0.2, mrr: 0.33 },
      missed: ['hr/policies/2026/parental-leave-and-part-time-work-guideline-final-v3.md'],
      found: ['hr/leave.md', 'it/vpn.md', 'it/vpn.md'].map((key) => ({ document: `s3://documents/${key}` })),
    }),
    resultOf(1, { failed: 'the model was at its limit (ThrottlingException)', figures: {}, abstained: undefined }),
    resultOf(2, { unsupported: ['The head of finance signs everything.'], figures: { faithfulness: 0.5 } }),
    resultOf(3, { answerable: false, abstained: false, figures: {}, answer: `The moon has ${'very '.repeat(200)}many lighthouses.` }),
  ];
  const before = new Map([0, 1, 2, 3].map((at) => [`line-${at + 1}`, resultOf(at, at === 3 ? { answerable: false, abstained: true, figures: {} } : {})]));
  const summary = summaryOf(20, { recall: 0.833, abstention: 0 }, {
    origin: 'deployment', questions: { all: 4, failed: 1, unjudged: 0, unanswerable: 1 }, previous: { run: last.run, measures: last.measures, drop: 1 },
  });
  return { summary, results, past: { history: [last, summaryOf(18, { recall: 0.91 }), summaryOf(17)], before } };
}
