import { EVALUATION_MEASURES, type EvaluationMeasure, type EvaluationThresholdValues } from '../../lib/contract/evaluation';
import type { EvaluationRun, QuestionFigures, QuestionResult, RunSummary, StageTimes, ThresholdOutcome } from '../ports/evaluation-runs';

const STAGES = ['retrieval', 'firstToken', 'answer', 'judge'] as const;
const OF_QUESTIONS: readonly (keyof QuestionFigures)[] = ['recall', 'precision', 'ndcg', 'mrr', 'faithfulness', 'relevance', 'correctness'];

/** What a run came to, beside the one before it. */
export function summaryOf(
  run: EvaluationRun, results: readonly QuestionResult[], { deployment, thresholds, previous, now }: {
    readonly deployment: string; readonly thresholds: EvaluationThresholdValues; readonly previous?: RunSummary; readonly now: number;
  },
): RunSummary {
  const measures = measuresOf(results);
  const outcomes = outcomesOf(measures, thresholds);
  const costs = results.flatMap(({ cost }) => cost ?? []);
  return {
    run: run.id,
    deployment,
    origin: run.gate ? 'deployment' : 'request',
    startedAt: new Date(run.startedAt).toISOString(),
    endedAt: new Date(now).toISOString(),
    settled: run.settled ?? false,
    questions: {
      all: results.length,
      failed: results.filter(({ failed }) => failed !== undefined).length,
      unjudged: results.filter(({ unjudged }) => unjudged !== undefined).length,
      unanswerable: results.filter(({ answerable }) => !answerable).length,
    },
    measures,
    thresholds: outcomes,
    passed: outcomes.every(({ met }) => met),
    milliseconds: timesOf(results),
    tokens: {
      input: sum(results.map(({ tokens }) => tokens.input)),
      output: sum(results.map(({ tokens }) => tokens.output)),
      judgeInput: sum(results.map(({ tokens }) => tokens.judgeInput)),
      judgeOutput: sum(results.map(({ tokens }) => tokens.judgeOutput)),
    },
    ...(costs.length > 0 && { cost: Math.round(sum(costs) * 1e9) / 1e9 }),
    ...(previous && { previous: { run: previous.run, measures: previous.measures, drop: dropBetween(previous.measures, measures) } }),
  };
}

/** The mean of each measure over the questions that can tell something of it; a question that failed tells nothing, and is missing from `completeness`. */
function measuresOf(results: readonly QuestionResult[]): RunSummary['measures'] {
  const asked = results.filter(({ failed }) => failed === undefined);
  const abstained = (answerable: boolean) => asked.filter((each) => each.answerable === answerable)
    .flatMap((each) => (each.abstained === undefined ? [] : [each.abstained ? 1 : 0]));
  const all: Partial<Record<EvaluationMeasure, number>> = {
    ...Object.fromEntries(OF_QUESTIONS.map((name) => [name, mean(asked.flatMap(({ figures }) => figures[name] ?? []))])),
    abstention: mean(abstained(false)),
    answered: mean(abstained(true).map((silent) => 1 - silent)),
    completeness: mean(results.map(({ failed, unjudged }) => (failed === undefined && unjudged === undefined ? 1 : 0))),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) => [name, round(value)]));
}

/** What could not be measured has not been met. */
function outcomesOf(measures: RunSummary['measures'], thresholds: EvaluationThresholdValues): ThresholdOutcome[] {
  return EVALUATION_MEASURES.flatMap((measure) => {
    const least = thresholds[measure];
    if (least === undefined) return [];
    const value = measures[measure];
    return [{ measure, least, ...(value !== undefined && { value }), met: value !== undefined && value >= least }];
  });
}

/** By how much the measure fell that fell most; 0 where none did. */
function dropBetween(before: RunSummary['measures'], now: RunSummary['measures']): number {
  const falls = EVALUATION_MEASURES.flatMap((name) => {
    const [one, other] = [before[name], now[name]];
    return one === undefined || other === undefined ? [] : [one - other];
  });
  return round(Math.max(0, ...falls));
}

function timesOf(results: readonly QuestionResult[]): RunSummary['milliseconds'] {
  return Object.fromEntries(STAGES.flatMap((stage: keyof StageTimes) => {
    const all = results.flatMap(({ milliseconds }) => milliseconds[stage] ?? []).sort((a, b) => a - b);
    return all.length === 0 ? [] : [[stage, { p50: percentile(all, 0.5), p95: percentile(all, 0.95) }]];
  }));
}

/** The value that so large a share is not above. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : sum(values) / values.length;
}

/** What a threshold of 0.8 is compared with must not be 0.7999999999999999. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
