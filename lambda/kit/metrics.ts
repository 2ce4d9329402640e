import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

export type MetricValues = Readonly<Record<string, number | undefined>>;

/** Writes values as CloudWatch metrics by way of the log; a value that is not known is left out. */
export type PublishMetrics = (values: MetricValues) => void;

export function createMetrics(namespace: string, dimensions: Readonly<Record<string, string>>, milliseconds: readonly string[]): PublishMetrics {
  const metrics = new Metrics({ namespace, serviceName: dimensions.Service });
  // Powertools' own `service` dimension would make every metric another one than the construct names.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ ...dimensions });
  return (values) => {
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) metrics.addMetric(name, milliseconds.includes(name) ? MetricUnit.Milliseconds : MetricUnit.NoUnit, value);
    }
    metrics.publishStoredMetrics();
  };
}
