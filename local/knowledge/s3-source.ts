import type { DataSource } from './definition';
import type { Content } from './indexing';
import { readAccess, readSidecar, SIDECAR } from './metadata';
import { Unreadable } from './parse';
import { PARTITION } from '../assembly/identity';
import type { ServiceRole } from '../iam/service-role';
import type { Buckets } from '../s3/store';

/** A document as a bucket holds it. */
export interface SourceObject {
  readonly uri: string;
  readonly fingerprint: { readonly content: string; readonly metadata: string };
  read(): Content;
}

/** The documents of a data source, as its bucket and prefixes say; sidecars are not documents of their own. */
export function listDocuments(source: DataSource, buckets: Buckets, role: ServiceRole): { readonly documents: SourceObject[]; readonly sidecars: number } {
  const bucket = source.bucket ?? '';
  const prefixes = source.prefixes.length > 0 ? source.prefixes : [''];
  const found = new Map(prefixes.flatMap((prefix) => {
    role.require({ action: 's3:ListBucket', resource: `arn:${PARTITION}:s3:::${bucket}`, context: { 's3:prefix': prefix } });
    return buckets.list(bucket, prefix);
  }));
  const keys = [...found.keys()].filter((key) => !key.endsWith('/'));
  return {
    documents: keys.filter((key) => !key.endsWith(SIDECAR)).map((key) => findDocument(`s3://${bucket}/${key}`, buckets, role)!),
    sidecars: keys.filter((key) => key.endsWith(SIDECAR)).length,
  };
}

/** One document by its URI; undefined where there is no such object. */
export function findDocument(uri: string, buckets: Buckets, role: ServiceRole, sidecarUri = `${uri}${SIDECAR}`): SourceObject | undefined {
  const { bucket, key } = s3Location(uri);
  const object = buckets.has(bucket) ? buckets.find(bucket, key) : undefined;
  if (!object) return undefined;
  const beside = s3Location(sidecarUri);
  const sidecar = buckets.has(beside.bucket) ? buckets.find(beside.bucket, beside.key) : undefined;
  const may = (one: { bucket: string; key: string }) => role.require({ action: 's3:GetObject', resource: `arn:${PARTITION}:s3:::${one.bucket}/${one.key}` });
  return {
    uri,
    fingerprint: { content: object.etag, metadata: sidecar?.etag ?? '' },
    read() {
      may({ bucket, key });
      if (sidecar) may(beside);
      const { metadata, embedded } = sidecar ? readSidecar(sidecar.content) : { metadata: {}, embedded: {} };
      return { name: key, bytes: object.content, contentType: plainType(object.headers['content-type']), metadata, embedded, access: sidecar && readAccess(sidecar.content) };
    },
  };
}

export function s3Location(uri: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  if (bucket === undefined) throw new Unreadable(`'${uri}' is no S3 URI`);
  return { bucket, key };
}

/** What a client sends when it knows nothing says nothing. */
function plainType(contentType: string | undefined): string | undefined {
  return contentType === 'application/octet-stream' || contentType === 'binary/octet-stream' ? undefined : contentType;
}
