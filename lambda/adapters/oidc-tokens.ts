import { JwtVerifier } from 'aws-jwt-verify';
import { JwksNotAvailableInCacheError, JwksValidationError, JwtBaseError } from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { TokenRules } from '../../lib/contract/api';
import { IssuerFailure, type Tokens } from '../ports/tokens';

/** Tokens of an OpenID Connect issuer. Its keys are fetched once, and again when a token names one that is not among them. */
export function oidcTokens(rules: TokenRules): Tokens {
  requireSafe(rules.issuer);
  let ready: Promise<Verifier> | undefined;
  // An issuer that could not be asked is asked again with the next token.
  const verifier = () => (ready ??= createVerifier(rules).catch((error) => {
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
        if (rules.use !== undefined && claims.token_use !== rules.use) return { genuine: false, reason: 'another use' };
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

async function createVerifier({ issuer, audience, keys }: TokenRules): Promise<Verifier> {
  const jwksUri = keys ?? await discoverKeys(issuer);
  requireSafe(jwksUri);
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: fetchBytes } });
  const verifier = JwtVerifier.create({ issuer, audience: audience ? [...audience] : null, jwksUri }, { jwksCache });
  // Fetched before any token is looked at: an issuer that is down must not make good tokens look bad.
  await verifier.hydrate();
  return { verify: (token) => verifier.verify(token) };
}

/** The issuer's own word on where its keys are. */
async function discoverKeys(issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovery = readDiscovery(address, await fetchBytes(address));
  if (discovery.issuer !== issuer) throw new IssuerFailure(`${address} speaks for another issuer`);
  if (typeof discovery.jwks_uri !== 'string') throw new IssuerFailure(`${address} names no 'jwks_uri'`);
  return discovery.jwks_uri;
}

async function fetchBytes(address: string): Promise<ArrayBuffer> {
  const { host } = new URL(address);
  try {
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(3_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.arrayBuffer();
  } catch (error) {
    throw new IssuerFailure(`the issuer's keys cannot be had from ${host}: ${reasonOf(error as Error)}`);
  }
}

/** fetch says "fetch failed" and hides why in the cause; a refusal on every address of a host has a code and no message. */
function reasonOf({ message, cause }: Error): string {
  const behind = cause as { readonly message?: string; readonly code?: string } | undefined;
  return behind?.message || behind?.code || message;
}

function readDiscovery(address: string, bytes: ArrayBuffer): { issuer?: unknown; jwks_uri?: unknown } {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as { issuer?: unknown; jwks_uri?: unknown };
  } catch {
    throw new IssuerFailure(`${address} holds no JSON`);
  }
}

function aboutTheIssuer(error: JwtBaseError): boolean {
  return error instanceof JwksValidationError || error instanceof JwksNotAvailableInCacheError;
}

/** Keys that came over a line that anybody can write to prove nothing; on this machine's own loopback there is nobody. */
function requireSafe(address: string): void {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname))) return;
  throw new Error(`an issuer and its keys must be reached by https, got ${address}`);
}
