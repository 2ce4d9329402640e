import { cut } from './chunking';
import type { DataSource, KnowledgeBase } from './definition';
import type { KnowledgeFaults } from './faults';
import { type IndexedDocument, type IndexStore, keyOf } from './index-store';
import { type AccessEntry, type Metadata, requireStorable } from './metadata';
import { parse, Unreadable } from './parse';
import { transform, type TransformationPorts } from './transformation';
import { AwsFailure } from '../aws/failure';

/** What there is to index of a document. */
export interface Content {
  readonly name: string;
  readonly bytes: Buffer;
  readonly contentType?: string;
  readonly metadata: Metadata;
  /** Attributes that are embedded with the text. */
  readonly embedded?: Metadata;
  readonly access?: readonly AccessEntry[];
}

export interface IndexingPorts extends TransformationPorts {
  readonly base: KnowledgeBase;
  readonly store: IndexStore;
  readonly faults: KnowledgeFaults;
}

/**
 * Reads, cuts and embeds a document and puts it in the place of what was known of it; what cannot be indexed says why in its status, and leaves
 * nothing to be found. A call that a later one has overtaken changes nothing.
 */
export async function indexDocument(
  document: IndexedDocument, content: () => Content, source: DataSource, ports: IndexingPorts,
  { version = ++document.version, jobId }: { readonly version?: number; readonly jobId?: string } = {},
): Promise<void> {
  const { base, store, faults, role } = ports;
  const finish = (change: Pick<IndexedDocument, 'status' | 'reason' | 'chunks' | 'access'>) => {
    if (document.version === version) Object.assign(document, change, { updatedAt: new Date() });
  };
  try {
    if (faults.strikes('fail-document', { document: keyOf(document.identifier) })) throw new Unreadable('The document could not be indexed: an internal error occurred.');
    const { name, bytes, contentType, metadata, embedded = {}, access } = content();
    if (source.accessControl && !access) throw new Unreadable('The document has no access control list, and its data source asks for one.');
    if (source.parserModelArn) role.require({ action: 'bedrock:InvokeModel', resource: source.parserModelArn });
    const pieces = cut(parse(name, bytes, contentType), source.chunking);
    if (pieces.length === 0) throw new Unreadable('The document has no text.');
    const chunks = source.transformation ? await transform(pieces, base, source, { identifier: document.identifier, metadata, jobId }, ports) : pieces;
    requireStorable(base, metadata, chunks.reduce((longest, { text, parent = '' }) => [longest, text, parent].sort((a, b) => b.length - a.length)[0], ''));
    if (base.embeddingModelArn) role.require({ action: 'bedrock:InvokeModel', resource: base.embeddingModelArn });
    if (document.chunks.length > 0) mayUseStore(ports, 'delete');
    mayUseStore(ports, 'write');
    finish({ status: 'INDEXED', reason: undefined, access: source.accessControl ? access : undefined, chunks: store.chunksOf(document, chunks, metadata, Object.values(embedded).join(' ')) });
  } catch (error) {
    if (!(error instanceof Unreadable || error instanceof AwsFailure)) throw error;
    finish({ status: 'FAILED', reason: error.message, chunks: [] });
  }
}

/** Takes a document out of the index. */
export function forget(document: IndexedDocument, ports: IndexingPorts): void {
  document.version++;
  if (document.chunks.length > 0) mayUseStore(ports, 'delete');
  ports.store.delete(document);
}

export function mayUseStore({ base, role }: Pick<IndexingPorts, 'base' | 'role'>, what: 'create' | 'write' | 'delete' | 'read'): void {
  for (const { on, ...authorization } of base.storeAccess) if (on === what) role.require(authorization);
  const refusal = base.storeRefusal?.(what);
  if (refusal !== undefined) throw new AwsFailure('AccessDeniedException', 403, refusal);
}
