import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError, JwksNotAvailableInCacheError, JwksValidationError, JwtBaseError } from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Tokens } from '../ports/tokens';

/** Tokens of an OpenID Connect issuer. Its keys are fetched once, and again when a token names one that is not among them. */
export function oidcTokens(issuer: string, audience: readonly string[]): Tokens {
  requireSafe(issuer);
  let ready: Promise<Verifier> | undefined;
  // An issuer that could not be asked is asked again with the next token.
  const verifier = () => (ready ??= createVerifier(issuer, audience).catch((error) => {
    ready = undefined;
    throw error;
  }));
  return {
    async verify(token) {
      const { verify } = await verifier();
      try {
        const claims = await verify(token);
        if (typeof claims.sub !== 'string' || claims.sub === '') return { genuine: false, reason: 'no subject' };
        // Without an end, a token that was stolen once would open the door for ever.
        if (claims.exp === undefined) return { genuine: false, reason: 'no expiry' };
        return { genuine: true, subject: claims.sub, claims };
      } catch (error) {
        if (!(error instanceof JwtBaseError) || aboutTheIssuer(error)) throw error;
        return { genuine: false, reason: error.name };
      }
    },
  };
}

interface Verifier {
  verify(token: string): Promise<Readonly<Record<string, unknown>>>;
}

async function createVerifier(issuer: string, audience: readonly string[]): Promise<Verifier> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovery = JSON.parse(Buffer.from(await fetchBytes(address)).toString('utf8')) as { issuer?: unknown; jwks_uri?: unknown };
  if (discovery.issuer !== issuer) throw new Error(`${address} speaks for another issuer`);
  if (typeof discovery.jwks_uri !== 'string') throw new Error(`${address} names no 'jwks_uri'`);
  requireSafe(discovery.jwks_uri);

  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: fetchBytes } });
  const verifier = JwtVerifier.create({ issuer, audience: [...audience], jwksUri: discovery.jwks_uri }, { jwksCache });
  // Fetched before any token is looked at: an issuer that is down must not make good tokens look bad.
  await verifier.hydrate();
  return { verify: (token) => verifier.verify(token) };
}

async function fetchBytes(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(3_000) });
  if (!response.ok) throw new FetchError(address, `status ${response.status}`);
  return response.arrayBuffer();
}

function aboutTheIssuer(error: JwtBaseError): boolean {
  return error instanceof FetchError || error instanceof JwksValidationError || error instanceof JwksNotAvailableInCacheError;
}

/** Keys that came over a line that anybody can write to prove nothing; on this machine's own loopback there is nobody. */
function requireSafe(address: string): void {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname))) return;
  throw new Error(`an issuer and its keys must be reached by https, got ${address}`);
}
