import type { APIGatewayProxyEvent } from 'aws-lambda';
import { BadRequest, TooLarge, Unauthorized } from './http';
import type { CallerSource } from '../../lib/contract/chat';

/** One request, as a route sees it. */
export interface Call {
  /** What the answer and the log name; a caller may choose it. */
  readonly requestId: string;
  /** What Lambda calls this one run of the handler. */
  readonly runId: string;
  /** Who asks, as API Gateway verified it. */
  readonly caller: string;
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly startedAt: number;
  /** When Lambda stops this process. */
  readonly until: number;
  /** Aborted shortly before. */
  readonly signal: AbortSignal;
  /** Keeps the process until some work is done that the answer does not wait for; nobody hears of its failure. */
  outlast(work: Promise<unknown>): void;
  /** Adds to the request's line in the log. */
  note(fields: Readonly<Record<string, string | number | boolean | undefined>>): void;
}

/** API Gateway takes 10 MB and Lambda 6; a stored conversation and a model's window are far smaller. */
const BODY_BYTES = 4 * 1024 * 1024;

export function callerOf(event: APIGatewayProxyEvent, source: CallerSource): string {
  const { authorizer, identity } = event.requestContext;
  const callers: Record<CallerSource, unknown> = {
    cognito: authorizer?.claims?.sub,
    authorizer: authorizer?.principalId,
    iam: identity?.cognitoIdentityId || identity?.userArn,
    apiKey: identity?.apiKeyId,
  };
  const caller = callers[source];
  if (typeof caller !== 'string' || caller === '') throw new Unauthorized('The request does not say who is asking.');
  return caller;
}

export function headersOf(event: APIGatewayProxyEvent): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The id under which X-Ray knows the request. A caller may choose it, so only what looks like one is told on. */
export function traceOf(event: APIGatewayProxyEvent): string | undefined {
  return /Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(;|$)/.exec(headersOf(event)['x-amzn-trace-id'] ?? '')?.[1];
}

export function bodyOf(event: APIGatewayProxyEvent): string {
  const raw = event.body ?? '';
  const bytes = event.isBase64Encoded ? raw.length * 0.75 : Buffer.byteLength(raw);
  if (bytes > BODY_BYTES) throw new TooLarge('messages', 'The body must be at most 4 MiB: send fewer or shorter \'messages\'.');
  return event.isBase64Encoded ? decoded(raw) : raw;
}

function decoded(raw: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(raw, 'base64'));
  } catch {
    throw new BadRequest(undefined, 'The body must be UTF-8 text.');
  }
}
