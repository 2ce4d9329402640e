import { Duration } from 'aws-cdk-lib';
import { type Metric, MathExpression, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type ThresholdRule } from './alarm-set';
import { type Traffic } from '../api/traffic';

const FIVE_MINUTES = { period: Duration.minutes(5) };

type Measure = (options: MetricOptions) => Metric;

/** What a construct answers. */
export interface Answering {
  /** One lower-case word in the plural, as alarms and charts call it. */
  readonly called: string;
  readonly answered: Measure;
  readonly failed: Measure;
}

/** The share of what was asked that failed, in percent. */
export function failedShare({ called, answered, failed }: Answering): MathExpression {
  return new MathExpression({
    label: `${called[0].toUpperCase()}${called.slice(1)} that failed`,
    expression: `IF(${called} + errors > 0, 100 * errors / (${called} + errors), 0)`,
    usingMetrics: { [called]: answered(FIVE_MINUTES), errors: failed(FIVE_MINUTES) },
    ...FIVE_MINUTES,
  });
}

/** Rings for what never came to be a turn or a question: a handler that cannot start or runs out of time, an authorizer that fails. */
export function apiErrors({ called }: Pick<Answering, 'called'>, traffic: Traffic, errorRate: number): ThresholdRule {
  const sum = { ...FIVE_MINUTES, statistic: Stats.SUM };
  return {
    metric: new MathExpression({
      label: 'Requests that failed',
      expression: 'IF(requests > 0, 100 * errors / requests, 0)',
      usingMetrics: { requests: traffic.requests(sum), errors: traffic.serverErrors(sum) },
      ...FIVE_MINUTES,
    }),
    above: errorRate,
    periods: 3,
    badPeriods: 2,
    means: `${traffic.speaker} answered more than ${errorRate} percent of requests with a server error.`,
    next: `compare with the errors of ${called}: where those are few, the handler does not start, is throttled or is cut off; ${traffic.evidence}.`,
  };
}
