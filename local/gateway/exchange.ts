import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Method, RestApi } from './api';
import type { GatewayFailure } from './failure';
import { ACCOUNT, REGION } from '../assembly/identity';

/** Who a request turned out to be. */
export interface Caller {
  readonly principalId?: string;
  /** What the handler reads as `requestContext.authorizer`. */
  readonly authorizer?: Readonly<Record<string, unknown>>;
  /** What joins `requestContext.identity`. */
  readonly identity?: Readonly<Record<string, string>>;
  /** The API key's value, when the authorizer names it. */
  readonly usageKey?: string;
}

/** One request and what is known of it so far; access logs, gateway responses and the handler's event read from here. */
export class Exchange {
  readonly requestId = randomUUID();
  readonly extendedRequestId = randomBytes(11).toString('base64url') + '=';
  readonly startedAt = Date.now();
  readonly traceId = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=1`;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  body: Buffer = Buffer.alloc(0);
  method?: Method;
  resourceId?: string;
  pathParameters: Readonly<Record<string, string>> | null = null;
  caller: Caller = {};
  apiKeyId?: string;
  failure?: GatewayFailure;
  integrationStartedAt?: number;
  integrationLatency?: number;
  integrationStatus?: number;
  responseBytes = 0;

  constructor(readonly api: RestApi, readonly incoming: IncomingMessage, readonly outgoing: ServerResponse, readonly path: string, query: string) {
    this.query = new URLSearchParams(query);
    const headers = new Map<string, string[]>();
    // As the client spelled them: API Gateway keeps the case.
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
      const name = spelling(headers, incoming.rawHeaders[at]);
      headers.set(name, [...(headers.get(name) ?? []), incoming.rawHeaders[at + 1]]);
    }
    headers.set('X-Amzn-Trace-Id', [this.traceId.split(';')[0]]);
    headers.set('X-Forwarded-For', [this.sourceIp]);
    headers.set('X-Forwarded-Port', ['443']);
    headers.set('X-Forwarded-Proto', ['https']);
    headers.set('Host', [this.domainName]);
    this.headers = headers;
  }

  get httpMethod(): string {
    return this.incoming.method ?? 'GET';
  }

  get sourceIp(): string {
    return this.incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  }

  get domainName(): string {
    return `${this.api.id}.execute-api.${REGION}.amazonaws.com`;
  }

  /** The last value of a header, whatever its case. */
  header(name: string): string | undefined {
    for (const [key, values] of this.headers) if (key.toLowerCase() === name.toLowerCase()) return values[values.length - 1];
    return undefined;
  }

  /** `arn:aws:execute-api:…` of what is asked for. */
  get methodArn(): string {
    return `arn:aws:execute-api:${REGION}:${ACCOUNT}:${this.api.id}/${this.api.stage}/${this.httpMethod}/${this.path.slice(1)}`;
  }

  /** The event's `requestContext`. */
  requestContext(): Record<string, unknown> {
    const { api } = this;
    return {
      accountId: ACCOUNT,
      apiId: api.id,
      authorizer: this.caller.authorizer,
      domainName: this.domainName,
      domainPrefix: api.id,
      extendedRequestId: this.extendedRequestId,
      httpMethod: this.httpMethod,
      identity: {
        accessKey: null,
        accountId: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: this.sourceIp,
        user: null,
        userAgent: this.header('user-agent') ?? null,
        userArn: null,
        ...(this.apiKeyId ? { apiKeyId: this.apiKeyId, apiKey: this.header('x-api-key') ?? this.caller.usageKey } : {}),
        ...this.caller.identity,
      },
      path: `/${api.stage}${this.path}`,
      protocol: `HTTP/${this.incoming.httpVersion}`,
      requestId: this.requestId,
      requestTime: requestTime(this.startedAt),
      requestTimeEpoch: this.startedAt,
      resourceId: this.resourceId,
      resourcePath: this.method?.resourcePath,
      stage: api.stage,
    };
  }

  /** A `$context` variable; undefined when it has no value. */
  variable(name: string): string | undefined {
    const values: Record<string, unknown> = {
      ...this.requestContext(),
      'error.message': this.failure?.message,
      'error.messageString': this.failure && JSON.stringify(this.failure.message || null),
      'error.responseType': this.failure?.type,
      'error.validationErrorString': this.failure?.validation,
      'status': this.outgoing.statusCode,
      'responseLength': this.responseBytes,
      'responseLatency': Date.now() - this.startedAt,
      'integrationLatency': this.integrationLatency,
      'integration.latency': this.integrationLatency,
      'integration.status': this.integrationStatus,
      'integration.integrationStatus': this.integrationStatus,
      'integrationStatus': this.integrationStatus,
      'xrayTraceId': this.traceId.split(';')[0].slice('Root='.length),
      'authorizer.principalId': this.caller.principalId,
    };
    const value = name in values ? values[name] : name.split('.').reduce<unknown>((object, key) => (object as Record<string, unknown> | null | undefined)?.[key], values);
    return value === undefined || value === null ? undefined : typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}

/** The spelling under which a header was seen first, so that two spellings are one header. */
function spelling(headers: ReadonlyMap<string, unknown>, name: string): string {
  return [...headers.keys()].find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
}

/** Like `21/Nov/2026:01:20:03 +0000`. */
function requestTime(time: number): string {
  const [, day, month, year, clock] = new Date(time).toUTCString().replace(',', '').split(' ');
  return `${day}/${month}/${year}:${clock} +0000`;
}
