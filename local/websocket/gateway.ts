import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocketServer } from 'ws';
import { type SocketApi, socketPath, type SocketRoute } from './api';
import { authorizeConnection } from './authorization';
import { Connection, SocketEvent } from './connection';
import { FrameSizes } from './frame-sizes';
import type { AuthorizationOptions } from '../gateway/authorization';
import { GatewayFailure } from '../gateway/failure';
import { accessLine } from '../gateway/respond';
import { Bucket } from '../gateway/usage';
import type { CloudLogs } from '../logs';

/** What API Gateway allows; tests make the times shorter. */
export const SOCKET_LIMITS = {
  frameBytes: 32 * 1024,
  messageBytes: 128 * 1024,
  idleMs: 10 * 60 * 1000,
  lifeMs: 2 * 60 * 60 * 1000,
  integrationMs: 29_000,
};

export type SocketLimits = typeof SOCKET_LIMITS;

export interface SocketGatewayOptions extends Pick<AuthorizationOptions, 'identities' | 'functionOf'> {
  readonly apis: readonly SocketApi[];
  readonly logs: CloudLogs;
  readonly limits?: Partial<SocketLimits>;
  /** Told why something failed where the client only reads that it did. */
  onNotice?(line: string): void;
}

interface FunctionAnswer {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const TOO_LARGE = 1009;
const GOING_AWAY = 1001;

/** The WebSocket APIs of a deployment, each under `/<stack>/<API's logical id>/<stage>`. */
export class SocketGateway {
  readonly limits: SocketLimits;
  private readonly connections = new Map<string, Connection>();
  private readonly buckets = new Map<SocketApi, Bucket>();
  /** The functions are about to be stopped: nobody is told of connections that end with them. */
  private stopped = false;

  constructor(private readonly options: SocketGatewayOptions) {
    this.limits = { ...SOCKET_LIMITS, ...options.limits };
  }

  /** Takes a connection in if its address belongs to one of the APIs. */
  handle(incoming: IncomingMessage, stream: Duplex, head: Buffer): boolean {
    const [path] = (incoming.url ?? '/').split('?');
    const api = this.options.apis.find((candidate) => path === socketPath(candidate) || path === `${socketPath(candidate)}/`);
    if (!api) return false;
    stream.on('error', () => undefined);
    void this.open(new Connection(api, incoming), stream, head);
    return true;
  }

  /** A connection of an API's stage that is still open. */
  find(apiId: string, stage: string, connectionId: string): Connection | undefined {
    const connection = this.connections.get(connectionId);
    return connection?.api.id === apiId && connection.api.stage === stage ? connection : undefined;
  }

  /** Sends a message to a client, as the backend asked. */
  post(connection: Connection, data: Buffer): void {
    if (data.length > this.limits.frameBytes) {
      connection.socket?.close(TOO_LARGE, 'Message too big');
      return;
    }
    this.send(connection, data.toString());
  }

  stop(): void {
    this.stopped = true;
    for (const { socket } of this.connections.values()) socket?.terminate();
  }

  private async open(connection: Connection, stream: Duplex, head: Buffer): Promise<void> {
    const event = new SocketEvent(connection, '$connect', 'CONNECT');
    try {
      const route = connection.api.routes.get('$connect');
      if (route) connection.caller = await authorizeConnection(connection, route, this.options);
      // The connection is known before its function runs, which may write to it as soon as it is open.
      this.connections.set(connection.id, connection);
      const answer = route ? await this.call(event, route, connection.handshake()) : {};
      if ((answer.statusCode ?? 200) >= 300) throw new GatewayFailure('ACCESS_DENIED', { status: answer.statusCode, message: answer.body ?? 'Forbidden' });
      event.status = 200;
      this.accept(connection, stream, head, answer);
    } catch (error) {
      this.connections.delete(connection.id);
      this.refuse(event, stream, this.failureOf(event, error));
    }
    this.log(event);
  }

