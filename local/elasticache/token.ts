import { createHash, createHmac } from 'node:crypto';
import { credentialScope } from '../aws/signature';

/** The secret that every function here signs with. */
const SECRET = 'local';
const LONGEST_SECONDS = 900;

export interface Connection {
  readonly accessKeyId: string;
  readonly region: string;
}

export interface TokenRules {
  /** @default 'elasticache' */
  readonly service?: 'elasticache' | 'memorydb';
  readonly now?: number;
}

/** Who asks to connect to a cache as a user, told by a token; an error says what is wrong with it, as ElastiCache never would. */
export function readToken(token: string, cache: string, user: string, { service = 'elasticache', now = Date.now() }: TokenRules = {}): Connection {
  const url = new URL(`http://${token}`);
  const query = url.searchParams;
  const scope = credentialScope({}, `/?${query.toString()}`);
  hold(scope?.service === service, `it is not signed for ${service}`);
  hold(url.host === cache && token.startsWith(`${cache}/?`), `it is for '${url.host}', not for the cache '${cache}'`);
  const resource = service === 'elasticache' ? 'ServerlessCache' : null;
  hold(query.get('Action') === 'connect' && query.get('ResourceType') === resource, `it does not ask to connect to ${resource ? 'a serverless cache' : 'a cluster'}`);
  hold(query.get('User') === user, `it is for the user '${query.get('User')}', who asks is '${user}'`);
  const seconds = Number(query.get('X-Amz-Expires'));
  hold(seconds > 0 && seconds <= LONGEST_SECONDS, `it is valid for ${seconds} seconds; ElastiCache takes ${LONGEST_SECONDS} at most`);
  hold(now < signedAt(query.get('X-Amz-Date') ?? '') + seconds * 1000, 'it has expired');
  hold(query.get('X-Amz-Signature') === signatureOf(query, cache), 'its signature is wrong');
  return scope;
}

function hold(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Error(`the token was not taken: ${problem}`);
}

function signedAt(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** Signature Version 4 of a request that carries everything in its query. */
function signatureOf(query: URLSearchParams, host: string): string {
  const words = [...query].filter(([name]) => name !== 'X-Amz-Signature').map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const request = ['GET', '/', words.join('&'), `host:${host}`, '', 'host', sha256('')].join('\n');
  const [, day, region, service] = (query.get('X-Amz-Credential') ?? '').split('/');
  const text = ['AWS4-HMAC-SHA256', query.get('X-Amz-Date'), `${day}/${region}/${service}/aws4_request`, sha256(request)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>((secret, word) => createHmac('sha256', secret).update(word).digest(), `AWS4${SECRET}`);
  return createHmac('sha256', key).update(text).digest('hex');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
