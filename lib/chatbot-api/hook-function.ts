import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IConstruct } from 'constructs';
import { type AskedHook } from '../contract/chat-hooks';
import { fail, requireMade } from '../internal/validation';

/** What becomes of a turn when a function that it waits for gives no good answer in time. */
export enum HookFailureMode {
  /** The turn is refused, with the status 502 or 503; one that has begun ends with the error. */
  REFUSE = 'refuse',
  /** The turn goes on as if there were no hook. */
  GO_ON = 'goOn',
}

const TIMEOUT = Duration.seconds(5);

export function requireFunction(scope: IConstruct, prop: string, handler: IFunction | undefined): void {
  if (handler === undefined || handler === null) fail(scope, `'${prop}' must be given, as in { handler: fn }, where fn is a new NodejsFunction(…) or another function`);
  requireMade(scope, prop, handler, 'grantInvoke', 'Function, such as new NodejsFunction(…)');
}

interface AskedFunction {
  readonly handler: IFunction;
  readonly timeout?: Duration;
  readonly failure?: HookFailureMode;
}

/** A function that a turn waits for. */
export function askedHook({ handler, timeout = TIMEOUT, failure = HookFailureMode.REFUSE }: AskedFunction, caller: IGrantable): AskedHook {
  return { functionArn: calledFunction(handler, caller), timeoutMs: timeout.toMilliseconds(), failure };
}

/** The very function, version or alias that is given: the L2's own grant takes in every version. */
export function calledFunction({ functionArn }: IFunction, grantee: IGrantable): string {
  Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [functionArn] });
  return functionArn;
}
