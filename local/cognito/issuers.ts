import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UserPools } from './pools';

/** The public keys of user pools, for those who verify tokens themselves: `/cognito/<pool>/.well-known/jwks.json`. */
export class Issuers {
  /** Turns the address of a pool's keys into that on this machine; its tokens go on to name the pool itself as their issuer. */
  static localKeys(text: string, door: string): string {
    return text.replace(/https:\/\/cognito-idp\.[a-z0-9-]+\.[a-z.]+\/([\w-]+)\/\.well-known\/jwks\.json/g, `${door}/cognito/$1/.well-known/jwks.json`);
  }

  constructor(private readonly pools: UserPools) {}

  /** Answers if the address is that of a pool's keys. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    const pool = /^\/cognito\/([\w-]+)\/\.well-known\/jwks\.json$/.exec(incoming.url ?? '')?.[1];
    if (pool === undefined) return false;
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.pools.ofArn(pool).jwks()));
    return true;
  }
}
