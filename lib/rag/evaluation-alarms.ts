import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { type IConstruct } from 'constructs';
import { type EvaluationAlarmsOptions, type IEvaluation } from './evaluation-options';
import { EVALUATION_MEASURES, EVALUATION_METRICS, type EvaluationMeasure, type EvaluationThresholdValues } from '../contract/evaluation';
import { fail, requireBetween } from '../internal/validation';
import { type AlarmRules } from '../observability/alarm-set';

const ONE_HOUR = { period: Duration.hours(1) };
const FIVE_MINUTES = { period: Duration.minutes(5) };

const NEXT: Readonly<Record<EvaluationMeasure, string>> = {
  recall: "look under 'Not found': documents that are missing or failed, chunks that are cut badly, or too few candidates.",
  precision: 'look at what is found beside it: fewer passages, a least score or a reranker leave out what does not belong.',
  ndcg: 'what is relevant is found, but late: a reranker or another fusion orders it.',
  mrr: 'the first passage is too often another one: a reranker or another fusion orders them.',
  faithfulness: "look under 'Said without a source': a firmer system prompt, a stronger model, or a guardrail with contextual grounding.",
  relevance: 'look at the answers with the lowest grades: the prompt, the model, or passages that do not fit the question.',
  correctness: 'look at what the references say and the answers do not: first whether it was found.',
  abstention: "look under 'Answered although nothing answers it': a least score, a firmer system prompt, or a guardrail with contextual grounding.",
  answered: "look under 'Not answered although it can be': a least score that is too high, or passages that are not found.",
  completeness: "look under 'Questions that failed': quotas, a limit of the run, or a judge whose judgements cannot be read.",
};

/** What an evaluation rings for. */
export function evaluationAlarms(
  scope: IConstruct, evaluation: IEvaluation, thresholds: EvaluationThresholdValues, lost: IQueue, { drop = 0.1 }: EvaluationAlarmsOptions,
): AlarmRules {
  requireBetween(scope, 'drop', drop, 0, 1);
  if (drop === 0) fail(scope, "'drop' must be above 0, or every run of which a figure is a little lower rings, got 0: leave it out for 0.1");
  const missed = EVALUATION_MEASURES.flatMap((measure) => {
    const least = thresholds[measure];
    return least === undefined ? [] : [[`Low${measure[0].toUpperCase()}${measure.slice(1)}`, {
      metric: evaluation.metric(EVALUATION_METRICS[measure], { ...ONE_HOUR, statistic: Stats.MINIMUM }),
      below: least,
      periods: 1,
      untilNext: true,
      means: `The last evaluation found ${measure} below ${least}.`,
      next: `open the newest report in the bucket of results, and ${NEXT[measure]}`,
    }] as const];
  });
  return {
    ...Object.fromEntries(missed),
    Drop: {
      metric: evaluation.metricDrop({ ...ONE_HOUR, statistic: Stats.MAXIMUM }),
      above: drop,
      periods: 1,
      untilNext: true,
      means: `A measure fell by more than ${drop} from one run to the next.`,
      next: "open the newest report in the bucket of results: it says which one, and lists the questions under 'Worse than in the last run'.",
    },
    BrokenRuns: {
      metric: evaluation.metricBrokenRuns(ONE_HOUR),
      above: 0,
      periods: 1,
      means: 'An evaluation could not be carried out: there are no figures.',
      next: "read in its 'summary.json' or in the log why: a set that cannot be read, or documents that are not in step.",
    },
    DeadLetters: {
      metric: lost.metricApproximateNumberOfMessagesVisible({ ...FIVE_MINUTES, statistic: Stats.MAXIMUM }),
      above: 0,
      periods: 1,
      means: 'A request, a look at a run or a question was given up, and waits in a dead-letter queue.',
      next: 'read the message, mend what the log says of it, and move it back (start-message-move-task): what came of a question is kept once.',
    },
  };
}