  /** The library speaks the protocol; the sub-protocol is the function's to choose, as its answer's header says. */
  private accept(connection: Connection, stream: Duplex, head: Buffer, answer: FunctionAnswer): void {
    const chosen = Object.entries(answer.headers ?? {}).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1];
    const handleProtocols = () => chosen ?? false;
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: this.limits.messageBytes, handleProtocols });
    const sizes = new FrameSizes(this.limits.frameBytes);
    let tooLarge = !sizes.allows(head);
    server.handleUpgrade(connection.incoming, stream, head, (socket) => {
      connection.socket = socket;
      stream.prependListener('data', (bytes: Buffer) => {
        if (tooLarge || sizes.allows(bytes)) return;
        tooLarge = true;
        socket.close(TOO_LARGE, 'Message too big');
      });
      const life = setTimeout(() => socket.close(GOING_AWAY, 'Going away'), this.limits.lifeMs);
      this.watch(connection);
      socket.on('message', (data) => {
        if (!tooLarge) void this.message(connection, textOf(data));
      });
      socket.on('error', () => undefined);
      socket.once('close', (code, reason) => {
        clearTimeout(life);
        this.connections.delete(connection.id);
        void this.goodbye(connection, code, reason.toString());
      });
    });
  }

  private watch(connection: Connection): void {
    const { socket } = connection;
    const timer = setInterval(() => {
      if (Date.now() - connection.lastActiveAt >= this.limits.idleMs) socket?.close(GOING_AWAY, 'Going away');
    }, Math.min(1_000, this.limits.idleMs / 4));
    socket?.once('close', () => clearInterval(timer));
  }

  private async message(connection: Connection, body: string): Promise<void> {
    const { api } = connection;
    connection.lastActiveAt = Date.now();
    const route = api.routes.get(selected(api, body)) ?? api.routes.get('$default');
    const event = new SocketEvent(connection, route?.key ?? '$default', 'MESSAGE');
    try {
      if (!this.within(api)) throw new GatewayFailure('THROTTLED');
      if (!route) throw new GatewayFailure('RESOURCE_NOT_FOUND', { message: 'Forbidden' });
      const answer = await this.call(event, route, { body });
      event.status = answer.statusCode ?? 200;
      if (route.answers && answer.body) this.send(connection, answer.body);
    } catch (error) {
      const { message, status } = this.failureOf(event, error);
      event.status = status;
      this.send(connection, JSON.stringify({ message, connectionId: connection.id, requestId: event.requestId }));
    }
    this.log(event);
  }

  private async goodbye(connection: Connection, code: number, reason: string): Promise<void> {
    const route = connection.api.routes.get('$disconnect');
    if (!route || this.stopped) return;
    const event = new SocketEvent(connection, '$disconnect', 'DISCONNECT', { disconnectStatusCode: code, disconnectReason: reason });
    await this.call(event, route, {}).then(() => { event.status = 200; }, (error: unknown) => { event.status = this.failureOf(event, error).status; });
    this.log(event);
  }

  private async call(event: SocketEvent, route: SocketRoute, more: Record<string, unknown>): Promise<FunctionAnswer> {
    const pool = this.options.functionOf(route.functionArn ?? '');
    if (route.integrationType !== 'AWS_PROXY' || !pool) throw new GatewayFailure('API_CONFIGURATION_ERROR', { reason: `the route ${route.key} needs a function that runs here (${route.integrationType}, ${route.functionArn})` });
    const begun = Date.now();
    const pieces: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new GatewayFailure('INTEGRATION_TIMEOUT')), Math.min(route.timeoutMs, this.limits.integrationMs));
      pool.invoke({
        event: JSON.stringify({ ...more, requestContext: event.requestContext(), isBase64Encoded: false }),
        traceId: event.traceId,
        sink: {
          data: (piece) => { pieces.push(piece); },
          end: () => {
            clearTimeout(timer);
            resolve();
          },
          fail: ({ errorType, errorMessage }) => {
            clearTimeout(timer);
            reject(new GatewayFailure('DEFAULT_5XX', { status: 500, reason: `${errorType}: ${errorMessage}` }));
          },
        },
      });
    });
    event.integrationLatency = Date.now() - begun;
    return (JSON.parse(Buffer.concat(pieces).toString()) ?? {}) as FunctionAnswer;
  }

  private within(api: SocketApi): boolean {
    if (!api.throttle) return true;
    const bucket = this.buckets.get(api) ?? new Bucket(api.throttle);
    this.buckets.set(api, bucket);
    return bucket.take();
  }

  private send(connection: Connection, text: string): void {
    connection.lastActiveAt = Date.now();
    connection.socket?.send(text);
  }

  private refuse(event: SocketEvent, stream: Duplex, { status, message }: GatewayFailure): void {
    event.status = status;
    const body = JSON.stringify({ message, connectionId: event.connection.id, requestId: event.requestId });
    stream.end(`HTTP/1.1 ${status} ${status === 401 ? 'Unauthorized' : 'Refused'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
  }

  private failureOf(event: SocketEvent, error: unknown): GatewayFailure {
    const failure = error instanceof GatewayFailure ? error : new GatewayFailure('DEFAULT_5XX', { status: 500, reason: (error as Error).stack });
    event.error = failure.message;
    if (failure.reason) this.options.onNotice?.(`${event.type} ${event.routeKey}: ${failure.reason}`);
    return failure;
  }

  private log(event: SocketEvent): void {
    const { accessLog } = event.connection.api;
    if (accessLog) this.options.logs.add({ group: accessLog.group, kind: 'access', requestId: event.requestId, line: accessLine(accessLog.format, event) });
  }
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString();
}

/** The route that a message asks for, as `$request.body.action` says. */
function selected({ selection }: SocketApi, body: string): string {
  const path = /^\$request\.body\.([\w.]+)$/.exec(selection)?.[1];
  if (path === undefined) return '$default';
  try {
    const value = path.split('.').reduce<unknown>((object, key) => (object as Record<string, unknown> | undefined)?.[key], JSON.parse(body));
    return typeof value === 'string' && !value.startsWith('$') ? value : '$default';
  } catch {
    return '$default';
  }
}
