import type { IndexedAs } from '../../lib/contract/document-index';
import type { SyncedSource } from '../../lib/contract/document-sync';
import type { ScanPolicy } from '../../lib/contract/parsing';
import type { Generations } from '../ports/answers';
import type { Chunker } from '../ports/chunks';
import type { Clock } from '../ports/clock';
import type { ContextWriter } from '../ports/context-lines';
import type { DocumentStates, DocumentVersion } from '../ports/document-states';
import type { Embeddings } from '../ports/embeddings';
import type { Objects } from '../ports/objects';
import type { Originals } from '../ports/originals';
import type { Parser } from '../ports/parsing';
import type { PassageStore } from '../ports/passage-store';
import type { ScanReader } from '../ports/scans';

export interface IndexPorts {
  readonly states: DocumentStates;
  readonly originals: Originals;
  /** Keeps what was read, for citations that point into it. */
  readonly texts: Pick<Objects, 'put' | 'delete'>;
  readonly parser: Parser;
  /** Absent leaves scans unread. */
  readonly scans?: ScanReader;
  /** Hears how many pages of a document were read off pictures, once. */
  readonly scanned?: (pages: number) => void;
  readonly chunker: Chunker;
  /** Absent leaves chunks without lines of context. */
  readonly context?: ContextWriter;
  readonly embeddings: Embeddings;
  readonly store: Pick<PassageStore, 'write' | 'remove'>;
  /** Hears what has changed, where answers are kept that it makes old. */
  readonly generations?: Generations;
  readonly clock: Pick<Clock, 'now' | 'pause' | 'chance'>;
  /** Of the index that answers, with others beside it. */
  readonly order?: IndexOrder;
}

/** What others have to have first. */
export interface IndexOrder {
  /** Asked before anything is written down of a document. Throws where the index takes none yet. */
  begins?(): Promise<void>;
  /** Whether what lies in the bucket is what the others have; absent where nothing lies there. */
  fits(version: DocumentVersion | undefined): boolean;
  /** Asked before it is said that a document is in step. Throws `Taken` where another has to be in step first. */
  settles(): Promise<void>;
}

export interface IndexTerms extends IndexedAs {
  readonly sources: readonly SyncedSource[];
  /** Absent leaves scans unread: they fail. */
  readonly scans?: ScanPolicy;
  /** Larger documents are not read. */
  readonly mostBytes: number;
}

/** When to stop, and what says so to those who work. */
export interface Span {
  readonly until: number;
  readonly signal: AbortSignal;
}
