import type { Bases } from './bases';
import { SIDECAR } from './metadata';
import type { Buckets } from '../s3/store';

/** Documents of a bucket, as the page shows them. */
export interface DeskFolder {
  readonly bucket: string;
  readonly prefix: string;
  readonly documents: readonly { readonly key: string; readonly bytes: number; readonly status: string; readonly reason?: string }[];
}

/** What somebody at the page does with the documents of knowledge bases: as in S3's own console, past the policies of the stack. */
export class Desk {
  constructor(private readonly bases: Bases, private readonly buckets: Buckets) {}

  folders(): DeskFolder[] {
    return this.bases.all.flatMap(({ base: { sources }, store }) => sources.flatMap(({ id, bucket, prefixes: [prefix = ''] }) => {
      if (bucket === undefined || !this.buckets.has(bucket)) return [];
      const known = new Map(store.of(id).map((document) => [document.identifier.s3?.uri, document]));
      const lying = this.buckets.list(bucket, prefix).filter(([key]) => !key.endsWith(SIDECAR));
      const documents = lying.map(([key, { content }]) => {
        const { status = 'WAITING', reason } = known.get(`s3://${bucket}/${key}`) ?? {};
        return { key, bytes: content.length, status: status.toLowerCase(), ...(reason !== undefined && { reason }) };
      });
      // What was deleted and can still be found.
      const there = new Set(lying.map(([key]) => key));
      const leaving = [...known].flatMap(([uri = '', { chunks }]) => {
        const key = uri.slice(`s3://${bucket}/`.length);
        return chunks.length > 0 && !there.has(key) ? [{ key, bytes: 0, status: 'deleting' }] : [];
      });
      return [{ bucket, prefix, documents: [...documents, ...leaving] }];
    }));
  }

  upload(body: unknown): DeskFolder[] {
    const { bucket, key, content, contentType } = body as Readonly<Record<string, unknown>>;
    if (typeof content !== 'string') throw new Error("'content' must be the document's bytes in Base64");
    this.buckets.put(...this.place(bucket, key), Buffer.from(content, 'base64'), { 'content-type': typeof contentType === 'string' && contentType !== '' ? contentType : 'application/octet-stream' });
    return this.folders();
  }

  remove(body: unknown): DeskFolder[] {
    const { bucket, key } = body as Readonly<Record<string, unknown>>;
    this.buckets.delete(...this.place(bucket, key));
    return this.folders();
  }

  /** A document of one of the data sources, and nothing else that lies in S3. */
  private place(bucket: unknown, key: unknown): [string, string] {
    const folder = this.folders().find((one) => one.bucket === bucket);
    if (!folder) throw new Error(`'bucket' must be the bucket of a data source, got ${JSON.stringify(bucket)}`);
    if (typeof key !== 'string' || key === '' || !key.startsWith(folder.prefix)) throw new Error(`'key' must be a name that begins with '${folder.prefix}', got ${JSON.stringify(key)}`);
    return [folder.bucket, key];
  }
}
