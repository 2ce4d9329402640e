import { Duration, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type QuerySessions } from './query-sessions';
import { type GenerationPolicy } from '../contract/chat';
import { fail, requireAtLeast, requireBetween, requireDuration, requireMade } from '../internal/validation';
import { type BoundModels } from '../model/bound-models';

/** How answers are written. */
export interface RagAnswering {
  /**
   * What the model is told before every question, such as whom it answers and in which tone. That it answers from the passages alone and cites them
   * it is told in any case.
   *
   * @default - nothing more
   */
  readonly systemPrompt?: string;

  /**
   * Most tokens of one answer, at least 1; the model's own limit always holds.
   *
   * @default 2048
   */
  readonly maxTokens?: number;

  /**
   * How freely the model picks its words, from 0 to 1; left out for models that do not take it.
   *
   * @default - the model's own
   */
  readonly temperature?: number;

  /**
   * The share of likely words that the model picks from, from 0 to 1; left out for models that do not take it.
   *
   * @default - the model's own
   */
  readonly topP?: number;

  /**
   * How long looking up and answering may take together, from 10 seconds to 15 minutes.
   *
   * @default Duration.minutes(2)
   */
  readonly timeout?: Duration;

  /**
   * Whether what was asked is remembered, so that a question can follow another by the id of its session.
   *
   * @default QuerySessions.none()
   */
  readonly sessions?: QuerySessions;
}

export const ANSWER_TIMEOUT = Duration.minutes(2);
const ANSWER_TOKENS = 2048;

/** What answering must be by itself. */
export function requireValidAnswering(scope: IConstruct, { systemPrompt, maxTokens, temperature, topP, timeout, sessions }: RagAnswering) {
  if (Token.isUnresolved(systemPrompt)) {
    fail(scope, "'answering.systemPrompt' must be known at synthesis, because it travels as a file beside the handler; got a value of the deployment, so write the text itself or read it from a file");
  }
  requireAtLeast(scope, 'answering.maxTokens', maxTokens, 1);
  requireBetween(scope, 'answering.temperature', temperature, 0, 1);
  requireBetween(scope, 'answering.topP', topP, 0, 1);
  requireDuration(scope, 'answering.timeout', timeout, Duration.seconds(10), Duration.minutes(15));
  requireMade(scope, 'answering.sessions', sessions, '_bind', 'QuerySessions, such as QuerySessions.dynamoDb()');
}

/** How the model writes, as the handler reads it; held to what the model can. */
export function answeringPolicy(scope: IConstruct, { maxTokens, temperature, topP }: RagAnswering, { name, outputTokens }: BoundModels): GenerationPolicy {
  if (maxTokens !== undefined && maxTokens > outputTokens) {
    fail(scope, `'answering.maxTokens' must be at most ${outputTokens}, the output limit of ${name}, got ${maxTokens}`);
  }
  return { maxTokens: maxTokens ?? Math.min(ANSWER_TOKENS, outputTokens), temperature, topP };
}
