import { type Duration } from 'aws-cdk-lib';
import { type AlarmsOptions } from '../observability';

/** When somebody is told that a chat is not well. */
export interface ChatAlarmsOptions extends AlarmsOptions {
  /**
   * Most turns that may fail, and most requests that the API may answer with a server error, in percent from 0 to 99, in two of three spans of five minutes.
   *
   * @default 5
   */
  readonly errorRate?: number;

  /**
   * How long 95 of 100 turns may wait for the first token of their answer, from 1 millisecond to 15 minutes, in three spans of five minutes.
   *
   * @default Duration.seconds(5)
   */
  readonly timeToFirstToken?: Duration;

  /**
   * How often the model may refuse a call for load in five minutes, a whole number from 0, in two of three spans.
   *
   * @default 10
   */
  readonly throttles?: number;

  /**
   * How far the cost of an hour may be above what is usual for the hour and the day of the week, in standard deviations from 1 to 10, in two hours on end.
   *
   * @default 3
   */
  readonly costDeviations?: number;

  /**
   * Most turns that the guardrail may block in an hour, a whole number from 0.
   *
   * @default - no alarm: what is usual is known after some weeks only
   */
  readonly guardrailBlocks?: number;
}
