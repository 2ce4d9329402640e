import { type Duration } from 'aws-cdk-lib';
import { type AlarmsOptions } from '../observability';

/** When somebody is told that questions are not answered as they should be. */
export interface QueryAlarmsOptions extends AlarmsOptions {
  /**
   * Most questions that may fail, and most requests that the API may answer with a server error, in percent from 0 to 99, in two of three spans of five minutes.
   *
   * @default 5
   */
  readonly errorRate?: number;

  /**
   * How long 95 of 100 questions may wait for the first token of their answer, from 1 millisecond to 15 minutes, in three spans of five minutes.
   *
   * @default - 8 seconds; 30 where a query is written and run first
   */
  readonly timeToFirstToken?: Duration;

  /**
   * Most questions to which nothing may be found, in percent from 0 to 99, in an hour of at least 20 questions.
   *
   * @default - no alarm: what is usual is known after some weeks only
   */
  readonly emptyRetrievals?: number;
}

/** When somebody is told that a knowledge base of documents is not well. */
export interface RagAlarmsOptions extends QueryAlarmsOptions {
  /**
   * Most documents that may fail to be read in an hour, a whole number from 0.
   *
   * @default 0
   */
  readonly failedDocuments?: number;

  /**
   * How long a change of a document may wait to be read, from 5 minutes to 14 days.
   *
   * @default Duration.hours(1)
   */
  readonly staleness?: Duration;
}
