import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { SocketApi } from './api';
import { ACCOUNT, REGION } from '../assembly/identity';
import type { Caller } from '../gateway/exchange';

/** One client of a WebSocket API, from its first byte to its last. */
export class Connection {
  /** As API Gateway writes them: they end in `=`. */
  readonly id = `${randomBytes(11).toString('base64url')}=`;
  readonly connectedAt = Date.now();
  readonly body = Buffer.alloc(0);
  lastActiveAt = Date.now();
  caller: Caller = {};
  /** Once the handshake is over. */
  socket?: WebSocket;

  constructor(readonly api: SocketApi, readonly incoming: IncomingMessage) {}

  get httpMethod(): string {
    return 'GET';
  }

  get query(): URLSearchParams {
    return new URLSearchParams((this.incoming.url ?? '').split('?')[1]);
  }

  get sourceIp(): string {
    return this.incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  }

  get userAgent(): string | null {
    return this.incoming.headers['user-agent'] ?? null;
  }

  header(name: string): string | undefined {
    const value = this.incoming.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(',') : value;
  }

  arn(routeKey: string): string {
    return `arn:aws:execute-api:${REGION}:${ACCOUNT}:${this.api.id}/${this.api.stage}/${routeKey}`;
  }

  /** What only the first event and the authorizer's have: how the client asked for the connection. */
  handshake(): Record<string, unknown> {
    const headers = Object.fromEntries(pairs(this.incoming.rawHeaders));
    const query = Object.fromEntries(this.query);
    return {
      headers,
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      ...(this.query.size > 0 && {
        queryStringParameters: query,
        multiValueQueryStringParameters: Object.fromEntries([...this.query.keys()].map((name) => [name, this.query.getAll(name)])),
      }),
    };
  }
}

export type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/** One event on a connection, as the function, the access log and an error speak of it. */
export class SocketEvent {
  readonly requestId = `${randomBytes(10).toString('base64url')}=`;
  readonly messageId = randomUUID();
  readonly traceId = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=1`;
  readonly at = Date.now();
  status?: number;
  error?: string;
  integrationLatency?: number;

  constructor(readonly connection: Connection, readonly routeKey: string, readonly type: EventType, private readonly more: Record<string, unknown> = {}) {}

  requestContext(): Record<string, unknown> {
    const { connection: { api, caller, ...connection }, type } = this;
    return {
      routeKey: this.routeKey,
      ...(type === 'MESSAGE' && { messageId: this.messageId }),
      eventType: type,
      extendedRequestId: this.requestId,
      requestTime: new Date(this.at).toUTCString(),
      messageDirection: 'IN',
      stage: api.stage,
      connectedAt: connection.connectedAt,
      requestTimeEpoch: this.at,
      identity: {
        userAgent: this.connection.userAgent,
        sourceIp: this.connection.sourceIp,
        // Who signed is told once; what an authorizer said comes with every message.
        ...(type === 'CONNECT' && caller.identity),
      },
      requestId: this.requestId,
      domainName: `${api.id}.execute-api.${REGION}.amazonaws.com`,
      connectionId: connection.id,
      apiId: api.id,
      ...(caller.authorizer && { authorizer: caller.authorizer }),
      ...this.more,
    };
  }

  /** A `$context` variable; undefined when it has no value. */
  variable(name: string): string | undefined {
    const values: Record<string, unknown> = {
      ...this.requestContext(),
      'status': this.status,
      'error.messageString': this.error && JSON.stringify(this.error),
      'error.message': this.error,
      'integrationLatency': this.integrationLatency,
      'integration.latency': this.integrationLatency,
    };
    const value = name in values ? values[name] : name.split('.').reduce<unknown>((object, key) => (object as Record<string, unknown> | null | undefined)?.[key], values);
    return value === undefined || value === null ? undefined : typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, at): [string, string] => [flat[at * 2], flat[at * 2 + 1]]);
}
