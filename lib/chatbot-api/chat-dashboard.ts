import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { failedTurns } from './chat-alarms';
import { type ChatSignals } from './chat-signals';
import { groupCharts } from './group-charts';
import { routingCharts } from './routing-charts';
import { type Chart } from '../observability/operations-dashboard';

const P50 = Stats.p(50);
const P95 = Stats.p(95);

/** What a chat shows: what users feel first, then the model, with a router which of them, with groups who took what, then what carries them. */
export function chatCharts(signals: ChatSignals): Chart[][] {
  const { models: { routed }, groups } = signals;
  return [
    users(signals), model(signals),
    ...(routed ? [routingCharts(signals)] : []),
    ...(groups.length > 0 ? [groupCharts(signals)] : []),
    carriers(signals),
  ];
}

function users({ chat }: ChatSignals): Chart[] {
  return [
    { title: 'Turns', unit: 'turns', lines: [chat.metricTurns({ label: 'Answered' }), chat.metricErrors({ label: 'Failed' })] },
    { title: 'Turns that failed', unit: 'percent', lines: [failedTurns({ chat })] },
    {
      title: 'Time to first token',
      unit: 'ms',
      lines: [chat.metricTimeToFirstToken({ statistic: P50, label: 'Half are faster' }), chat.metricTimeToFirstToken({ label: '95 of 100 are faster' })],
    },
    {
      title: 'Whole turn',
      unit: 'ms',
      lines: [chat.metricTurnDuration({ statistic: P50, label: 'Half are faster' }), chat.metricTurnDuration({ label: '95 of 100 are faster' })],
    },
  ];
}

function model({ chat, priced, limited }: ChatSignals): Chart[] {
  return [
    {
      title: 'Tokens',
      unit: 'tokens',
      lines: [chat.metricInputTokens({ label: 'In' }), chat.metricOutputTokens({ label: 'Out' }), chat.metricCacheReadTokens({ label: 'In, from the cache' })],
    },
    ...(priced ? [{ title: 'Cost by the hour', unit: 'US dollars', lines: [chat.metricCost({ period: Duration.hours(1), label: 'Model' })] }] : []),
    {
      title: 'Refusals',
      unit: 'refusals',
      lines: [
        chat.metricThrottles({ label: 'By the model, for load' }), chat.metricGuardrailBlocks({ label: 'By the guardrail' }),
        ...(limited ? [chat.metricQuotaRefusals({ label: 'By quotas' })] : []),
      ],
    },
  ];
}

function carriers({ chat, traffic, host, memory, hooked }: ChatSignals): Chart[] {
  const count = { statistic: Stats.SUM };
  return [
    {
      title: traffic.title,
      unit: 'requests',
      lines: [traffic.requests({ ...count, label: 'All' }), traffic.clientErrors({ ...count, label: '4xx' }), traffic.serverErrors({ ...count, label: '5xx' })],
    },
    {
      title: `${traffic.title} latency, ${traffic.latencyOf}`,
      unit: 'ms',
      lines: [traffic.latency({ statistic: P50, label: 'Half are faster' }), traffic.latency({ statistic: P95, label: '95 of 100 are faster' })],
    },
    ...host.charts,
    ...memory.charts,
    ...(hooked ? [{ title: 'Hooks', unit: 'calls', lines: [chat.metricHookFailures({ label: 'Failed or late' })] }] : []),
  ];
}
