import type { Exchange } from './exchange';

/** The event of a Lambda proxy integration. */
export function proxyEvent(exchange: Exchange): Record<string, unknown> {
  const binary = isBinary(exchange.api.binaryMediaTypes, exchange.header('content-type'));
  return {
    ...requestEvent(exchange),
    body: exchange.body.length === 0 ? null : exchange.body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary && exchange.body.length > 0,
  };
}

/** The part that a REQUEST authorizer's event has as well. */
export function requestEvent(exchange: Exchange): Record<string, unknown> {
  const multiHeaders = Object.fromEntries(exchange.headers);
  const multiQuery: Record<string, string[]> = {};
  for (const [name, value] of exchange.query) (multiQuery[name] ??= []).push(value);
  return {
    resource: exchange.method?.resourcePath,
    path: exchange.path,
    httpMethod: exchange.httpMethod,
    headers: lastOfEach(multiHeaders),
    multiValueHeaders: multiHeaders,
    queryStringParameters: nullIfEmpty(lastOfEach(multiQuery)),
    multiValueQueryStringParameters: nullIfEmpty(multiQuery),
    pathParameters: exchange.pathParameters,
    stageVariables: exchange.api.stageVariables,
    requestContext: exchange.requestContext(),
  };
}

/** Whether API Gateway hands a body of this type on as base64. */
export function isBinary(binaryMediaTypes: readonly string[], contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';')[0].trim().toLowerCase();
  return binaryMediaTypes.some((pattern) => pattern === '*/*' || pattern === type || (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1))));
}

function lastOfEach(values: Record<string, readonly string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all[all.length - 1]]));
}

function nullIfEmpty<T extends object>(values: T): T | null {
  return Object.keys(values).length > 0 ? values : null;
}
