import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type ChatSignals } from './chat-signals';
import { CHAT_METRICS } from '../contract/chat';
import { type Chart } from '../observability/operations-dashboard';

const ONE_HOUR = { period: Duration.hours(1) };

/** Who takes what, by the groups that were named. */
export function groupCharts({ chat, groups, priced }: ChatSignals): Chart[] {
  return [
    { title: 'Turns by group', unit: 'turns', lines: groups.map((group) => chat.metricOfGroup(group, CHAT_METRICS.turns)) },
    { title: 'Turns that failed, by group', unit: 'turns', lines: groups.map((group) => chat.metricOfGroup(group, CHAT_METRICS.errors)) },
    { title: 'Tokens by group', unit: 'tokens', lines: groups.map((group, place) => tokens(chat, group, place)) },
    ...(priced ? [{ title: 'Cost by the hour and group', unit: 'US dollars', lines: groups.map((group) => chat.metricOfGroup(group, CHAT_METRICS.cost, ONE_HOUR)) }] : []),
  ];
}

/** A chart knows its metrics by names that differ. */
function tokens(chat: ChatSignals['chat'], group: string, place: number) {
  return new MathExpression({
    label: group,
    expression: `in${place} + out${place}`,
    usingMetrics: { [`in${place}`]: chat.metricOfGroup(group, CHAT_METRICS.inputTokens), [`out${place}`]: chat.metricOfGroup(group, CHAT_METRICS.outputTokens) },
  });
}
