import { checked } from './checksum';
import { corsHeaders, type CorsRule } from './cors';
import { s3Failure } from './failure';
import { isForm, parseForm } from './form';
import { contentEncoding, payloadOf } from './payload';
import { requirePolicy, requirePresigned } from './signed';
import { Buckets, type LocalObject } from './store';
import { type Target, targetOf } from './target';
import { deleted, keysToDelete, listing } from './xml';
import type { Deployment } from '../assembly/deployment';
import { PARTITION } from '../assembly/identity';
import { AwsFailure, failureReply } from '../aws/failure';
import type { Authorization, AwsReply, AwsRequest, AwsService } from '../aws/service';

export interface S3 extends AwsService {
  /** What lies in the buckets, for services that read them in the name of a role. */
  readonly buckets: Buckets;
  /** Makes the buckets of a deployment. */
  createBuckets(deployment: Deployment): void;
  createBucket(name: string, cors?: readonly CorsRule[]): void;
  /** Puts a file where `cdk deploy` would upload it. */
  placeAsset(bucket: string, key: string, content: Buffer): void;
  /** Lets a page of this machine upload to every bucket, as the builder's own page may. */
  trust(origin: string): void;
}

/** Headers of an upload that are given back with the object. */
const KEPT = /^(content-type|content-disposition|content-language|cache-control|x-amz-meta-.+)$/;

/** What would change who may read an object, or how it is kept. */
const REFUSED = /^x-amz-(acl|grant-.+|copy-source|tagging|website-.+|object-lock-.+|storage-class|server-side-encryption-customer-.+|write-offset-bytes)$/;

/** S3, as far as handlers here use it: whole objects of one version in the buckets of the templates. */
export function s3(): S3 {
  const buckets = new Buckets();
  const rules = new Map<string, readonly CorsRule[]>();
  const trusted: CorsRule[] = [];

  const cors = ({ method, path, headers }: AwsRequest) => {
    const bucket = decodeURIComponent(path.split(/[/?]/)[1] ?? '');
    return corsHeaders([...rules.get(bucket) ?? [], ...trusted], method, headers);
  };

  const service: S3 = {
    name: 's3',
    buckets,

    scopeOf({ method, headers, body }) {
      if (method === 'OPTIONS' && headers['access-control-request-method'] !== undefined) return { accessKeyId: '', region: '', service: 's3' };
      if (method !== 'POST' || !isForm(headers)) return undefined;
      const [accessKeyId = '', , region = ''] = credentialOf(body, headers).split('/');
      return { accessKeyId, region, service: 's3' };
    },

    authorizations(request) {
      if (request.method === 'OPTIONS') return [];
      const target = targetOf(request);
      return authorizationsOf(target, request, buckets);
    },

    async handle(request) {
      const headers = cors(request);
      try {
        if (request.method === 'OPTIONS') {
          if (!headers) throw s3Failure('AccessDenied', 'CORSResponse: This CORS request is not allowed.');
          return { status: 200, headers };
        }
        requirePresigned(request);
        const reply = run(targetOf(request), request, buckets);
        return { ...reply, headers: { ...reply.headers, ...headers } };
      } catch (error) {
        if (!headers || !(error instanceof AwsFailure)) throw error;
        const reply = failureReply(request, error);
        return { ...reply, headers: { ...reply.headers, ...headers } };
      }
    },

    createBucket(name, corsRules = []) {
      buckets.create(name);
      rules.set(name, corsRules);
    },

    createBuckets(deployment) {
      for (const bucket of deployment.resources('AWS::S3::Bucket')) {
        const { CorsConfiguration: configuration } = deployment.properties(bucket) as { CorsConfiguration?: { CorsRules?: CorsRule[] } };
        service.createBucket(deployment.id(bucket), configuration?.CorsRules);
      }
    },

    placeAsset(bucket, key, content) {
      if (!buckets.has(bucket)) buckets.create(bucket);
      buckets.put(bucket, key, content, {});
    },

    trust(origin) {
      trusted.push({ AllowedOrigins: [origin], AllowedMethods: ['GET', 'HEAD', 'POST', 'PUT'], AllowedHeaders: ['*'], ExposedHeaders: ['ETag'] });
    },
  };
  return service;
}

function authorizationsOf({ operation, bucket, key, query }: Target, { body, headers }: AwsRequest, buckets: Buckets): Authorization[] {
  const bucketArn = `arn:${PARTITION}:s3:::${bucket}`;
  const on = (action: string, name: string): Authorization => ({ action: `s3:${action}`, resource: `${bucketArn}/${name}` });
  switch (operation) {
    case 'PutObject':
    case 'DeleteObject':
      return [on(operation, key)];
    case 'GetObject':
    case 'HeadObject':
      // Whether an object is missing is for those to know who may list the bucket; to all others it is forbidden.
      return [on('GetObject', key), ...(buckets.has(bucket) && !buckets.find(bucket, key) ? [{ action: 's3:ListBucket', resource: bucketArn }] : [])];
    case 'DeleteObjects':
      return keysToDelete(body).keys.map((name) => on('DeleteObject', name));
    case 'PostObject':
      return [on('PutObject', postedKey(parseForm(body, headers)))];
    case 'ListObjectsV2':
      return [{ action: 's3:ListBucket', resource: bucketArn, context: { 's3:prefix': query.get('prefix') ?? '' } }];
  }
}

