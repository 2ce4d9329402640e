import { Duration } from 'aws-cdk-lib';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IConstruct } from 'constructs';
import { askedHook, calledFunction, type HookFailureMode, requireFunction } from './hook-function';
import { type SentenceTransform } from './sentence-transform';
import { type HooksPolicy } from '../contract/chat-hooks';
import { requireDuration, requireMade } from '../internal/validation';

/** A function of yours that is asked before every turn. It may add to the prompt, rewrite the request's messages, or refuse the turn. */
export interface BeforeTurnHook {
  /** The function. It may be asked twice about one turn, when the network loses an answer. */
  readonly handler: IFunction;

  /**
   * How long the turn waits, from 1 to 30 seconds. What takes longer than ten is told within the stream, and no longer by the status of the answer.
   *
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;

  /**
   * What becomes of the turn when the function fails, is late, or answers what makes no sense.
   *
   * @default HookFailureMode.REFUSE
   */
  readonly failure?: HookFailureMode;

  /**
   * Whether what the function adds goes by the guardrail unseen. Say so only where all of it is your own.
   *
   * @default false
   */
  readonly trusted?: boolean;
}

/** A function of yours that is told of every turn when it has ended. */
export interface AfterTurnHook {
  /** The function. */
  readonly handler: IFunction;

  /**
   * How long the end of the answer waits for the function, from 1 to 30 seconds; whether it succeeds changes nothing for the client.
   *
   * @default - nobody waits: the function gets an event, and Lambda tries it again when it fails
   */
  readonly wait?: Duration;
}

/** Functions of yours that turns pass. */
export interface ChatHooks {
  /**
   * Asked before every turn.
   *
   * @default - nobody is asked
   */
  readonly before?: BeforeTurnHook;

  /**
   * Changes the sentences of answers on their way.
   *
   * @default - answers are told as the model gives them
   */
  readonly sentences?: SentenceTransform;

  /**
   * Told of every turn when it has ended.
   *
   * @default - nobody is told
   */
  readonly after?: AfterTurnHook;
}

const SHORTEST = Duration.seconds(1);
const LONGEST = Duration.seconds(30);

/** What hooks must be by themselves. */
export function requireValidHooks(scope: IConstruct, { before, sentences, after }: ChatHooks): void {
  if (before) requireFunction(scope, 'hooks.before.handler', before.handler);
  if (after) requireFunction(scope, 'hooks.after.handler', after.handler);
  requireMade(scope, 'hooks.sentences', sentences, '_bind', "SentenceTransform, such as SentenceTransform.replace([{ pattern: 'C-[0-9]{8}' }])");
  requireDuration(scope, 'hooks.before.timeout', before?.timeout, SHORTEST, LONGEST);
  requireDuration(scope, 'hooks.after.wait', after?.wait, SHORTEST, LONGEST);
}

/** Whether turns call functions at all. */
export function callsFunctions({ before, sentences, after }: ChatHooks): boolean {
  return before !== undefined || after !== undefined || sentences?._callsFunction === true;
}

/** Lets a caller call the hooks' functions, and says how. */
export function bindHooks(scope: IConstruct, { before, sentences, after }: ChatHooks, caller: IGrantable): HooksPolicy {
  return {
    ...(before && { before: { ...askedHook(before, caller), trusted: before.trusted ?? false } }),
    ...(sentences && { sentences: sentences._bind(scope, caller) }),
    ...(after && { after: { functionArn: calledFunction(after.handler, caller), timeoutMs: after.wait?.toMilliseconds() } }),
  };
}
