import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { BODY_BYTES, bodyTooLarge } from './call';
import { type Endpoint, JSON_HEADERS } from './endpoint';
import { ApiError, errorBody } from './http';
import { describeError, type Log } from './log';
import { routing } from './routing';
import { Line } from './socket-line';
import { parseSocketRequest, type SocketRequest } from './socket-request';
import { close, tolerant } from './stream';
import type { SocketCall } from '../../lib/contract/chat-socket';
import type { SocketRequests, Wire } from '../ports/socket';

export interface SocketPorts {
  readonly requests: SocketRequests;
  /** Opened with the first request. */
  readonly wire: () => Promise<Wire>;
  readonly log: Log;
  /** How long a client hears nothing before it is told that its answer is being worked on. @default 10 seconds */
  readonly silenceMs?: number;
}

type Handler = (call: SocketCall, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>) => Promise<void>;

/**
 * Requests of a WebSocket API, which its door has kept and handed on. Lambda hands an event on at least once, and again when a run of it dies:
 * whoever takes a request on is the only one ever to answer it. From there on an error is told to the client and is none of Lambda's, so nothing
 * is answered, and paid for, twice.
 */
export function webSocket(answer: Endpoint, routes: readonly string[], { requests, wire, log, silenceMs = 10_000 }: SocketPorts): Handler {
  const routed = routing(routes);
  let wired: Promise<Wire> | undefined;
  return async (call, context) => {
    const requestId = context.awsRequestId;
    const request = await requests.take(call, randomUUID());
    if (!request) return log.info('taken already', { requestId });
    const forgotten = requests.forget(call).catch((error: unknown) => log.error('a request is kept until its time is over', { requestId, ...describeError(error) }));

    const { post } = await (wired ??= wire());
    const lost = (error: unknown) => log.info('connection lost', { requestId, ...describeError(error) });
    const line = new Line((message) => post(request.connectionId, message), { id: call.id, silenceMs, lost });
    try {
      const asked = parsed(request.text);
      if (asked instanceof ApiError) return await refuse(line, asked, requestId, log);
      await answer({
        ...routed(asked.method, asked.path),
        requestId,
        runId: requestId,
        query: asked.query,
        headers: { ...asked.headers, 'x-amzn-trace-id': process.env._X_AMZN_TRACE_ID },
        access: { transport: 'webSocket' },
        remaining: context.getRemainingTimeInMillis(),
        caller: () => ({ id: call.owner, claims: request.claims }),
        body: () => sized(asked.body),
        open: (status, headers) => line.open(status, headers),
      });
    } finally {
      line.close();
      await forgotten;
    }
  };
}

function parsed(text: string): SocketRequest | ApiError {
  try {
    return parseSocketRequest(text);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

async function refuse(line: Line, error: ApiError, requestId: string, log: Log): Promise<void> {
  const stream = tolerant(line.open(error.status, { ...error.headers, ...JSON_HEADERS, 'x-request-id': requestId }));
  stream.write(errorBody(error));
  await close(stream);
  log.info('request', { requestId, status: error.status, errorCode: error.code ?? error.type });
}

function sized(body: string): string {
  if (Buffer.byteLength(body) > BODY_BYTES) throw bodyTooLarge();
  return body;
}
