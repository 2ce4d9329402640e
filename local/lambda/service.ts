import { randomUUID } from 'node:crypto';
import type { Failure } from './frames';
import { THROTTLED, type FunctionPool } from './pool';
import type { Deployment } from '../assembly/deployment';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { AwsReply, AwsRequest, AwsService } from '../aws/service';

export interface LambdaServiceOptions {
  /** The function of an ARN, without a version. */
  functionOf(functionArn: string): FunctionPool | undefined;
  readonly deployment: Deployment;
  /** Told of events that were given up. */
  readonly onNotice: (line: string) => void;
  /** Takes an event that was given up, where its function has a queue for such. */
  readonly onDeadLetter?: (letter: DeadLetter) => void;
  /** What Lambda waits before it tries an event again: a minute and two there. @default 500 */
  readonly retryAfterMs?: number;
}

/** An event that a function did not take, and the queue that its template names for it. */
export interface DeadLetter {
  readonly queueArn: string;
  readonly functionArn: string;
  readonly event: string;
  readonly reason: string;
}

/** How a function takes events for which nobody waits. */
interface AsynchronousInvocation {
  readonly retries: number;
  readonly longestMs: number;
  readonly queueArn?: string;
}

const SYNCHRONOUS_BYTES = 6 * 1024 * 1024;
const ASYNCHRONOUS_BYTES = 1024 * 1024;
/** Lambda's own, where no EventInvokeConfig says otherwise. */
const ASYNCHRONOUS: AsynchronousInvocation = { retries: 2, longestMs: 6 * 60 * 60 * 1000 };

/** What other services of the cloud call functions by. */
export interface Invoker {
  /** Gives a function an event for which nobody waits; whether there is such a function. */
  invokeAsync(functionArn: string, event: string): boolean;
}

/** Lambda's `Invoke`, as functions call functions: for an answer, or as an event that is tried again when it fails. */
export function lambdaService(options: LambdaServiceOptions): AwsService & Invoker {
  const asynchronous = asynchronousInvocations(options.deployment);
  return {
    name: 'lambda',
    invokeAsync(functionArn, event) {
      const plain = functionArn.split(':').slice(0, 7).join(':');
      const pool = options.functionOf(plain);
      if (pool) void deliver(pool, { event, requestId: randomUUID() }, asynchronous.get(plain) ?? ASYNCHRONOUS, options);
      return pool !== undefined;
    },
    authorizations: (request) => [{ action: 'lambda:InvokeFunction', resource: invoked(request).resource }],
    async handle(request) {
      const { functionArn } = invoked(request);
      const pool = options.functionOf(functionArn);
      if (!pool) throw new AwsFailure('ResourceNotFoundException', 404, `Function not found: ${functionArn}`);
      const event = eventOf(request);
      const traceId = request.headers['x-amzn-trace-id'];
      switch (request.headers['x-amz-invocation-type'] ?? 'RequestResponse') {
        case 'DryRun':
          return { status: 204 };
        case 'Event':
          requireSize(event, ASYNCHRONOUS_BYTES);
          void deliver(pool, { event, traceId, requestId: randomUUID() }, asynchronous.get(functionArn) ?? ASYNCHRONOUS, options);
          return { status: 202 };
        default:
          requireSize(event, SYNCHRONOUS_BYTES);
          return answer(await call(pool, { event, traceId }));
      }
    },
  };
}

interface Delivery {
  readonly event: string;
  readonly requestId?: string;
  readonly traceId?: string;
}

/** What IAM sees is the name as it was called, a version or an alias with it. */
function invoked({ method, path }: AwsRequest): { resource: string; functionArn: string } {
  const url = new URL(path, 'http://lambda');
  const [, encoded] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.pathname) ?? [];
  if (method !== 'POST' || encoded === undefined) throw new AwsFailure('UnknownOperationException', 404, `the local Lambda only invokes functions, not ${method} ${url.pathname}`);
  const name = decodeURIComponent(encoded);
  const parts = (name.startsWith('arn:') ? name : arn('lambda', `function:${name.replace(/^\d{12}:(function:)?/, '')}`)).split(':');
  const functionArn = parts.slice(0, 7).join(':');
  const qualifier = parts[7] ?? url.searchParams.get('Qualifier');
  return { functionArn, resource: qualifier ? `${functionArn}:${qualifier}` : functionArn };
}

