import { createHash, createHmac } from 'node:crypto';
import { type CredentialScope, credentialScope } from './signature';

/** The secret that every function here signs with. */
const SECRET = 'local';
const LONGEST_SECONDS = 900;

export interface Proof extends CredentialScope {
  readonly query: URLSearchParams;
}

/**
 * What a token proves that is a signed request which is never sent, as databases and caches take them; an error says what is wrong with it, as they
 * never would. `host` is whom it has to be for, with a port where it names one.
 */
export function readProof(token: string, { service, host, whose }: Record<'service' | 'host' | 'whose', string>, now = Date.now()): Proof {
  const url = new URL(`http://${token}`);
  const query = url.searchParams;
  const scope = credentialScope({}, `/?${query.toString()}`);
  holdToken(scope?.service === service, `it is not signed for ${service}`);
  holdToken(url.host === host && token.startsWith(`${host}/?`), `it is for '${url.host}', not for ${whose} '${host}'`);
  const seconds = Number(query.get('X-Amz-Expires'));
  holdToken(seconds > 0 && seconds <= LONGEST_SECONDS, `it is valid for ${seconds} seconds; ${LONGEST_SECONDS} at most are taken`);
  holdToken(now < signedAt(query.get('X-Amz-Date') ?? '') + seconds * 1000, 'it has expired');
  holdToken(query.get('X-Amz-Signature') === signatureOf(query, host), 'its signature is wrong');
  return { ...scope, query };
}

export function holdToken(holds: boolean, problem: string): asserts holds {
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
