import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IConstruct } from 'constructs';
import { type AskedHook, type HooksPolicy } from '../contract/chat-hooks';
import { requireDuration, requireMade } from '../internal/validation';

/** What becomes of a turn when a function that it waits for gives no good answer in time. */
export enum HookFailureMode {
  /** The turn is refused, with the status 502 or 503. */
  REFUSE = 'refuse',
  /** The turn goes on as if there were no hook. */
  GO_ON = 'goOn',
}

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
   * Told of every turn when it has ended.
   *
   * @default - nobody is told
   */
  readonly after?: AfterTurnHook;
}

const TIMEOUT = Duration.seconds(5);
const SHORTEST = Duration.seconds(1);
const LONGEST = Duration.seconds(30);

/** What hooks must be by themselves. */
export function requireValidHooks(scope: IConstruct, { before, after }: ChatHooks): void {
  for (const [name, hook] of Object.entries({ before, after })) {
    requireMade(scope, `hooks.${name}.handler`, hook && (hook.handler ?? {}), 'grantInvoke', 'Function, such as new NodejsFunction(…)');
  }
  requireDuration(scope, 'hooks.before.timeout', before?.timeout, SHORTEST, LONGEST);
  requireDuration(scope, 'hooks.after.wait', after?.wait, SHORTEST, LONGEST);
}

/** Whether turns call functions at all. */
export function callsFunctions({ before, after }: ChatHooks): boolean {
  return before !== undefined || after !== undefined;
}

/** Lets a caller call the hooks' functions, and says how. */
export function bindHooks({ before, after }: ChatHooks, caller: IGrantable): HooksPolicy {
  return {
    ...(before && { before: { ...askedHook(before, caller), trusted: before.trusted ?? false } }),
    ...(after && { after: { functionArn: called(after.handler, caller), timeoutMs: after.wait?.toMilliseconds() } }),
  };
}

function askedHook({ handler, timeout = TIMEOUT, failure = HookFailureMode.REFUSE }: BeforeTurnHook, caller: IGrantable): AskedHook {
  return { functionArn: called(handler, caller), timeoutMs: timeout.toMilliseconds(), failure };
}

/** The very function, version or alias that is given: the L2's own grant takes in every version. */
function called({ functionArn }: IFunction, grantee: IGrantable): string {
  Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [functionArn] });
  return functionArn;
}
