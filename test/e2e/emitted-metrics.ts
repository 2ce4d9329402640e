import type { LocalCloud } from '../../local/cloud';
import type { WatchedMetric } from '../observability/watched-metrics';

type Line = Readonly<Record<string, unknown>>;

/** A line from which CloudWatch makes metrics. */
interface Embedded {
  readonly _aws: { readonly CloudWatchMetrics: readonly Directive[] };
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly string[][];
  readonly Metrics: readonly { readonly Name: string }[];
}

/** Every line that the handler and API Gateway wrote as JSON. */
export function linesOf(cloud: LocalCloud): Line[] {
  return cloud.logs.flatMap(({ line }): Line[] => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
}

/** The metrics that CloudWatch would read from the handler's log, each time that it would. */
export function emittedMetrics(cloud: LocalCloud): (WatchedMetric & { readonly value: number })[] {
  const directives = linesOf(cloud).filter((line): line is Line & Embedded => '_aws' in line)
    .flatMap((line) => line._aws.CloudWatchMetrics.map((directive) => ({ line, ...directive })));
  return directives.flatMap(({ line, Namespace, Dimensions, Metrics }) => Dimensions.flatMap((names) => {
    const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
    return Metrics.map(({ Name }) => ({ namespace: Namespace, name: Name, dimensions, value: Number(line[Name]) }));
  }));
}
