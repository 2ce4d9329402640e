import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PassThrough, pipeline } from 'node:stream';
import { BODY_BYTES, type Call, type Caller } from './call';
import type { Endpoint } from './endpoint';
import { routing } from './routing';
import { CLIENT_HEADERS } from '../../lib/contract/chat';
import { HEALTH_PATH } from '../../lib/contract/container';

export interface HttpServerOptions {
  readonly routes: readonly string[];
  /** Who asks, and what a body says: by those who answer, for a part has errors of its own, which they would not know. */
  readonly identify: (headers: Call['headers']) => Promise<Caller>;
  readonly read: (body: Buffer | undefined) => string;
  readonly corsOrigins: readonly string[];
  readonly turnMs: number;
}

export interface HttpServer {
  readonly server: Server;
  /** Takes no more requests, and lets running ones go on for so long; then they are told to end. */
  drain(milliseconds: number): Promise<void>;
}

/** Room for turns that were told to end to say so and to be stored. */
const LAST_WORDS_MS = 5_000;

/** The chat as a server behind a load balancer: nobody has routed, nobody has checked a token, nobody answers browsers. */
export function httpServer(answer: Endpoint, { routes, identify, read, corsOrigins, turnMs }: HttpServerOptions): HttpServer {
  const routed = routing(routes);
  const running = new Set<Promise<void>>();
  const ending = new AbortController();
  let draining = false;

  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = incoming;
    const { pathname, searchParams } = new URL(url, 'http://task');
    if (pathname === HEALTH_PATH) return void outgoing.writeHead(draining ? 503 : 200, { 'content-type': 'text/plain' }).end(draining ? 'draining' : 'ok');
    if (method === 'OPTIONS') return void outgoing.writeHead(204, preflight(headers.origin, corsOrigins, routes)).end();

    const body = await bodyOf(incoming);
    const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]));
    await answer({
      ...routed(method, pathname),
      requestId: randomUUID(),
      runId: randomUUID(),
      query: Object.fromEntries(searchParams),
      headers: flat,
      access: { ip: clientOf(flat['x-forwarded-for'], incoming) },
      remaining: turnMs,
      ending: ending.signal,
      caller: () => identify(flat),
      body: () => read(body),
      open: (status, more) => {
        outgoing.writeHead(status, { ...more, ...((draining || !body) && { connection: 'close' }) });
        outgoing.flushHeaders();
        const answered = new PassThrough();
        // A caller who hangs up ends the writing, and nothing else.
        pipeline(answered, outgoing, () => undefined);
        return answered;
      },
    });
  };

  const server = createServer((incoming, outgoing) => {
    const work: Promise<void> = respond(incoming, outgoing).catch(() => void outgoing.destroy()).finally(() => running.delete(work));
    running.add(work);
  });
  // Longer than the load balancer keeps a connection: it must be the one that hangs up, or it sends a request into a closed one.
  server.keepAliveTimeout = turnMs + 60_000;
  server.requestTimeout = 60_000;

  return {
    server,
    drain: async (milliseconds) => {
      draining = true;
      server.close();
      server.closeIdleConnections();
      const time = setTimeout(() => ending.abort(), Math.max(0, milliseconds - LAST_WORDS_MS));
      while (running.size > 0) await Promise.allSettled(running);
      clearTimeout(time);
      server.closeAllConnections();
    },
  };
}

/** The whole body; undefined when it is too large to be read at all. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming) {
    length += (piece as Buffer).length;
    if (length <= BODY_BYTES) pieces.push(piece as Buffer);
    // Whoever sends far more than that does not read an answer before the end.
    if (length > 4 * BODY_BYTES) throw new Error('the body has no end');
  }
  return length > BODY_BYTES ? undefined : Buffer.concat(pieces);
}

/** The load balancer adds the address that it saw; what stands before is the client's own word. */
function clientOf(forwarded: string | undefined, { socket }: IncomingMessage): string | undefined {
  return forwarded?.split(',').at(-1)?.trim() || socket.remoteAddress;
}

function preflight(origin: string | undefined, origins: readonly string[], routes: readonly string[]): Record<string, string> {
  if (origin === undefined || !origins.includes(origin)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': [...new Set(routes.map((route) => route.split(' ')[0]))].join(','),
    'access-control-allow-headers': CLIENT_HEADERS.join(','),
    'access-control-max-age': '3600',
    'vary': 'origin',
  };
}