function eventOf({ body }: AwsRequest): string {
  const text = body.toString() || '{}';
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new AwsFailure('InvalidRequestContentException', 400, `Could not parse request body into json: ${(error as Error).message}`);
  }
}

function requireSize(event: string, most: number): void {
  const bytes = Buffer.byteLength(event);
  if (bytes > most) throw new AwsFailure('RequestTooLargeException', 413, `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${most} bytes)`);
}

type Outcome = { readonly payload: Buffer } | { readonly failure: Failure };

function call(pool: FunctionPool, { event, traceId, requestId }: Delivery): Promise<Outcome> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    pool.invoke({
      event,
      traceId,
      requestId,
      sink: {
        data: (piece) => { pieces.push(piece); },
        end: () => resolve({ payload: Buffer.concat(pieces) }),
        fail: (failure) => resolve({ failure }),
      },
    });
  });
}

/** A function that fails is no failure of the call: its error is the payload. */
function answer(outcome: Outcome): AwsReply {
  const headers = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' };
  if ('payload' in outcome) return { status: 200, headers, body: outcome.payload };
  if (outcome.failure.errorType === THROTTLED) throw new AwsFailure(THROTTLED, 429, outcome.failure.errorMessage);
  return { status: 200, headers: { ...headers, 'x-amz-function-error': 'Unhandled' }, body: JSON.stringify(outcome.failure) };
}

/** An event that fails comes again under the same words and the same id, and is given up in the end; one for which there is no room waits. */
async function deliver(pool: FunctionPool, delivery: Delivery, how: AsynchronousInvocation, options: LambdaServiceOptions): Promise<void> {
  const { onNotice, onDeadLetter, retryAfterMs = 500 } = options;
  const since = Date.now();
  for (let failures = 0; ;) {
    const outcome = await call(pool, delivery);
    if ('payload' in outcome || outcome.failure.errorType === 'Runtime.Stopped') return;
    if (outcome.failure.errorType !== THROTTLED) failures++;
    const tooOld = Date.now() - since >= how.longestMs;
    if (tooOld || failures > how.retries) {
      const reason = tooOld ? 'it became too old' : outcome.failure.errorType;
      onNotice(`local cloud: ${pool.lambda.name} failed an event ${failures} times, and it is given up: ${reason}`);
      if (how.queueArn) onDeadLetter?.({ queueArn: how.queueArn, functionArn: pool.lambda.arn, event: delivery.event, reason });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs * Math.max(1, failures)).unref());
  }
}

/** The queue of each function that takes what it fails, by the function's ARN. */
export function deadLetterQueues(deployment: Deployment): ReadonlyMap<string, string> {
  return new Map([...asynchronousInvocations(deployment)].flatMap(([functionArn, { queueArn }]) => (queueArn === undefined ? [] : [[functionArn, queueArn]])));
}

function asynchronousInvocations(deployment: Deployment): ReadonlyMap<string, AsynchronousInvocation> {
  const configs = deployment.resources('AWS::Lambda::EventInvokeConfig').map((config) => deployment.properties(config));
  return new Map(deployment.resources('AWS::Lambda::Function').map((resource) => {
    const config = configs.find(({ FunctionName }) => FunctionName === deployment.id(resource));
    const onFailure = (config?.DestinationConfig as { OnFailure?: { Destination?: string } } | undefined)?.OnFailure?.Destination;
    const deadLetters = (deployment.property(resource, 'DeadLetterConfig') as { TargetArn?: string } | undefined)?.TargetArn;
    return [deployment.attribute(resource, 'Arn'), {
      retries: Number(config?.MaximumRetryAttempts ?? ASYNCHRONOUS.retries),
      longestMs: config?.MaximumEventAgeInSeconds === undefined ? ASYNCHRONOUS.longestMs : Number(config.MaximumEventAgeInSeconds) * 1000,
      queueArn: onFailure ?? deadLetters,
    }];
  }));
}
