import { Duration } from 'aws-cdk-lib';
import { type MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type IConstruct } from 'constructs';
import { type ChatAlarmsOptions } from './chat-alarms-options';
import { type ChatSignals } from './chat-signals';
import { requireBetween, requireInteger } from '../internal/validation';
import { type AlarmRules } from '../observability/alarm-set';
import { apiErrors, failedShare } from '../observability/request-alarms';

const FIVE_MINUTES = { period: Duration.minutes(5) };
const TURNS = 'turns';
const ONE_HOUR = { period: Duration.hours(1) };
/** Most waiting that a turn allows at all. */
const LONGEST_MS = Duration.minutes(15).toMilliseconds();

/** Where requests call the handler themselves. */
const LOST_EVENT = {
  means: 'An event that the handler could not take waits in the dead-letter queue; requests of the API never go there.',
  next: 'find who invokes the function asynchronously, read the message and its attributes, and delete it when it is dealt with.',
};

/** Where the door of a socket hands requests on. */
const LOST_TURN = {
  means: 'A request was given up before the handler had taken it: its client was told nothing, and its key waits in the dead-letter queue.',
  next: 'see whether the handler was throttled (raise its concurrency) or fails as it starts (its log says why); then delete the message, for the client has asked again or is gone.',
};

/** What a chat rings for. */
export function chatAlarms(scope: IConstruct, signals: ChatSignals, options: ChatAlarmsOptions): AlarmRules {
  const { chat, traffic, host: { deadLetters, turnsAreEvents }, memory, priced } = signals;
  const { errorRate = 5, timeToFirstToken = Duration.seconds(5), throttles = 10, costDeviations = 3, guardrailBlocks } = options;
  requireBetween(scope, 'errorRate', errorRate, 0, 99);
  requireBetween(scope, 'timeToFirstToken in milliseconds', timeToFirstToken.toMilliseconds({ integral: false }), 1, LONGEST_MS);
  requireInteger(scope, 'throttles', throttles, 0, 1_000_000);
  requireBetween(scope, 'costDeviations', costDeviations, 1, 10);
  requireInteger(scope, 'guardrailBlocks', guardrailBlocks, 0, 1_000_000);

  return {
    ErrorRate: {
      metric: failedTurns({ chat }),
      above: errorRate,
      periods: 3,
      badPeriods: 2,
      means: `More than ${errorRate} percent of turns failed on our side or the model's.`,
      next: "the dashboard's list of failed requests says why by errorCode: model_unavailable and timeout are the model's, " +
        'see the AWS Health Dashboard or take another model; internal_error is ours, its stack is in the log under the requestId.',
    },
    ApiErrors: apiErrors({ called: TURNS }, traffic, errorRate),
    TimeToFirstToken: {
      metric: chat.metricTimeToFirstToken(FIVE_MINUTES),
      above: timeToFirstToken.toMilliseconds(),
      periods: 3,
      means: `One turn in 20 waits more than ${timeToFirstToken.toHumanString()} for its first word.`,
      next: 'see whether input tokens rose with it (lower historyTokens), or throttles (each is waited out), or neither: then the model itself is slow.',
    },
    Throttles: {
      metric: chat.metricThrottles(FIVE_MINUTES),
      above: throttles,
      periods: 3,
      badPeriods: 2,
      means: `The model refused more than ${throttles} calls in five minutes; turns wait, then fail with 429.`,
      next: 'ask for a higher quota of the model, take a cross-region profile, or lower the throttling of the API.',
    },
    ...(priced && {
      Cost: {
        metric: chat.metricCost(ONE_HOUR),
        deviations: costDeviations,
        periods: 2,
        means: 'The model costs more than is usual for this hour of this day of the week. (The first two weeks teach what is usual.)',
        next: 'see whether turns, input tokens or output tokens rose. Many turns of one caller show in the access log by caller; lower the throttling of the API to cap them.',
      },
    }),
    ...(deadLetters && {
      DeadLetters: {
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({ ...FIVE_MINUTES, statistic: Stats.MAXIMUM }),
        above: 0,
        periods: 1,
        ...(turnsAreEvents ? LOST_TURN : LOST_EVENT),
      },
    }),
    ...memory.alarms,
    ...(guardrailBlocks !== undefined && {
      GuardrailBlocks: {
        metric: chat.metricGuardrailBlocks(ONE_HOUR),
        above: guardrailBlocks,
        periods: 1,
        means: `The guardrail blocked more than ${guardrailBlocks} turns in an hour: an attack, or a policy that is too strict.`,
        next: 'see in the access log whether one caller stands behind them; else look at the policy that was changed last.',
      },
    }),
  };
}

/** The share of turns that failed, in percent. */
export function failedTurns({ chat }: Pick<ChatSignals, 'chat'>): MathExpression {
  return failedShare({ called: TURNS, answered: (options) => chat.metricTurns(options), failed: (options) => chat.metricErrors(options) });
}
