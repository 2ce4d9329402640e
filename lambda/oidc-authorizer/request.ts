import type { APIGatewayAuthorizerEvent } from 'aws-lambda';

export interface AuthorizationRequest {
  /** Absent when the request carries no bearer token. */
  readonly token?: string;
  readonly methodArn: string;
}

/** Works for both kinds of Lambda authorizers of a REST API. */
export function parseAuthorizationRequest(event: APIGatewayAuthorizerEvent): AuthorizationRequest {
  const header = event.type === 'TOKEN' ? event.authorizationToken : bearerHeader(event.headers ?? {});
  const [, token] = /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(header?.trim() ?? '') ?? [];
  return { token, methodArn: event.methodArn };
}

function bearerHeader(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
}
