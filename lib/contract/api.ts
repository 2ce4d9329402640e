/**
 * cognito: `authorizer.claims.sub`. authorizer: `authorizer.principalId`. apiKey: `identity.apiKeyId`. token: the `sub` of a token that the
 * handler verifies itself, by `TokenRules`. connection: who was verified when the socket was opened, as its door kept it.
 *
 * iam: `identity.cognitoIdentityId` where an identity pool let the caller in, for all its people sign as one session of one role;
 * else `identity.userArn`, with the session's name where a role was assumed. People who come through IAM Identity Center share a role
 * and are told apart by nothing else. So a service that should find its conversations again has to keep its session's name, and whoever
 * may assume a role may name a session like another's: a trust policy that binds `sts:RoleSessionName` prevents it.
 */
export const CALLER_SOURCES = ['cognito', 'authorizer', 'iam', 'apiKey', 'token', 'connection'] as const;
export type CallerSource = (typeof CALLER_SOURCES)[number];

/** Which bearer tokens the handler takes where nothing in front of it verifies them. */
export interface TokenRules {
  /** The issuer, exactly as tokens name it in `iss`. */
  readonly issuer: string;
  /** Accepted values of `aud`; absent takes the tokens of every client. */
  readonly audience?: readonly string[];
  /** Where the issuer's keys are; absent asks the issuer. */
  readonly keys?: string;
  /** The value that Cognito's `token_use` must have. */
  readonly use?: string;
}

/** A route of an API, as API Gateway has it. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Whether a request may come without a body, where its method has one. */
  readonly bodiless?: boolean;
}

/** The namespace of every metric that handlers emit. */
export const METRICS_NAMESPACE = 'GenAIPatterns';

/** The header of every answer that names the request's trace: the id in the log, in the access log and in X-Ray. */
export const TRACE_HEADER = 'x-trace-id';

/** What a page of another origin may read of the headers of any API's answer. */
export const API_EXPOSED_HEADERS: string[] = ['x-request-id', TRACE_HEADER, 'retry-after'];

/** What a browser may send to any API: credentials of every kind of `ApiAuth`. */
export const API_CLIENT_HEADERS: string[] = ['authorization', 'content-type', 'x-api-key', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'];
