import { matchesWildcard } from '../iam/policy';

/** A rule as a template writes it. */
export interface CorsRule {
  readonly AllowedOrigins?: readonly string[];
  readonly AllowedMethods?: readonly string[];
  readonly AllowedHeaders?: readonly string[];
  readonly ExposedHeaders?: readonly string[];
  readonly MaxAge?: number;
}

/** What a browser must read before it hands an answer to a page of another origin; nothing where no rule lets it. */
export function corsHeaders(rules: readonly CorsRule[], method: string, headers: Readonly<Record<string, string>>): Record<string, string> | undefined {
  const { origin } = headers;
  if (origin === undefined) return undefined;
  const asked = method === 'OPTIONS' ? headers['access-control-request-method'] ?? '' : method;
  const wanted = (headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim()).filter(Boolean);
  const rule = rules.find(({ AllowedOrigins = [], AllowedMethods = [], AllowedHeaders = [] }) =>
    AllowedOrigins.some((allowed) => matchesWildcard(allowed, origin))
    && AllowedMethods.includes(asked)
    && wanted.every((name) => AllowedHeaders.some((allowed) => matchesWildcard(allowed, name, { ignoreCase: true }))));
  if (!rule) return undefined;
  return {
    'access-control-allow-origin': rule.AllowedOrigins?.includes('*') ? '*' : origin,
    'access-control-allow-methods': (rule.AllowedMethods ?? []).join(', '),
    ...(wanted.length > 0 && { 'access-control-allow-headers': wanted.join(', ') }),
    ...(rule.ExposedHeaders && { 'access-control-expose-headers': rule.ExposedHeaders.join(', ') }),
    ...(rule.MaxAge !== undefined && { 'access-control-max-age': String(rule.MaxAge) }),
    'vary': 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}
