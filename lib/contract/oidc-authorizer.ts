/** Everything the OIDC authorizer reads from its environment. */
export const OIDC_AUTHORIZER_ENV = [
  /** The issuer, exactly as tokens say it in `iss`. */
  'ISSUER',
  /** Accepted values of `aud`, joined by commas; empty takes the tokens of every client. */
  'AUDIENCE',
  /** Where the issuer's keys are; empty asks the issuer. */
  'KEYS',
  /** The value that Cognito's `token_use` must have; empty for any. */
  'USE',
] as const;

export type OidcAuthorizerEnv = Record<(typeof OIDC_AUTHORIZER_ENV)[number], string>;
