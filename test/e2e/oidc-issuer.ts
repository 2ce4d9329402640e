import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An OpenID Connect issuer as small as it may be: discovery, keys, and tokens signed by them. */
export class TestIssuer {
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly server: Server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') return response.end(JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/keys` }));
    return response.end(JSON.stringify({ keys: [{ ...this.keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] }));
  });

  get url() { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  async start() {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  token(claims: Record<string, unknown> = {}) {
    const now = Math.floor(Date.now() / 1000);
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${encode({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${encode({ iss: this.url, aud: 'chat', sub: 'ada', iat: now, exp: now + 600, ...claims })}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(this.keys.privateKey, 'base64url')}`;
  }
}
