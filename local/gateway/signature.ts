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

const CLOCK_SKEW_MS = 5 * 60 * 1000;

/** What a signature is made over. */
export type SignedRequest = Pick<Exchange, 'httpMethod' | 'incoming' | 'body' | 'header'>;

interface Signature {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** When it was made, and for how long it holds. */
  readonly time: string;
  readonly holdsMs: number;
}

/** Checks a Signature Version 4, in the `Authorization` header or in the query, against the local identities' secrets. */
export function verifySignature(request: SignedRequest, identities: LocalIdentities, wanted = 'execute-api'): Caller {
  const signed = inHeader(request) ?? inQuery(request);
  if (!signed) throw new GatewayFailure('MISSING_AUTHENTICATION_TOKEN');
  const { accessKeyId, date, region, service, signedHeaders, signature, time } = signed;
  const identity = identities.get(accessKeyId);
  if (!identity) throw new GatewayFailure('INVALID_SIGNATURE', { message: 'The security token included in the request is invalid.' });
  if (region !== REGION || service !== wanted) throw new GatewayFailure('INVALID_SIGNATURE', { message: `Credential should be scoped to ${REGION} and ${wanted}.` });
  requireRecent(signed);

  const text = ['AWS4-HMAC-SHA256', time, `${date}/${region}/${service}/aws4_request`, sha256(canonicalRequest(request, signedHeaders))].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${identity.secretAccessKey}`);
  if (!timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'))) throw new GatewayFailure('INVALID_SIGNATURE');
  return { principalId: identity.arn, identity: { accessKey: accessKeyId, accountId: ACCOUNT, caller: accessKeyId, user: accessKeyId, userArn: identity.arn } };
}

function inHeader(request: SignedRequest): Signature | undefined {
  const [, accessKeyId, date, region, service, signedHeaders, signature] = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/
    .exec(request.header('authorization') ?? '') ?? [];
  if (!accessKeyId) return undefined;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature, time: request.header('x-amz-date') ?? '', holdsMs: CLOCK_SKEW_MS };
}

/** As a presigned address has it: browsers cannot set headers when they open a socket. */
function inQuery({ incoming }: SignedRequest): Signature | undefined {
  const query = new URLSearchParams((incoming.url ?? '').split('?')[1]);
  const [, accessKeyId, date, region, service] = /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(query.get('X-Amz-Credential') ?? '') ?? [];
  const signature = query.get('X-Amz-Signature') ?? '';
  if (!accessKeyId || !/^[0-9a-f]{64}$/.test(signature)) return undefined;
  const holdsMs = Number(query.get('X-Amz-Expires') ?? 0) * 1000;
  return { accessKeyId, date, region, service, signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'), signature, time: query.get('X-Amz-Date') ?? '', holdsMs };
}

function requireRecent({ time, date, holdsMs }: Signature): void {
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(at) || !time.startsWith(date)) throw new GatewayFailure('INVALID_SIGNATURE', { message: 'The request requires a valid X-Amz-Date.' });
  if (at - Date.now() > CLOCK_SKEW_MS || Date.now() - at > holdsMs) throw new GatewayFailure('EXPIRED_TOKEN', { message: 'Signature expired' });
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const [path, query = ''] = (request.incoming.url ?? '/').split('?');
  const headers = signedHeaders.map((name) => `${name}:${sentHeader(request, name)}\n`).join('');
  const parameters = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature=')).map((pair) => (pair.includes('=') ? pair : `${pair}=`)).sort();
  // Every service but S3 signs the path encoded once more than it is sent.
  const canonicalPath = path.split('/').map(encodeRfc3986).join('/');
  const payload = request.header('x-amz-content-sha256') === 'UNSIGNED-PAYLOAD' ? 'UNSIGNED-PAYLOAD' : sha256(request.body);
  return [request.httpMethod, canonicalPath, parameters.join('&'), headers, signedHeaders.join(';'), payload].join('\n');
}

/** As the client sent it, not as the gateway hands it on. */
function sentHeader({ incoming }: SignedRequest, name: string): string {
  const value = incoming.headers[name];
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
