import type { Folder, FolderDocument, Shelf } from './desk';
import { DOCUMENT_STATES, type DocumentStateName } from '../../lib/contract/document-index';
import { METADATA_ENDING, type SyncedSource } from '../../lib/contract/document-sync';
import type { Indexes } from '../../lib/contract/reindexing';
import type { Deployment } from '../assembly/deployment';
import type { Tables } from '../dynamodb/service';
import type { Buckets } from '../s3/store';

/** Those that every document goes through; some are scanned on their way. */
const STAGES: readonly DocumentStateName[] = DOCUMENT_STATES.filter((state) => state !== 'scanning' && state !== 'failed' && state !== 'deleted');

/** What a document of an index is known by, as far as it is shown. */
interface Known {
  readonly state: DocumentStateName;
  readonly chunks?: number;
  readonly written?: number;
  readonly reason?: string;
  readonly failedBefore?: DocumentStateName;
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
    const known = await this.known(table, dataSourceId);
    const objects = this.buckets.list(bucket, prefix).filter(([key]) => !key.endsWith(METADATA_ENDING));
    const lying = new Map(objects.map(([key, { content }]) => [key, content.length]));
    const documents = [...lying].map(([key, bytes]) => ({ key, bytes, ...shown(known.get(key)) }));
    // What was deleted and can still be found.
    const leaving = [...known].filter(([key, { state }]) => !lying.has(key) && state !== 'deleted').map(([key]) => ({ key, bytes: 0, status: 'deleting' }));
    return [{ bucket, prefix, stages: STAGES, documents: [...documents, ...leaving] }];
  }

  /** Documents as the index has them that answers; before the first one does, as the one has them that is made. */
  private async known(table: string, source: string): Promise<Map<string, Known>> {
    const items = await this.tables.scan(table);
    const { answering, wanted } = (items.find(({ pk }) => pk === 'indexes')?.indexes ?? {}) as Partial<Indexes>;
    return new Map(items.filter(({ pk }) => isOf(String(pk), answering ?? wanted, source)).map((item) => [String(item.sk), item as unknown as Known]));
  }
}

/** Where each index has its documents: `documents#<index>.<store>#<source>`. */
function isOf(partition: string, index: string | undefined, source: string): boolean {
  return index !== undefined && partition.startsWith(`documents#${index}.`) && partition.endsWith(`#${source}`);
}

function shown(known: Known | undefined): Omit<FolderDocument, 'key' | 'bytes'> {
  if (!known || known.state === 'deleted') return { status: 'waiting' };
  const { state, chunks, written = 0, reason, failedBefore } = known;
  return {
    status: state,
    ...(chunks !== undefined && { chunks, written }),
    ...(state === 'chunked' && chunks && { progress: written / chunks }),
    ...(state === 'failed' && reason && { reason }),
    ...(state === 'failed' && failedBefore && { failedBefore }),
  };
}
