import type { Chunk } from './chunks';
import type { ParsedDocument } from './parsing';

/** Writes a line for each chunk that says where in its document it stands, so that a search finds it by words that it leaves out. */
export interface ContextWriter {
  begin(document: Pick<ParsedDocument, 'text' | 'title'>, chunks: readonly Chunk[]): Promise<ContextLines>;
}

/** Of one document. */
export interface ContextLines {
  /**
   * Lines of the chunks from one place to another, the end not included; undefined for a chunk that goes without. An outage that does not pass throws
   * `ModelFailure`; lines that were written until then are remembered.
   */
  write(first: number, end: number, signal: AbortSignal): Promise<readonly (string | undefined)[]>;
}

/** Lines that were written before, by what they were written from; empty where the model had nothing to say. Both may fail: who asks does without. */
export interface RememberedLines {
  find(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  keep(lines: ReadonlyMap<string, string>): Promise<void>;
}

/** What lines took, of those that had to be written. */
export interface ContextSpending {
  readonly lines: number;
  /** Chunks that the model refused or had nothing to say of. */
  readonly without: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In USD; absent where prices are not known. */
  readonly cost?: number;
}
