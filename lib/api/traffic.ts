import { type IMetric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** What AWS counts of an endpoint, whatever it is. */
export interface Traffic {
  /** What it is called on a dashboard. */
  readonly title: string;
  /** Who answers with a server error where the handler does not. */
  readonly speaker: string;
  /** Where one sees why it answered with a server error. */
  readonly evidence: string;
  requests(options?: MetricOptions): IMetric;
  clientErrors(options?: MetricOptions): IMetric;
  serverErrors(options?: MetricOptions): IMetric;
  /** What the latency is of, as a chart's title says it. */
  readonly latencyOf: string;
  /** Milliseconds that answers take, or what `latencyOf` says. */
  latency(options?: MetricOptions): IMetric;
}
