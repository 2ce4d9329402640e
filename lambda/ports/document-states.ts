import type { Scalar } from './passages';
import type { DocumentStateName } from '../../lib/contract/document-index';
import type { Indexes } from '../../lib/contract/reindexing';

/** A document as it is known. Times are milliseconds since 1970. */
export interface DocumentState {
  /** Of the source that it belongs to. */
  readonly source: string;
  readonly bucket: string;
  readonly key: string;
  readonly state: DocumentStateName;
  /** Set while somebody brings it in step. */
  readonly working?: boolean;
  /** How often it was begun since it was last parsed, or given back in order: a document that ends its workers is told by it. */
  readonly tries: number;
  /** What it is to become, or has become: absent where nothing is known of it, or it was given up. */
  readonly version?: DocumentVersion;
  /** Every version of which the store may hold chunks. */
  readonly held: readonly HeldVersion[];
  /** The newest changes that were told of it and of what describes it, by S3's sequencers, and are done with. */
  readonly heard: Heard;
  /** When its newest change happened that somebody began with. */
  readonly since: number;
  readonly updatedAt: number;
  /** When it was indexed as it is. */
  readonly indexedAt?: number;
  readonly title?: string;
  readonly bytes?: number;
  /** Chunks of the version: how many there are, and how many of them are in the store. */
  readonly chunks?: number;
  readonly written?: number;
  /** Where it is a scan: the job that reads it, or has read it. */
  readonly scan?: ScanState;
  /** Of a failure, for people. */
  readonly reason?: string;
  /** Where it failed: the state that it could not come to. */
  readonly failedBefore?: DocumentStateName;
  /** What was left out of it and why. */
  readonly notes?: readonly string[];
  /** Whose it is, where documents belong to tenants and it says so. */
  readonly tenants?: readonly Scalar[];
}

/** A document, what describes it and how it is read. */
export interface DocumentVersion {
  /** What chunks of it are told by. */
  readonly id: string;
  /** Of the object's content. */
  readonly tag: string;
  /** Of the content of what describes it. */
  readonly metadataTag?: string;
  readonly pipeline: string;
}

/** One reading of a document's pictures. It is written down before it is begun. */
export interface ScanState {
  /** Of the content that is read. */
  readonly tag: string;
  readonly detail: string;
  /** How often it had to be begun anew, its result being lost. */
  readonly round: number;
  readonly begunAt: number;
  /** Absent until it is known: whoever begins it again by the same token begins no second one. */
  readonly job?: string;
  /** How many pages were read; absent until then. */
  readonly pages?: number;
}

export interface HeldVersion {
  readonly version: string;
  /** Numbered from 0, these may be there. */
  readonly chunks: number;
  /** Where they are cut: with the same, writing goes on where it was. */
  readonly cut: string;
  /** Whose they are, where documents belong to tenants. */
  readonly tenants?: readonly Scalar[];
}

export interface Heard {
  readonly content?: string;
  readonly metadata?: string;
}

/** What is known of documents. */
export interface DocumentStates {
  /** With the revision that `save` asks for. */
  find(source: string, key: string): Promise<KnownDocument | undefined>;
  /**
   * Writes what is known now, and forgets it after so many seconds, or never. Gives the new revision; undefined where another has written since the
   * revision that is named, and nothing is changed.
   */
  save(state: DocumentState, revision: number | undefined, seconds?: number): Promise<number | undefined>;
  /** Forgets a document, whatever is known of it. */
  remove(source: string, key: string): Promise<void>;
  /** All documents of a source behind a key, those that are deleted included, in the order of their keys' bytes. */
  all(source: string, after?: string): AsyncIterable<DocumentState>;
}

export interface KnownDocument {
  readonly state: DocumentState;
  readonly revision: number;
}

/** Documents as those see them who ask how they are. */
export interface ListedDocuments {
  /** Which indexes there are, as of a moment ago. */
  indexes(): Promise<Indexes>;
  /** Documents in a state, of one tenant where there are tenants, behind one of them. */
  page(wanted: ListedPage): Promise<{ readonly documents: readonly DocumentState[]; readonly more: boolean }>;
  find(source: string, key: string, index?: string): Promise<DocumentState | undefined>;
}

export interface ListedPage {
  /** As this index has them; absent means the one that answers. */
  readonly index?: string;
  readonly state: DocumentStateName;
  readonly tenant?: Scalar;
  readonly after?: Pick<DocumentState, 'source' | 'key'>;
  readonly most: number;
}
