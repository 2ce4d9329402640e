import type { APIGatewayAuthorizerEvent } from 'aws-lambda';
import { SOCKET_TOKEN_PREFIX } from '../../lib/contract/chat-socket';

export interface AuthorizationRequest {
  /** Absent when the request carries no bearer token. */
  readonly token?: string;
  readonly methodArn: string;
  /** Whether a socket is opened: its door has to know when the token ends. */
  readonly socket: boolean;
}

/** Works for both kinds of Lambda authorizers of a REST API, and for those who open a socket. */
export function parseAuthorizationRequest(event: APIGatewayAuthorizerEvent): AuthorizationRequest {
  if (event.type === 'REQUEST' && event.methodArn.endsWith('/$connect')) return { token: socketToken(event.headers ?? {}), methodArn: event.methodArn, socket: true };
  const header = event.type === 'TOKEN' ? event.authorizationToken : bearerHeader(event.headers ?? {});
  const [, token] = /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(header?.trim() ?? '') ?? [];
  return { token, methodArn: event.methodArn, socket: false };
}

type Headers = Readonly<Record<string, string | undefined>>;

function bearerHeader(headers: Headers): string | undefined {
  return headerOf(headers, 'authorization');
}

/** Among the sub-protocols, where a browser can put it too. */
function socketToken(headers: Headers): string | undefined {
  const offered = headerOf(headers, 'sec-websocket-protocol')?.split(',').map((name) => name.trim()) ?? [];
  return offered.find((name) => name.startsWith(SOCKET_TOKEN_PREFIX))?.slice(SOCKET_TOKEN_PREFIX.length);
}

function headerOf(headers: Headers, wanted: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
}
