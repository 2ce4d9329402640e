import type { Exchange } from './exchange';
import type { GatewayFailure } from './failure';

/** Answers with one of the gateway's own errors, as the template words it. */
export function respondWithFailure(exchange: Exchange, failure: GatewayFailure): void {
  const { outgoing, api } = exchange;
  exchange.failure = failure;
  const own = api.responses.get(failure.type);
  const fallback = api.responses.get(failure.status >= 500 ? 'DEFAULT_5XX' : 'DEFAULT_4XX');
  const definition = own ?? fallback;
  const status = own?.status ?? fallback?.status ?? failure.status;
  outgoing.statusCode = status;
  const body = fill(definition?.template ?? '{"message":$context.error.messageString}', exchange);
  const headers: Record<string, string> = { ...identifying(exchange), 'x-amzn-ErrorType': failure.errorType, 'content-type': 'application/json' };
  for (const [name, source] of Object.entries(definition?.headers ?? {})) {
    const value = headerValue(source, exchange);
    if (value !== undefined) headers[name.replace(/^gatewayresponse\.header\./, '')] = value;
  }
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  exchange.responseBytes += Buffer.byteLength(body);
  outgoing.end(body);
}

/** Headers that API Gateway adds to every answer. */
export function identifying(exchange: Exchange): Record<string, string> {
  return { 'x-amzn-RequestId': exchange.requestId, 'x-amz-apigw-id': exchange.extendedRequestId };
}

/** One access log line. */
export function accessLine(format: string, exchange: Pick<Exchange, 'variable'>): string {
  return format.replace(VARIABLE, (_, name: string) => exchange.variable(name) ?? '-');
}

const VARIABLE = /\$context\.([A-Za-z][\w-]*(?:\.[A-Za-z][\w:-]*)*)/g;

function fill(template: string, exchange: Exchange): string {
  return template.replace(VARIABLE, (_, name: string) => exchange.variable(name) ?? '');
}

/** A literal in quotes, a `context` variable, or something of the request. */
function headerValue(source: string, exchange: Exchange): string | undefined {
  const literal = /^'(.*)'$/s.exec(source)?.[1];
  if (literal !== undefined) return literal;
  const [, kind, name] = /^(context|method\.request\.header|method\.request\.querystring|method\.request\.path|stageVariables)\.(.+)$/.exec(source) ?? [];
  switch (kind) {
    case 'context': return exchange.variable(name);
    case 'method.request.header': return exchange.header(name);
    case 'method.request.querystring': return exchange.query.get(name) ?? undefined;
    case 'method.request.path': return exchange.pathParameters?.[name];
    case 'stageVariables': return exchange.api.stageVariables?.[name];
    default: return undefined;
  }
}
