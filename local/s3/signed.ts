import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { s3Failure } from './failure';
import type { Form } from './form';
import type { AwsRequest } from '../aws/service';

/** The secret that every function here signs with. */
const SECRET = 'local';

interface PostPolicy {
  readonly expiration?: string;
  readonly conditions?: readonly (readonly [string, unknown, unknown] | Readonly<Record<string, string>>)[];
}

/** Fields that a policy need not name. */
const FREE = ['x-amz-signature', 'file', 'policy', 'awsaccesskeyid'];

/** Holds a presigned URL to its time and its signature: whoever has one can do with it what it says, and nothing else. */
export function requirePresigned({ method, path, headers }: AwsRequest): void {
  const [rawPath, rawQuery = ''] = path.split('?');
  const query = new URLSearchParams(rawQuery);
  const signature = query.get('X-Amz-Signature');
  if (signature === null) return;
  const date = query.get('X-Amz-Date') ?? '';
  const until = timeOf(date) + Number(query.get('X-Amz-Expires')) * 1000;
  if (!(Date.now() < until)) throw s3Failure('AccessDenied', 'Request has expired');

  const signedHeaders = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const parameters = rawQuery.split('&').filter((pair) => !pair.startsWith('X-Amz-Signature=')).map((pair) => (pair.includes('=') ? pair : `${pair}=`)).sort();
  const request = [
    method, rawPath, parameters.join('&'), signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim()}\n`).join(''), signedHeaders.join(';'), 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = (query.get('X-Amz-Credential') ?? '').split('/').slice(1);
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), createHash('sha256').update(request).digest('hex')].join('\n');
  requireSignature(scope, text, signature);
}

/** Holds a form to the policy that was signed for it. */
export function requirePolicy({ fields, file }: Form, bucket: string): void {
  const encoded = fields.policy;
  if (!encoded) throw s3Failure('AccessDenied', 'The form has no policy, and nobody may upload without one.');
  requireSignature((fields['x-amz-credential'] ?? '').split('/').slice(1), encoded, fields['x-amz-signature'] ?? '');
  const policy = parsePolicy(encoded);
  if (!(Date.now() < Date.parse(policy.expiration ?? ''))) throw s3Failure('AccessDenied', 'Invalid according to Policy: Policy expired.');

  const named = new Set(FREE);
  const given: Readonly<Record<string, string>> = { ...fields, bucket };
  for (const condition of policy.conditions ?? []) {
    const [operator, subject, value] = Array.isArray(condition) ? condition as [string, unknown, unknown] : ['eq', `$${Object.keys(condition)[0]}`, Object.values(condition)[0]];
    if (operator === 'content-length-range') {
      if (file.length > Number(value)) throw s3Failure('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
      if (file.length < Number(subject)) throw s3Failure('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
      continue;
    }
    const name = String(subject).replace(/^\$/, '').toLowerCase();
    named.add(name);
    const actual = given[name] ?? '';
    const holds = operator === 'eq' ? actual === value : operator === 'starts-with' && actual.startsWith(String(value));
    if (!holds) throw s3Failure('AccessDenied', `Invalid according to Policy: Policy Condition failed: ${JSON.stringify([operator, `$${name}`, value])}`);
  }
  const extra = Object.keys(fields).find((name) => !named.has(name) && !name.startsWith('x-ignore-'));
  if (extra !== undefined) throw s3Failure('AccessDenied', `Invalid according to Policy: Extra input fields: ${extra}`);
}

function parsePolicy(encoded: string): PostPolicy {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString()) as PostPolicy;
  } catch {
    throw s3Failure('InvalidPolicyDocument', 'Invalid Policy: Invalid JSON.');
  }
}

function requireSignature(scope: readonly string[], text: string, signature: string): void {
  const key = scope.reduce<Buffer | string>((secret, part) => createHmac('sha256', secret).update(part).digest(), `AWS4${SECRET}`);
  const expected = createHmac('sha256', key).update(text).digest();
  const actual = Buffer.from(signature, 'hex');
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    throw s3Failure('SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided. Check your key and signing method.');
  }
}

function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
