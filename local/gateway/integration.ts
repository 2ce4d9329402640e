import { proxyEvent } from './event';
import type { Exchange } from './exchange';
import { GatewayFailure } from './failure';
import { MOCK, mock } from './mock';
import { identifying } from './respond';
import type { Failure } from '../lambda/frames';
import { type FunctionPool, THROTTLED } from '../lambda/pool';
import type { Sink } from '../lambda/process';
import { type HttpHead, MalformedAnswer, parseHead, StreamedAnswer } from '../lambda/streamed-answer';

/** Lambda takes no larger event in a synchronous call, and returns no larger buffered answer. */
const LAMBDA_LIMIT = 6 * 1024 * 1024;
/** Lets the method's integration answer. Rejects with the gateway's own error as long as nothing has been sent. */
export function integrate(exchange: Exchange, functionOf: (arn: string) => FunctionPool | undefined): Promise<void> {
  const { integration } = exchange.method!;
  if (integration.type === MOCK) return mock(exchange);
  if (integration.type !== 'AWS_PROXY') throw new GatewayFailure('API_CONFIGURATION_ERROR', { reason: `the local gateway has no integration of type ${integration.type}` });
  const pool = functionOf(integration.functionArn ?? '');
  if (!pool) throw new GatewayFailure('API_CONFIGURATION_ERROR', { reason: `the function ${integration.functionArn} does not run here` });

  const event = JSON.stringify(proxyEvent(exchange));
  if (Buffer.byteLength(event) > LAMBDA_LIMIT) throw new GatewayFailure('REQUEST_TOO_LARGE', { reason: 'the event is over the 6 MB that Lambda takes' });
  return new Promise((resolve, reject) => {
    const answer = integration.streams ? streamed(exchange) : new BufferedAnswer(exchange);
    let over = false;
    const finish = (failure?: GatewayFailure) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      exchange.integrationLatency ??= Date.now() - exchange.integrationStartedAt!;
      if (failure && !exchange.outgoing.headersSent) {
        reject(failure);
        return;
      }
      // Once the head is out, a cut connection is the only way to say that the answer is not whole.
      if (failure) exchange.outgoing.destroy();
      resolve();
    };
    const timer = setTimeout(() => finish(new GatewayFailure('INTEGRATION_TIMEOUT')), integration.timeoutMs);
    exchange.integrationStartedAt = Date.now();
    pool.invoke({
      event,
      traceId: exchange.traceId,
      sink: {
        data: (piece) => {
          if (over || exchange.outgoing.destroyed) return undefined;
          try {
            return answer.data(piece);
          } catch (error) {
            return finish(inGatewayWords(error));
          }
        },
        end: () => {
          if (over) return;
          try {
            answer.end();
            finish();
          } catch (error) {
            finish(inGatewayWords(error));
          }
        },
        fail: (failure) => finish(gatewayFailure(failure)),
      },
    });
  });
}

function streamed(exchange: Exchange): StreamedAnswer {
  return new StreamedAnswer(exchange.outgoing, (head) => sendHead(exchange, head, {}), (bytes) => {
    exchange.responseBytes += bytes;
  });
}

/** Gathers an answer, then sends it whole. */
class BufferedAnswer implements Pick<Sink, 'data' | 'end'> {
  private readonly pieces: Buffer[] = [];
  private length = 0;

  constructor(private readonly exchange: Exchange) {}

  data(piece: Buffer): void {
    this.length += piece.length;
    if (this.length > LAMBDA_LIMIT) throw new MalformedAnswer('it is over the 6 MB that Lambda returns');
    this.pieces.push(piece);
  }

  end(): void {
    const answer = parseHead(Buffer.concat(this.pieces)) as HttpHead & { body?: string; isBase64Encoded?: boolean };
    if (answer.statusCode === undefined) throw new MalformedAnswer('it has no statusCode');
    const body = Buffer.from(answer.body ?? '', answer.isBase64Encoded ? 'base64' : 'utf8');
    sendHead(this.exchange, answer, { 'content-length': String(body.length) });
    this.exchange.responseBytes += body.length;
    this.exchange.outgoing.end(body);
  }
}

function sendHead(exchange: Exchange, head: HttpHead, extra: Record<string, string>): void {
  exchange.integrationLatency = Date.now() - exchange.integrationStartedAt!;
  exchange.integrationStatus = 200;
  const headers = new Map<string, string | string[]>(Object.entries({ ...identifying(exchange), 'X-Amzn-Trace-Id': exchange.traceId.split(';')[0] }));
  const set = (name: string, value: string | string[]) => {
    for (const known of headers.keys()) if (known.toLowerCase() === name.toLowerCase()) headers.delete(known);
    headers.set(name, value);
  };
  set('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(head.headers ?? {})) set(name, String(value));
  for (const [name, values] of Object.entries(head.multiValueHeaders ?? {})) set(name, values.map(String));
  if (head.cookies) set('Set-Cookie', [...head.cookies]);
  // How long the body is and how it travels is between the gateway and its client.
  for (const name of ['content-length', 'transfer-encoding', 'connection']) for (const known of [...headers.keys()]) if (known.toLowerCase() === name) headers.delete(known);
  for (const [name, value] of Object.entries(extra)) set(name, value);
  try {
    exchange.outgoing.writeHead(head.statusCode ?? 200, Object.fromEntries(headers));
  } catch (error) {
    throw new MalformedAnswer((error as Error).message);
  }
}

function inGatewayWords(error: unknown): GatewayFailure {
  if (!(error instanceof MalformedAnswer)) return error as GatewayFailure;
  return new GatewayFailure('DEFAULT_5XX', { status: 502, reason: `the handler's answer is malformed: ${error.message}` });
}

function gatewayFailure(failure: Failure): GatewayFailure {
  const reason = `${failure.errorType}: ${failure.errorMessage}`;
  if (failure.errorType === THROTTLED) return new GatewayFailure('API_CONFIGURATION_ERROR', { reason });
  return new GatewayFailure('DEFAULT_5XX', { status: 502, reason });
}
