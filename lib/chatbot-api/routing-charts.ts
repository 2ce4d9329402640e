import { Duration } from 'aws-cdk-lib';
import { type ChatSignals } from './chat-signals';
import { CHAT_METRICS } from '../contract/chat';
import { type Chart } from '../observability/operations-dashboard';

const ONE_HOUR = { period: Duration.hours(1) };

/** What a router does: whom it asks, for which reason, who takes over, and what each model costs. */
export function routingCharts({ chat, models: { candidates, routes }, priced }: ChatSignals): Chart[] {
  const names = candidates.map(({ modelName }) => modelName);
  return [
    { title: 'Turns by model', unit: 'turns', lines: names.map((name) => chat.metricOfModel(name, CHAT_METRICS.turns)) },
    { title: 'Why that model', unit: 'turns', lines: routes.map((route) => chat.metricOfRoute(route)) },
    {
      title: 'Other models that took over',
      unit: 'times',
      lines: [chat.metricFallbacks({ label: 'All' }), ...names.map((name) => chat.metricOfModel(name, CHAT_METRICS.throttles, { label: `${name} throttled` }))],
    },
    ...(priced ? [{ title: 'Cost by the hour and model', unit: 'US dollars', lines: names.map((name) => chat.metricOfModel(name, CHAT_METRICS.cost, ONE_HOUR)) }] : []),
  ];
}
