import type { Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { bodyOf, type Caller, lowerCase } from './call';
import type { Endpoint } from './endpoint';
import { Unauthorized } from './http';
import { jsonOf } from './messages';
import type { CallerSource } from '../../lib/contract/api';

export type StreamingHandler<Event> = (event: Event, response: Writable, context: Context) => Promise<void>;

/** A REST API of API Gateway has routed, and found out who asks. */
export function restApi(answer: Endpoint, source: CallerSource): StreamingHandler<APIGatewayProxyEvent> {
  return (event, response, context) => answer({
    requestId: event.requestContext.requestId,
    runId: context.awsRequestId,
    route: `${event.httpMethod} ${event.resource}`,
    path: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    headers: lowerCase(event.headers),
    remaining: context.getRemainingTimeInMillis(),
    caller: () => callerOf(event, source),
    body: () => bodyOf(event),
    open: (statusCode, headers) => awslambda.HttpResponseStream.from(response, { statusCode, headers }),
  });
}

export function callerOf(event: APIGatewayProxyEvent, source: CallerSource): Caller {
  const { authorizer, identity } = event.requestContext;
  const callers: Record<CallerSource, unknown> = {
    cognito: authorizer?.claims?.sub,
    authorizer: authorizer?.principalId,
    iam: identity?.cognitoIdentityId || identity?.userArn,
    apiKey: identity?.apiKeyId,
    token: undefined,
    connection: undefined,
  };
  return { id: requireCaller(callers[source]), claims: (source === 'cognito' ? authorizer?.claims : source === 'authorizer' ? told(authorizer) : undefined) ?? {} };
}

/** What an authorizer says of the caller: API Gateway hands on texts only, so that all claims of a token come as one, `claims`. */
function told(authorizer: APIGatewayProxyEvent['requestContext']['authorizer']): Readonly<Record<string, unknown>> {
  const { claims, ...said } = authorizer ?? {};
  if (typeof claims !== 'string') return said;
  const parsed: unknown = jsonOf(claims);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed, ...said } : said;
}

export function requireCaller(caller: unknown): string {
  if (typeof caller !== 'string' || caller === '') throw new Unauthorized('The request does not say who is asking.');
  return caller;
}
