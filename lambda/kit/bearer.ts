import type { Caller } from './call';
import { ApiError, Unauthorized } from './http';
import type { Tokens } from '../ports/tokens';

/** Finds out who asks by the bearer token of a request, where nobody in front of the handler has. */
export async function bearerOf(headers: Readonly<Record<string, string | undefined>>, tokens: Tokens): Promise<Caller> {
  const [, token] = /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(headers.authorization?.trim() ?? '') ?? [];
  if (token === undefined) throw refused('Send your token in a header: \'authorization: Bearer <token>\'.');
  const verdict = await tokens.verify(token).catch((cause: unknown) => {
    const failure = new ApiError(503, 'server_error', 'Who calls could not be checked; try again.', { code: 'authorizer_failure', headers: { 'retry-after': '1' } });
    throw Object.assign(failure, { cause });
  });
  if (!verdict.genuine) throw refused('The token is not valid here, or no longer: sign in again.');
  return { id: verdict.subject, claims: verdict.claims };
}

function refused(message: string): Unauthorized {
  return new Unauthorized(message, { code: 'invalid_token', headers: { 'www-authenticate': 'Bearer' } });
}

/** Tokens whose verifier is loaded with the first of them. */
export function laterTokens(load: () => Promise<Tokens>): Tokens {
  let ready: Promise<Tokens> | undefined;
  return { verify: async (token) => (await (ready ??= load())).verify(token) };
}

/** Where no tokens were agreed on, none lets anybody in. */
export const noTokens: Tokens = { verify: async () => ({ genuine: false, reason: 'no tokens are taken' }) };
