import type { Writable } from 'node:stream';
import { type Arrival, type Call, traceOf } from './call';
import { ApiError, errorBody, NotFound, Unexpected } from './http';
import { describeCause, describeError, type Log } from './log';
import { close, tolerant, writeFrames } from './stream';
import { TRACE_HEADER } from '../../lib/contract/api';

export type Route = (call: Call) => Promise<Answer>;

export interface Answer {
  readonly status: number;
  /** A function where they are known only when the body begins. */
  readonly headers?: Headers | (() => Headers);
  readonly body: string | EventStream;
}

type Headers = Readonly<Record<string, string>>;

export interface EventStream {
  readonly frames: AsyncIterable<string>;
  readonly failure: (error: ApiError) => string;
}

/** Of an answer that is a stream of server-sent events, which no proxy may hold back. */
export const EVENT_STREAM_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;

export interface EndpointOptions {
  readonly corsOrigins: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly log: Log;
}

/** Answers one request, whichever way it came; it never rejects. */
export type Endpoint = (arrival: Arrival) => Promise<void>;

/** Room to say that time is up, before it is. */
const FAREWELL_MS = 1_500;

/** Room for the request's line in the log: a process that is stopped before it has written it leaves none. */
const LAST_LINE_MS = 300;

/** A transport has routed already: a route is found by its method and its resource, as `GET /v1/models`. */
export function endpoint(routes: Readonly<Record<string, Route>>, options: EndpointOptions): Endpoint {
  return async (arrival) => {
    const startedAt = Date.now();
    const { requestId, route, remaining } = arrival;
    const notes: Record<string, string | number | boolean | undefined> = { requestId, route, ...arrival.access };
    const deadline = new AbortController();
    const alarm = setTimeout(() => deadline.abort(), Math.max(0, remaining - FAREWELL_MS));
    // By hand, for a signal made of others is kept for as long as the longest of them lives, and a container's lives as long as its process.
    const hurry = () => deadline.abort();
    if (arrival.ending?.aborted) hurry();
    arrival.ending?.addEventListener('abort', hurry);
    const { signal } = deadline;
    const over = new AbortController();
    const end = setTimeout(() => over.abort(), Math.max(0, remaining - LAST_LINE_MS));
    const away = new AbortController();
    const works: Promise<unknown>[] = [];
    const trace = traceOf(arrival.headers);
    const headers = { 'x-request-id': requestId, ...(trace && { [TRACE_HEADER]: trace }), ...corsHeaders(arrival, options) };

    const respond = (status: number, more: Headers) => {
      notes.status = status;
      const stream = arrival.open(status, { ...headers, ...more });
      over.signal.addEventListener('abort', () => stream.destroy());
      return stream.once('close', () => away.abort());
    };
    const explain = (error: unknown) => {
      const known = error instanceof ApiError ? error : new Unexpected(requestId);
      if (known !== error) options.log.error('unexpected error', { requestId, ...describeError(error) });
      notes.errorCode = known.code ?? known.type;
      notes.cause = describeCause(known);
      // By its name: it comes out of a part, which has a class of its own.
      if (known.cause instanceof Error && known.cause.name === 'IssuerFailure') notes.reason = known.cause.message;
      return known;
    };

    try {
      const found = routes[route] ?? unknownRoute;
      // Nobody has to say who they are to hear that there is nothing.
      const { id: caller, claims } = found === unknownRoute ? NOBODY : await arrival.caller();
      if (arrival.access) notes.caller = caller;
      const answer = await found({
        requestId,
        runId: arrival.runId,
        caller,
        claims,
        path: arrival.path,
        query: arrival.query,
        headers: arrival.headers,
        body: arrival.body(),
        startedAt,
        until: startedAt + remaining,
        signal,
        away: away.signal,
        // Caught here and now: a failure that nobody has heard of by the end of the answer would end the process, and all that runs in it.
        outlast: (work) => works.push(work.catch(() => undefined)),
        note: (fields) => Object.assign(notes, fields),
      });
      await send(answer, respond, explain);
    } catch (error) {
      const known = explain(error);
      await send({ status: known.status, headers: { ...known.headers, ...JSON_HEADERS }, body: errorBody(known) }, respond, explain);
    } finally {
      await Promise.race([allOf(works), aborted(over.signal)]);
      clearTimeout(alarm);
      clearTimeout(end);
      arrival.ending?.removeEventListener('abort', hurry);
      options.log.info('request', { ...notes, durationMs: Date.now() - startedAt });
    }
  };
}

/** Work may leave more of it behind. */
async function allOf(works: Promise<unknown>[]): Promise<void> {
  while (works.length > 0) await Promise.allSettled(works.splice(0));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

type Respond = (status: number, headers: Headers) => Writable;

async function send(answer: Answer, respond: Respond, explain: (error: unknown) => ApiError): Promise<void> {
  const { status, headers = {}, body } = answer;
  const open = () => respond(status, typeof headers === 'function' ? headers() : headers);
  if (typeof body !== 'string') {
    return writeFrames(body.frames, { open, failure: (error) => body.failure(explain(error)) });
  }
  const stream = tolerant(open());
  stream.write(body);
  await close(stream);
}

export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } as const;

export function json(value: unknown, headers: Headers = {}): Answer {
  return { status: 200, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(value) };
}

function corsHeaders({ headers: { origin } }: Arrival, { corsOrigins, exposedHeaders }: EndpointOptions): Record<string, string> {
  if (origin === undefined || !corsOrigins.includes(origin)) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposedHeaders.join(','), 'vary': 'origin' };
}

const NOBODY = { id: '', claims: {} } as const;

async function unknownRoute(): Promise<never> {
  throw new NotFound(undefined, 'There is nothing at this address.', 'unknown_url');
}
