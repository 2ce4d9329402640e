import type { Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { bodyOf, type Call, callerOf, headersOf, traceOf } from './call';
import { ApiError, errorBody, NotFound, Unexpected } from './http';
import { describeCause, describeError, type Log } from './log';
import { close, tolerant, writeFrames } from './stream';
import { type CallerSource, TRACE_HEADER } from '../../lib/contract/chat';

export type Route = (call: Call) => Promise<Answer>;

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | EventStream;
}

export interface EventStream {
  readonly frames: AsyncIterable<string>;
  readonly failure: (error: ApiError) => string;
}

export interface EndpointOptions {
  readonly caller: CallerSource;
  readonly corsOrigins: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly log: Log;
}

type Handler = (event: APIGatewayProxyEvent, response: Writable, context: Context) => Promise<void>;

/** Room to say that time is up, before it is. */
const FAREWELL_MS = 1_500;

/** API Gateway has routed already: a route is found by its method and its resource, as `GET /v1/models`. */
export function endpoint(routes: Readonly<Record<string, Route>>, options: EndpointOptions): Handler {
  return async (event, response, context) => {
    const startedAt = Date.now();
    const requestId = event.requestContext.requestId;
    const route = `${event.httpMethod} ${event.resource}`;
    const notes: Record<string, string | number | boolean | undefined> = { requestId, route };
    const remaining = context.getRemainingTimeInMillis();
    const deadline = new AbortController();
    const alarm = setTimeout(() => deadline.abort(), Math.max(0, remaining - FAREWELL_MS));
    const works: Promise<unknown>[] = [];
    const trace = traceOf(event);
    const headers = { 'x-request-id': requestId, ...(trace && { [TRACE_HEADER]: trace }), ...corsHeaders(event, options) };

    const respond = (status: number, more: Readonly<Record<string, string>>) => {
      notes.status = status;
      return awslambda.HttpResponseStream.from(response, { statusCode: status, headers: { ...headers, ...more } });
    };
    const explain = (error: unknown) => {
      const known = error instanceof ApiError ? error : new Unexpected(requestId);
      if (known !== error) options.log.error('unexpected error', { requestId, ...describeError(error) });
      notes.errorCode = known.code ?? known.type;
      notes.cause = describeCause(known);
      return known;
    };

    try {
      const answer = await (routes[route] ?? unknownRoute)({
        requestId,
        runId: context.awsRequestId,
        caller: callerOf(event, options.caller),
        path: event.pathParameters ?? {},
        query: event.queryStringParameters ?? {},
        headers: headersOf(event),
        body: bodyOf(event),
        startedAt,
        until: startedAt + remaining,
        signal: deadline.signal,
        outlast: (work) => works.push(work),
        note: (fields) => Object.assign(notes, fields),
      });
      await send(answer, respond, explain);
    } catch (error) {
      const known = explain(error);
      await send({ status: known.status, headers: { ...known.headers, ...JSON_HEADERS }, body: errorBody(known) }, respond, explain);
    } finally {
      await Promise.allSettled(works);
      clearTimeout(alarm);
      options.log.info('request', { ...notes, durationMs: Date.now() - startedAt });
    }
  };
}

type Respond = (status: number, headers: Readonly<Record<string, string>>) => Writable;

async function send(answer: Answer, respond: Respond, explain: (error: unknown) => ApiError): Promise<void> {
  const { status, headers = {}, body } = answer;
  if (typeof body !== 'string') {
    return writeFrames(body.frames, { open: () => respond(status, headers), failure: (error) => body.failure(explain(error)) });
  }
  const stream = tolerant(respond(status, headers));
  stream.write(body);
  await close(stream);
}

export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } as const;

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(value) };
}

function corsHeaders(event: APIGatewayProxyEvent, { corsOrigins, exposedHeaders }: EndpointOptions): Record<string, string> {
  const { origin } = headersOf(event);
  if (origin === undefined || !corsOrigins.includes(origin)) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposedHeaders.join(','), 'vary': 'origin' };
}

async function unknownRoute(): Promise<never> {
  throw new NotFound(undefined, 'There is nothing at this address.');
}
