import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

export type MetricValues = Readonly<Record<string, number | undefined>>;

/**
 * Writes values as CloudWatch metrics by way of the log; a value that is not known is left out. What was counted before and is told
 * `again` is counted for its subject and the service alone, and nowhere twice.
 */
export type PublishMetrics = (values: MetricValues, about?: MetricSubject, again?: boolean) => void;

/** What values are about, as dimensions beside those that all have: they are counted for it, and once without it. */
export type MetricSubject = Readonly<Record<string, string>>;

export function createMetrics(namespace: string, dimensions: Readonly<Record<string, string>>, milliseconds: readonly string[]): PublishMetrics {
  const first = withDimensions(namespace, dimensions);
  const repeated = withDimensions(namespace, { Service: dimensions.Service });
  return (values, about, again = false) => {
    const metrics = again ? repeated : first;
    if (about && !again) metrics.addDimensions({});
    if (about) metrics.addDimensions({ ...about });
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) metrics.addMetric(name, milliseconds.includes(name) ? MetricUnit.Milliseconds : MetricUnit.NoUnit, value);
    }
    metrics.publishStoredMetrics();
  };
}

function withDimensions(namespace: string, dimensions: Readonly<Record<string, string>>): Metrics {
  const metrics = new Metrics({ namespace, serviceName: dimensions.Service });
  // Powertools' own `service` dimension would make every metric another one than the construct names.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ ...dimensions });
  return metrics;
}
