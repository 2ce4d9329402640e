import { s3Failure } from './failure';
import type { AwsRequest } from '../aws/service';

export type Operation = 'PutObject' | 'GetObject' | 'HeadObject' | 'DeleteObject' | 'DeleteObjects' | 'ListObjectsV2' | 'PostObject';

/** What a request asks of which object. */
export interface Target {
  readonly operation: Operation;
  readonly bucket: string;
  /** Empty where the bucket is meant. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** Parameters that say who asks, by what client and how the answer shall be called; any other changes the operation. */
const HARMLESS = /^(x-id|X-Amz-.*|x-amz-.*|response-[a-z-]+|list-type|prefix|delimiter|max-keys|start-after|continuation-token|encoding-type|fetch-owner|delete)$/;

/** Paths are `/<bucket>/<key>`, as clients write them for an address that is a number. */
export function targetOf({ method, path }: Pick<AwsRequest, 'method' | 'path'>): Target {
  const [, bucket = '', key = ''] = /^\/([^/?]*)\/?([^?]*)/.exec(path) ?? [];
  const query = new URL(path, 'http://localhost').searchParams;
  const unknown = [...query.keys()].find((name) => !HARMLESS.test(name));
  const operation = operationOf(method, key !== '', query);
  if (!operation || unknown !== undefined || bucket === '') {
    throw s3Failure('NotImplemented', `the local S3 does not know ${method} ${key === '' ? 'of a bucket' : 'of an object'}${unknown === undefined ? '' : ` with '${unknown}'`}`);
  }
  return { operation, bucket: decodeURIComponent(bucket), key: decodeURIComponent(key), query };
}

function operationOf(method: string, object: boolean, query: URLSearchParams): Operation | undefined {
  if (object) return ({ PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' } as const)[method];
  if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
  if (method !== 'POST') return undefined;
  return query.has('delete') ? 'DeleteObjects' : 'PostObject';
}
