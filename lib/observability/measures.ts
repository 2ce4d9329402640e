import { type Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** The methods of a construct that give its metrics, by their names, for its alarms and charts. */
export type Measures<Name extends string> = Readonly<Record<Name, (options?: MetricOptions) => Metric>>;