function run({ operation, bucket, key, query }: Target, request: AwsRequest, buckets: Buckets): AwsReply {
  switch (operation) {
    case 'PutObject': {
      const { content, trailers } = payloadOf(request.body, request.headers);
      const kept = { ...facts(request.headers), ...checked(content, { ...request.headers, ...trailers }) };
      const encoding = contentEncoding(request.headers);
      const object = buckets.put(bucket, key, content, { ...kept, ...(encoding && { 'content-encoding': encoding }) }, {
        ifMatch: request.headers['if-match'], ifNoneMatch: request.headers['if-none-match'],
      });
      return { status: 200, headers: { etag: object.etag, ...checksums(object) } };
    }
    case 'PostObject': {
      const form = parseForm(request.body, request.headers);
      requirePolicy(form, bucket);
      const object = buckets.put(bucket, postedKey(form), form.file, facts(form.fields), {}, 'Post');
      return { status: form.fields.success_action_status === '201' ? 201 : 204, headers: { etag: object.etag } };
    }
    case 'GetObject':
    case 'HeadObject':
      return read(existing(buckets, bucket, key), request, query);
    case 'DeleteObject':
      buckets.delete(bucket, key);
      return { status: 204 };
    case 'DeleteObjects': {
      checked(request.body, request.headers);
      const { keys, quiet } = keysToDelete(request.body);
      keys.forEach((name) => buckets.delete(bucket, name));
      return xml(deleted(keys, quiet));
    }
    case 'ListObjectsV2':
      return xml(listing(bucket, buckets.list(bucket, query.get('prefix') ?? ''), query));
  }
}

function read(object: LocalObject, { method, headers }: AwsRequest, query: URLSearchParams): AwsReply {
  const { etag, content, modified } = object;
  if (headers['if-match'] !== undefined && headers['if-match'] !== '*' && headers['if-match'] !== etag) {
    throw s3Failure('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  if (headers['if-none-match'] === etag || headers['if-none-match'] === '*') return { status: 304, headers: { etag } };
  const overrides = [...query].filter(([name]) => name.startsWith('response-')).map(([name, value]) => [name.slice('response-'.length), value]);
  const kept = Object.fromEntries(Object.entries(object.headers).filter(([name]) => !name.startsWith('x-amz-checksum-')));
  const common = { 'content-type': 'binary/octet-stream', ...kept, ...Object.fromEntries(overrides), etag, 'last-modified': modified.toUTCString(), 'accept-ranges': 'bytes' };

  const range = rangeOf(headers.range, content.length);
  const part = range ? content.subarray(range.from, range.to + 1) : content;
  return {
    status: range ? 206 : 200,
    headers: {
      ...common,
      'content-length': String(part.length),
      ...(range ? { 'content-range': `bytes ${range.from}-${range.to}/${content.length}` } : headers['x-amz-checksum-mode'] && checksums(object)),
    },
    body: method === 'HEAD' ? undefined : part,
  };
}

/** The one range that S3 gives; what it cannot read it passes over, as HTTP has it. */
function rangeOf(header: string | undefined, length: number): { from: number; to: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  const from = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const to = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  if (from > to) throw s3Failure('InvalidRange', 'The requested range is not satisfiable');
  return { from, to };
}

function existing(buckets: Buckets, bucket: string, key: string): LocalObject {
  const object = buckets.find(bucket, key);
  if (!object) throw s3Failure('NoSuchKey', 'The specified key does not exist.');
  return object;
}

/** A form that cannot be read says nothing here; why is told once it is handled. */
function credentialOf(body: Buffer, headers: AwsRequest['headers']): string {
  try {
    return parseForm(body, headers).fields['x-amz-credential'] ?? '';
  } catch {
    return '';
  }
}

function postedKey({ fields, filename }: { fields: Readonly<Record<string, string>>; filename: string }): string {
  return (fields.key ?? '').replaceAll('${filename}', filename);
}

function facts(headers: Readonly<Record<string, string>>): Record<string, string> {
  const refused = Object.keys(headers).find((name) => REFUSED.test(name));
  if (refused !== undefined) throw s3Failure('NotImplemented', `the local S3 does not know '${refused}'`);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name)));
}

function checksums({ headers }: LocalObject): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-checksum-')));
}

function xml(body: string): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
