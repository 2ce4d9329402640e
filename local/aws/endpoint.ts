import { randomUUID } from 'crypto';
import * as http from 'http';
import * as http2 from 'http2';
import { AddressInfo } from 'net';
import { AwsFailure, ConnectionCut, failureReply } from './failure';
import { listenForBothProtocols } from './listener';
import { AwsReply, AwsRequest, AwsService, Authorization } from './service';
import { credentialScope } from './signature';
import { Denial, Principals } from '../iam/principals';

export interface AwsEndpointOptions {
  readonly services: readonly AwsService[];
  /** Who may do what; every call is decided here before a service sees it. */
  readonly principals: Principals;
  /** Told of each denied call, with the statement that would allow it. */
  readonly onDenied?: (denial: Denial) => void;
  /** Where refusals and crashes are written for the person at the terminal. @default - standard error */
  readonly onNotice?: (line: string) => void;
}

export interface AwsEndpoint {
  /** What `AWS_ENDPOINT_URL` must hold. */
  readonly url: string;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
}

/** One loopback port that answers as AWS does, for the services given. */
export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const notice = options.onNotice ?? ((line: string) => process.stderr.write(`${line}\n`));
  const listener = await listenForBothProtocols((request, response) => {
    void exchange(options, notice, request, response);
  });
  return { url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`, stop: () => listener.stop() };
}

type Incoming = http.IncomingMessage | http2.Http2ServerRequest;
type Outgoing = http.ServerResponse | http2.Http2ServerResponse;

async function exchange(options: AwsEndpointOptions, notice: (line: string) => void, incoming: Incoming, outgoing: Outgoing) {
  const hangUp = new AbortController();
  outgoing.once('close', () => hangUp.abort());
  const headers = readHeaders(incoming);
  try {
    const request = await readRequest(options.services, incoming, headers, hangUp.signal);
    await send(outgoing, await answer(options, notice, request), hangUp.signal);
  } catch (error) {
    // A caller that is gone wants no answer.
    if (hangUp.signal.aborted || (error as NodeJS.ErrnoException).code === 'ECONNRESET') return;
    if (!(error instanceof ConnectionCut)) notice(`local cloud: ${incoming.method} ${incoming.url} broke off: ${describe(error)}`);
    cut(outgoing);
  }
}

async function answer(options: AwsEndpointOptions, notice: (line: string) => void, request: AwsRequest): Promise<AwsReply> {
  try {
    if (!request.service) {
      throw new AwsFailure('MissingAuthenticationTokenException', 403,
        'Request is missing Authentication Token: the local cloud reads service and role from the Signature Version 4 credential scope');
    }
    const service = options.services.find(({ name, serves }) => name === request.service && (serves?.(request) ?? true));
    if (!service) {
      const known = options.services.map(({ name }) => name).sort().join(', ');
      throw new AwsFailure('UnknownOperationException', 404,
        `the local cloud has no service '${request.service}' (it has ${known}); asked for ${request.method} ${request.path}`);
    }
    for (const authorization of service.authorizations(request)) authorize(options, request, authorization);
    return await service.handle(request);
  } catch (error) {
    if (error instanceof ConnectionCut || request.signal.aborted) throw error;
    if (!(error instanceof AwsFailure)) notice(`local cloud: ${request.service} ${request.method} ${request.path} failed: ${describe(error)}`);
    const failure = error instanceof AwsFailure ? error
      : new AwsFailure('InternalServerException', 500, `the local ${request.service} failed: ${error instanceof Error ? error.message : String(error)}`);
    if (failure.code === 'UnknownOperationException') notice(`local cloud: refused, ${failure.message}`);
    // Handlers hide an outage from their callers; whoever started the local cloud must read why.
    if (failure === error && failure.status >= 500) notice(`local cloud: ${request.service} answers ${failure.code}: ${failure.message}`);
    return failureReply(request, failure);
  }
}

function authorize(options: AwsEndpointOptions, request: AwsRequest, authorization: Authorization) {
  const denial = options.principals.authorize(request, authorization);
  if (!denial) return;
  options.onDenied?.(denial);
  throw new AwsFailure('AccessDeniedException', 403, denial.message);
}

async function readRequest(services: readonly AwsService[], incoming: Incoming, headers: Record<string, string>, signal: AbortSignal): Promise<AwsRequest> {
  const path = incoming.url ?? '/';
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const request = { method: incoming.method ?? 'GET', path, headers, body: Buffer.concat(chunks) };
  const scope = credentialScope(headers, path) ?? services.map((service) => service.scopeOf?.(request)).find((found) => found !== undefined);
  return { accessKeyId: '', region: '', service: '', ...scope, ...request, signal };
}

function readHeaders(incoming: Incoming): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    // HTTP/2 keeps method, path and authority among the headers, under names with a colon.
    if (!name.startsWith(':') && value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return headers;
}

async function send(outgoing: Outgoing, reply: AwsReply, signal: AbortSignal) {
  const out = outgoing as http.ServerResponse;
  if (signal.aborted) return;
  out.writeHead(reply.status, { 'x-amzn-requestid': randomUUID(), ...reply.headers });
  if (reply.body === undefined || typeof reply.body === 'string' || Buffer.isBuffer(reply.body)) {
    out.end(reply.body);
    return;
  }
  for await (const chunk of reply.body) {
    if (signal.aborted) return;
    if (!out.write(chunk)) await drained(out, signal);
  }
  out.end();
}

function drained(out: http.ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      out.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    out.once('drain', done);
    signal.addEventListener('abort', done);
  });
}

function cut(outgoing: Outgoing) {
  // Over HTTP/2 other calls share the connection: only this stream is reset.
  if ('stream' in outgoing && outgoing.stream) outgoing.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  else outgoing.socket?.destroy();
}

function describe(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
