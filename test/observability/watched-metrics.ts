/** A metric as an alarm or a dashboard names it; a reference reads `<logical id>`. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Properties }>>;
}

interface Properties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: Properties } }[];
  readonly DashboardBody?: unknown;
}

export interface Widget {
  readonly type: string;
  readonly width: number;
  readonly properties: { readonly query?: string; readonly alarms?: string[]; readonly metrics?: unknown[][] };
}

/** Every metric that the template's alarms look at. */
export function alarmMetrics(template: Template): WatchedMetric[] {
  return propertiesOf(template, 'AWS::CloudWatch::Alarm')
    .flatMap((alarm) => alarm.Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [alarm])
    .map(({ Namespace = '', MetricName = '', Dimensions = [] }) => ({
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, spelled(Value)])),
    }));
}

/** Every metric that the template's dashboards draw. */
export function dashboardMetrics(template: Template): WatchedMetric[] {
  return widgets(template).flatMap(({ properties: { metrics = [] } }) => metrics.flatMap((line) => {
    const [namespace, name, ...dimensions] = line.filter((part) => typeof part === 'string');
    if (namespace === undefined) return [];
    const pairs = dimensions.flatMap((part, at) => (at % 2 === 0 ? [[part, dimensions[at + 1]] as const] : []));
    return [{ namespace, name, dimensions: Object.fromEntries(pairs) }];
  }));
}

/** What the template's dashboards show, from top to bottom. */
export function widgets(template: Template): Widget[] {
  return propertiesOf(template, 'AWS::CloudWatch::Dashboard').flatMap(({ DashboardBody }) => (JSON.parse(spelled(DashboardBody)) as { widgets: Widget[] }).widgets);
}

function propertiesOf({ Resources }: Template, type: string): Properties[] {
  return Object.values(Resources).filter(({ Type }) => Type === type).map(({ Properties: properties }) => properties);
}

function spelled(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument]] = Object.entries(value as Record<string, unknown>);
  if (intrinsic === 'Fn::Join') return (argument as [string, unknown[]])[1].map(spelled).join('');
  return `<${[argument].flat().join('.')}>`;
}
