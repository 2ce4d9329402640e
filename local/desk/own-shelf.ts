import type { Folder, FolderDocument, Shelf } from './desk';
import type { DocumentStateName } from '../../lib/contract/document-index';
import { METADATA_ENDING, type SyncedSource } from '../../lib/contract/document-sync';
import type { Deployment } from '../assembly/deployment';
import type { Tables } from '../dynamodb/service';
import type { Buckets } from '../s3/store';

/** What a document of an index is known by, as far as it is shown. */
interface Known {
  readonly state: DocumentStateName;
  readonly chunks?: number;
  readonly written?: number;
  readonly reason?: string;
}

/** An index of the stack's own, by the environment of the function that keeps it. */
interface Index {
  readonly table: string;
  readonly sources: readonly SyncedSource[];
}

/** Documents of indexes of a stack's own, whose table says how far each has come. */
export class OwnShelf implements Shelf {
  private readonly indexes: readonly Index[];

  constructor(deployment: Deployment, private readonly tables: Tables, private readonly buckets: Buckets) {
    this.indexes = deployment.resources('AWS::Lambda::Function').flatMap((resource) => {
      const { Variables = {} } = (deployment.property(resource, 'Environment') ?? {}) as { Variables?: Readonly<Record<string, string>> };
      const { SOURCES, DOCUMENTS_TABLE, CHANGES_URL } = Variables;
      return SOURCES && DOCUMENTS_TABLE && CHANGES_URL ? [{ table: DOCUMENTS_TABLE, sources: JSON.parse(SOURCES) as SyncedSource[] }] : [];
    });
  }

  async folders(): Promise<Folder[]> {
    const folders = this.indexes.flatMap(({ table, sources }) => sources.map((source) => this.folder(table, source)));
    return (await Promise.all(folders)).flat();
  }

  private async folder(table: string, { dataSourceId, bucket = '', prefixes: [prefix] = [''] }: SyncedSource): Promise<Folder[]> {
    if (!this.buckets.has(bucket)) return [];
    const items = await this.tables.query(table, { pk: `documents#${dataSourceId}` });
    const known = new Map(items.map((item) => [String(item.sk), item as unknown as Known]));
    const objects = this.buckets.list(bucket, prefix).filter(([key]) => !key.endsWith(METADATA_ENDING));
    const lying = new Map(objects.map(([key, { content }]) => [key, content.length]));
    const documents = [...lying].map(([key, bytes]) => ({ key, bytes, ...shown(known.get(key)) }));
    // What was deleted and can still be found.
    const leaving = [...known].filter(([key, { state }]) => !lying.has(key) && state !== 'deleted').map(([key]) => ({ key, bytes: 0, status: 'deleting' }));
    return [{ bucket, prefix, documents: [...documents, ...leaving] }];
  }
}

function shown(known: Known | undefined): Pick<FolderDocument, 'status' | 'progress' | 'reason'> {
  if (!known || known.state === 'deleted') return { status: 'waiting' };
  const { state, chunks, written, reason } = known;
  return { status: state, ...(state === 'chunked' && chunks && { progress: (written ?? 0) / chunks }), ...(state === 'failed' && reason && { reason }) };
}
