import { createHash, createPublicKey, createSign, createVerify, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { REGION } from '../assembly/identity';

export type Claims = Readonly<Record<string, unknown>>;

export interface TokenOptions {
  /** @default 'id' */
  readonly use?: 'id' | 'access';
  /** Seconds from now; negative ones make an expired token. @default 24 hours, the longest that Cognito gives */
  readonly expiresIn?: number;
  /** Claims beyond the usual ones, or instead of them. */
  readonly claims?: Claims;
}

export type Verification =
  | { readonly claims: Claims }
  | { readonly refused: 'invalid' | 'expired' };

const DAY = 24 * 60 * 60;

/** One user pool: it signs tokens as Cognito does, and only its own pass. */
export class Issuer {
  readonly url: string;
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  private readonly keyId: string;

  /** @param attributes the pool's own: a user's value of each is its name and what the user's name ends with, such as `tenant-a` */
  constructor(readonly poolId: string, readonly clientId: string, private readonly attributes: readonly string[] = []) {
    this.url = `https://cognito-idp.${REGION}.amazonaws.com/${poolId}`;
    this.privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    this.publicKey = createPublicKey(this.privateKey);
    this.keyId = createHash('sha256').update(this.publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
  }

  /** What the pool's `/.well-known/jwks.json` holds. */
  jwks(): { keys: JsonWebKey[] } {
    return { keys: [{ ...this.publicKey.export({ format: 'jwk' }), kid: this.keyId, alg: 'RS256', use: 'sig' }] };
  }

  /** A token for a user, valid unless asked otherwise. */
  token(user: string, { use = 'id', expiresIn = DAY, claims = {} }: TokenOptions = {}): string {
    const now = Math.floor(Date.now() / 1000);
    // Signed in long enough ago that an expired token was once valid.
    const issuedAt = Math.min(now, now + expiresIn - 60);
    return this.sign({
      sub: userSub(user),
      iss: this.url,
      token_use: use,
      auth_time: issuedAt,
      iat: issuedAt,
      exp: now + expiresIn,
      ...(use === 'id'
        ? { 'aud': this.clientId, 'cognito:username': user, 'email': `${user}@example.com`, 'email_verified': true, ...this.own(user) }
        : { client_id: this.clientId, username: user, scope: 'aws.cognito.signin.user.admin' }),
      ...claims,
    });
  }

  /** Checks signature, issuer, expiry and use, as API Gateway's Cognito authorizer does. */
  verify(token: string, use: 'id' | 'access'): Verification {
    const refused = { refused: 'invalid' } as const;
    const [head, body, signature, ...more] = token.split('.');
    if (!head || !body || !signature || more.length > 0) return refused;
    const header = parse(head);
    const claims = parse(body);
    if (header?.alg !== 'RS256' || header.kid !== this.keyId || !claims) return refused;
    if (!createVerify('RSA-SHA256').update(`${head}.${body}`).verify(this.publicKey, signature, 'base64url')) return refused;
    if (claims.iss !== this.url || claims.token_use !== use || typeof claims.exp !== 'number') return refused;
    return claims.exp * 1000 <= Date.now() ? { refused: 'expired' } : { claims };
  }

  private own(user: string): Claims {
    return Object.fromEntries(this.attributes.map((name) => [`custom:${name}`, `${name}-${user.split('-').at(-1)}`]));
  }

  private sign(claims: Claims): string {
    const text = `${encode({ kid: this.keyId, alg: 'RS256' })}.${encode(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(this.privateKey, 'base64url')}`;
  }
}

/** A token that claims everything and proves nothing. */
export function unsignedToken(token: string): string {
  const [head, body] = token.split('.');
  return `${encode({ ...parse(head), alg: 'none' })}.${body}.`;
}

/** The same user has the same `sub` from start to start. */
export function userSub(user: string): string {
  const hex = createHash('sha256').update(`local user ${user}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function parse(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
