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
  /** Milliseconds from a request to the last byte of its answer. */
  latency(options?: MetricOptions): IMetric;
}
