/** A document that is sent, with what describes it. */
export interface SentDocument {
  readonly uri: string;
  readonly metadataUri?: string;
  /** Account whose the bucket is, where it is another. */
  readonly bucketOwner?: string;
}

/**
 * indexed: it can be found as it was read last. partial: some of it can. working: it is being read or forgotten. failed: it could not be read.
 * ignored: it is of a kind that is not read. absent: there is nothing of it.
 */
export type DocumentStanding = 'indexed' | 'partial' | 'working' | 'failed' | 'ignored' | 'absent';

/** How a document stands in the knowledge base. */
export interface DocumentReport {
  /** Its URI; its id where it was given one. */
  readonly name: string;
  readonly standing: DocumentStanding;
  /** Why it could not be read, where that is told. */
  readonly reason?: string;
}

/** Documents of a knowledge base one by one, ten at most in a call. Every method fails with an `IngestionFailure` where the service refuses. */
export interface Ingestion {
  /** Begins to read documents. What was begun under the same token is not begun again. */
  ingest(dataSourceId: string, documents: readonly SentDocument[], token: string): Promise<void>;
  /** Begins to forget documents. */
  forget(dataSourceId: string, uris: readonly string[], token: string): Promise<void>;
  report(dataSourceId: string, uris: readonly string[]): Promise<DocumentReport[]>;
  /** All documents of a source, page by page. */
  list(dataSourceId: string): AsyncIterable<readonly DocumentReport[]>;
}

/**
 * throttled: too much is asked. conflict: something else is at work that excludes it. unavailable: the service failed, or did not answer.
 * invalid: it is refused for what it is. gone: there is no such source, document or job.
 */
export type IngestionRefusal = 'throttled' | 'conflict' | 'unavailable' | 'invalid' | 'gone';

/** Why the service did not do what it was asked for. */
export class IngestionFailure extends Error {
  constructor(readonly refusal: IngestionRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IngestionFailure';
  }

  /** Whether the same is worth asking again. */
  get passes(): boolean {
    return this.refusal === 'throttled' || this.refusal === 'conflict' || this.refusal === 'unavailable';
  }
}
