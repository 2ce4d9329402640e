import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Caller, Exchange } from './exchange';
import { GatewayFailure } from './failure';
import { ACCOUNT, REGION } from '../assembly/identity';

/** An IAM user of this machine, for APIs that want signed requests. */
export interface LocalIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly arn: string;
}

export type LocalIdentities = ReadonlyMap<string, LocalIdentity>;

const SERVICE = 'execute-api';
const CLOCK_SKEW_MS = 5 * 60 * 1000;

/** Checks a Signature Version 4 in the `Authorization` header against the local identities' secrets. */
export function verifySignature(exchange: Exchange, identities: LocalIdentities): Caller {
  const authorization = exchange.header('authorization');
  const [, accessKeyId, date, region, service, signedHeaders, signature] = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/
    .exec(authorization ?? '') ?? [];
  if (!accessKeyId) throw new GatewayFailure('MISSING_AUTHENTICATION_TOKEN');
  const identity = identities.get(accessKeyId);
  if (!identity) throw new GatewayFailure('INVALID_SIGNATURE', { message: 'The security token included in the request is invalid.' });
  if (region !== REGION || service !== SERVICE) throw new GatewayFailure('INVALID_SIGNATURE', { message: `Credential should be scoped to ${REGION} and ${SERVICE}.` });
  const time = exchange.header('x-amz-date') ?? '';
  requireRecent(time, date);

  const request = canonicalRequest(exchange, signedHeaders.split(';'));
  const text = ['AWS4-HMAC-SHA256', time, `${date}/${region}/${service}/aws4_request`, sha256(request)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${identity.secretAccessKey}`);
  if (!timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'))) throw new GatewayFailure('INVALID_SIGNATURE');
  return { principalId: identity.arn, identity: { accessKey: accessKeyId, accountId: ACCOUNT, caller: accessKeyId, user: accessKeyId, userArn: identity.arn } };
}

function requireRecent(time: string, date: string): void {
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(at) || !time.startsWith(date)) throw new GatewayFailure('INVALID_SIGNATURE', { message: 'Authorization header requires a valid X-Amz-Date.' });
  if (Math.abs(Date.now() - at) > CLOCK_SKEW_MS) throw new GatewayFailure('EXPIRED_TOKEN', { message: 'Signature expired' });
}

function canonicalRequest(exchange: Exchange, signedHeaders: string[]): string {
  const [path, query = ''] = (exchange.incoming.url ?? '/').split('?');
  const headers = signedHeaders.map((name) => `${name}:${sentHeader(exchange, name)}\n`).join('');
  const parameters = query.split('&').filter(Boolean).map((pair) => (pair.includes('=') ? pair : `${pair}=`)).sort();
  // Every service but S3 signs the path encoded once more than it is sent.
  const canonicalPath = path.split('/').map(encodeRfc3986).join('/');
  return [exchange.httpMethod, canonicalPath, parameters.join('&'), headers, signedHeaders.join(';'), exchange.header('x-amz-content-sha256') === 'UNSIGNED-PAYLOAD' ? 'UNSIGNED-PAYLOAD' : sha256(exchange.body)].join('\n');
}

/** As the client sent it, not as the gateway hands it on. */
function sentHeader(exchange: Exchange, name: string): string {
  const value = exchange.incoming.headers[name];
  return (Array.isArray(value) ? value.join(',') : value ?? '').trim().replace(/\s+/g, ' ');
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
