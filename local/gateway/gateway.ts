import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RestApi } from './api';
import { Authorization, type AuthorizationOptions } from './authorization';
import { Exchange } from './exchange';
import { GatewayFailure } from './failure';
import { integrate } from './integration';
import { accessLine, respondWithFailure } from './respond';
import { route } from './routes';
import type { Usage } from './usage';
import { validate } from './validation';
import type { CloudLogs } from '../logs';

/** API Gateway takes no larger body. */
const BODY_LIMIT = 10 * 1024 * 1024;

export interface GatewayOptions extends AuthorizationOptions {
  readonly apis: readonly RestApi[];
  readonly usage: Usage;
  readonly logs: CloudLogs;
  /** Told why a request failed where its client only reads that it did. */
  onNotice?(line: string): void;
}

/** The REST APIs of a deployment, each under `/<stack>/<API's logical id>/<stage>`. */
export class Gateway {
  private readonly authorization: Authorization;

  constructor(private readonly options: GatewayOptions) {
    this.authorization = new Authorization(options);
  }

  /** Where an API answers, below the public address. */
  static basePath(api: RestApi): string {
    return `/${api.stackName}/${api.logicalId}/${api.stage}`;
  }

  /** Answers if the address belongs to one of the APIs. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    const [path, ...query] = (incoming.url ?? '/').split('?');
    const api = this.options.apis.find((candidate) => path === Gateway.basePath(candidate) || path.startsWith(`${Gateway.basePath(candidate)}/`));
    if (!api) return false;
    void this.exchange(new Exchange(api, incoming, outgoing, path.slice(Gateway.basePath(api).length) || '/', query.join('?')));
    return true;
  }

  private async exchange(exchange: Exchange): Promise<void> {
    const { outgoing, api } = exchange;
    outgoing.once('close', () => {
      if (api.accessLog) this.options.logs.add({ group: api.accessLog.group, kind: 'access', requestId: exchange.requestId, line: accessLine(api.accessLog.format, exchange) });
    });
    // A client that hangs up is no event; the function behind it runs on, as in AWS.
    outgoing.on('error', () => undefined);
    try {
      await this.answer(exchange);
    } catch (error) {
      const failure = error instanceof GatewayFailure ? error : new GatewayFailure('DEFAULT_5XX', { status: 500, reason: (error as Error).stack });
      if (failure.reason) this.options.onNotice?.(`${exchange.httpMethod} ${exchange.path}: ${failure.reason}`);
      if (outgoing.destroyed) return;
      if (outgoing.headersSent) outgoing.destroy();
      else respondWithFailure(exchange, failure);
    }
  }

  private async answer(exchange: Exchange): Promise<void> {
    const { api, incoming, outgoing } = exchange;
    const match = route(api, exchange.httpMethod, exchange.path);
    const body = await readBody(incoming);
    if (!body) {
      outgoing.setHeader('connection', 'close');
      throw new GatewayFailure('REQUEST_TOO_LARGE');
    }
    if (!match) throw new GatewayFailure('MISSING_AUTHENTICATION_TOKEN');
    const { method } = match;
    exchange.body = body;
    exchange.method = method;
    exchange.resourceId = match.resourceId;
    exchange.pathParameters = match.pathParameters;

    exchange.caller = await this.authorization.authorize(exchange, method);
    exchange.apiKeyId = this.options.usage.requireKey(exchange, method);
    this.options.usage.requireWithinRate(api, method);
    validate(exchange);
    await integrate(exchange, this.options.functionOf);
  }
}

/** The whole body, or undefined when it is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(incoming.headers['content-length'] ?? 0) > BODY_LIMIT) {
    incoming.resume();
    return undefined;
  }
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming) {
    length += (piece as Buffer).length;
    if (length <= BODY_LIMIT) pieces.push(piece as Buffer);
  }
  return length > BODY_LIMIT ? undefined : Buffer.concat(pieces);
}
