import type { SocketRoute } from './api';
import { type Connection, SocketEvent } from './connection';
import type { AuthorizationOptions } from '../gateway/authorization';
import { type AuthorizerAnswer, requireAllowed } from '../gateway/custom-authorizer';
import type { Caller } from '../gateway/exchange';
import { GatewayFailure } from '../gateway/failure';
import { verifySignature } from '../gateway/signature';

/** Finds out who opens a connection; nobody is asked again while it lasts. */
export async function authorizeConnection(connection: Connection, route: SocketRoute, options: Pick<AuthorizationOptions, 'identities' | 'functionOf'>): Promise<Caller> {
  switch (route.authorizationType) {
    case 'NONE': return {};
    case 'AWS_IAM': return verifySignature(connection, options.identities);
    case 'CUSTOM': return custom(connection, route, options);
    default: throw new GatewayFailure('AUTHORIZER_CONFIGURATION_ERROR', { reason: `a WebSocket API has no authorization of type ${route.authorizationType}` });
  }
}

async function custom(connection: Connection, { authorizer }: SocketRoute, { functionOf }: Pick<AuthorizationOptions, 'functionOf'>): Promise<Caller> {
  const pool = functionOf(authorizer?.functionArn ?? '');
  if (!authorizer || !pool) throw new GatewayFailure('AUTHORIZER_CONFIGURATION_ERROR', { reason: `the authorizer's function ${authorizer?.functionArn} does not run here` });
  if (authorizer.identitySource.some((source) => !read(connection, source))) throw new GatewayFailure('UNAUTHORIZED');
  const methodArn = connection.arn('$connect');
  const event = { type: 'REQUEST', methodArn, ...connection.handshake(), requestContext: new SocketEvent(connection, '$connect', 'CONNECT').requestContext() };
  const answer = await pool.call(event).then((bytes) => JSON.parse(bytes.toString()) as AuthorizerAnswer, (error: Error) => {
    if (error.message === 'Unauthorized') throw new GatewayFailure('UNAUTHORIZED');
    throw new GatewayFailure('AUTHORIZER_FAILURE', { reason: `${error.name}: ${error.message}` });
  });
  requireAllowed(answer, methodArn);
  const context = Object.fromEntries(Object.entries(answer.context ?? {}).map(([key, value]) => [key, String(value)]));
  return { principalId: answer.principalId, authorizer: { principalId: answer.principalId, integrationLatency: 0, ...context } };
}

function read(connection: Connection, source: string): string | undefined {
  const [, kind, name] = /^(?:method|route)\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  return kind === 'header' ? connection.header(name) : kind === 'querystring' ? connection.query.get(name) ?? undefined : undefined;
}
