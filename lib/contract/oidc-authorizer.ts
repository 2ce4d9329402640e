/** Everything the OIDC authorizer reads from its environment. */
export const OIDC_AUTHORIZER_ENV = [
  /** The issuer, exactly as tokens say it in `iss`. */
  'ISSUER',
  /** Accepted values of `aud`, joined by commas. */
  'AUDIENCE',
] as const;

export type OidcAuthorizerEnv = Record<(typeof OIDC_AUTHORIZER_ENV)[number], string>;
