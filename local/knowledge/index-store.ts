import { createHash } from 'node:crypto';
import type { Piece } from './chunking';
import { embed, type Vector } from './embedding';
import type { AccessEntry, Metadata } from './metadata';
import { terms } from './words';

/** How the API names a document: by its URI, or by the id that its owner gave it. */
export interface DocumentIdentifier {
  readonly dataSourceType: 'S3' | 'CUSTOM';
  readonly s3?: { readonly uri: string };
  readonly custom?: { readonly id: string };
}

export type DocumentStatus = 'STARTING' | 'IN_PROGRESS' | 'INDEXED' | 'PARTIALLY_INDEXED' | 'FAILED' | 'IGNORED' | 'NOT_FOUND' | 'DELETING' | 'DELETE_IN_PROGRESS';

export interface Chunk {
  readonly id: string;
  readonly text: string;
  /** What is given back in its place. */
  readonly parent?: string;
  readonly page?: number;
  readonly vector: Vector;
  readonly terms: ReadonlyMap<string, number>;
  readonly length: number;
  readonly metadata: Metadata;
}

/** A document of a data source, with what can be found of it. */
export interface IndexedDocument {
  readonly dataSourceId: string;
  readonly identifier: DocumentIdentifier;
  status: DocumentStatus;
  reason?: string;
  updatedAt: Date;
  /** Tells a changed document or sidecar from one that is as it was. */
  fingerprint?: { readonly content: string; readonly metadata: string };
  /** Counts the calls that speak of it: an older one must not undo a newer. */
  version: number;
  chunks: readonly Chunk[];
  /** Whom it is shown to; absent shows it to everybody. */
  access?: readonly AccessEntry[];
}

export function keyOf({ s3, custom }: DocumentIdentifier): string {
  return s3 ? s3.uri : `custom:${custom?.id}`;
}

/** What one knowledge base has indexed, in memory. */
export class IndexStore {
  private readonly documents = new Map<string, IndexedDocument>();

  constructor(private readonly dimension: number) {}

  find(dataSourceId: string, identifier: DocumentIdentifier): IndexedDocument | undefined {
    return this.documents.get(`${dataSourceId} ${keyOf(identifier)}`);
  }

  /** The document as it is known, or a new one. */
  open(dataSourceId: string, identifier: DocumentIdentifier): IndexedDocument {
    const known = this.find(dataSourceId, identifier);
    if (known) return known;
    const document: IndexedDocument = { dataSourceId, identifier, status: 'STARTING', updatedAt: new Date(), version: 0, chunks: [] };
    this.documents.set(`${dataSourceId} ${keyOf(identifier)}`, document);
    return document;
  }

  delete({ dataSourceId, identifier }: IndexedDocument): void {
    this.documents.delete(`${dataSourceId} ${keyOf(identifier)}`);
  }

  of(dataSourceId: string): IndexedDocument[] {
    return [...this.documents.values()].filter((document) => document.dataSourceId === dataSourceId);
  }

  all(): IndexedDocument[] {
    return [...this.documents.values()];
  }

  /** Pieces as they are searched for. */
  chunksOf(document: IndexedDocument, pieces: readonly (Piece & { readonly metadata?: Metadata })[], metadata: Metadata, embedded: string): Chunk[] {
    return pieces.map((piece, at) => {
      const counts = new Map<string, number>();
      const words = terms(`${embedded} ${piece.text}`);
      for (const term of words) counts.set(term, (counts.get(term) ?? 0) + 1);
      return {
        id: createHash('sha256').update(`${document.dataSourceId} ${keyOf(document.identifier)} ${at}`).digest('hex').slice(0, 32),
        text: piece.text,
        parent: piece.parent,
        page: piece.page,
        vector: embed(`${embedded} ${piece.text}`, this.dimension),
        terms: counts,
        length: words.length,
        // What a function says of a chunk overrides what the document says.
        metadata: { ...metadata, ...piece.metadata },
      };
    });
  }
}
