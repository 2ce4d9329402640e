import type { APIGatewayProxyEventV2WithIAMAuthorizer } from 'aws-lambda';
import { bearerOf } from './bearer';
import { bodyOf, type Caller, lowerCase } from './call';
import type { Endpoint } from './endpoint';
import { requireCaller, type StreamingHandler } from './rest-api';
import { routing } from './routing';
import type { Tokens } from '../ports/tokens';

type Event = APIGatewayProxyEventV2WithIAMAuthorizer;

interface Signature {
  readonly userArn: string;
  readonly cognitoIdentity?: { readonly identityId?: string } | null;
}

/** Lambda's own URL of the function: nobody has routed, nobody keeps an access log, and who asks is known only where Lambda checked a signature. */
export function functionUrl(answer: Endpoint, routes: readonly string[], tokens?: Tokens): StreamingHandler<Event> {
  const routed = routing(routes);
  return (event, response, context) => {
    const { requestId, http: { method, path, sourceIp }, authorizer } = event.requestContext;
    const headers = lowerCase(event.headers);
    return answer({
      ...routed(method, event.rawPath ?? path),
      requestId,
      runId: context.awsRequestId,
      query: event.queryStringParameters ?? {},
      headers,
      access: { ip: sourceIp },
      remaining: context.getRemainingTimeInMillis(),
      caller: () => (tokens ? bearerOf(headers, tokens) : signer(authorizer?.iam)),
      body: () => bodyOf(event),
      open: (statusCode, more) => awslambda.HttpResponseStream.from(response, { statusCode, headers: more }),
    });
  };
}

/** Whom Lambda found to have signed the request; people of an identity pool share a role, and are told apart by their identity there. */
function signer(iam: Signature | undefined): Caller {
  return { id: requireCaller(iam?.cognitoIdentity?.identityId || iam?.userArn), claims: {} };
}
