import type { Bases } from './bases';
import { SIDECAR } from './metadata';
import type { Folder, Shelf } from '../desk/desk';
import type { Buckets } from '../s3/store';

/** Documents of knowledge bases, which know how far each has come. */
export class KnowledgeShelf implements Shelf {
  constructor(private readonly bases: Bases, private readonly buckets: Buckets) {}

  folders(): Folder[] {
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
}
