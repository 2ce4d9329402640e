/** Everything the functions that keep a knowledge base in step with its documents read from their environment. An empty string means that the feature is off. */
export const DOCUMENT_SYNC_ENV = [
  'KNOWLEDGE_BASE_ID',
  /** `SyncedSource[]` as JSON. */
  'SOURCES',
  /** Name of the table of leases, runs and failed documents, whose keys are `SYNC_TABLE`. */
  'SYNC_TABLE',
  /** URL of the FIFO queue of changes: what has to wait is hidden there for longer, or sent again. */
  'CHANGES_URL',
  /** URL of the queue of jobs, `SyncRequest`s and looks at jobs that run: a standard queue, for FIFO queues delay no single message. */
  'JOBS_URL',
  /** From so many waiting changes on one job of the whole source takes their place. */
  'BACKLOG',
  /** The `Service` dimension of every metric and log line: the construct's own name. */
  'SERVICE',
] as const;
export type DocumentSyncEnv = Record<(typeof DOCUMENT_SYNC_ENV)[number], string>;

/** Everything the function reads that puts changes of documents in line. */
export const DOCUMENT_CHANGES_ENV = [
  /** `SyncedSource[]` as JSON. */
  'SOURCES',
  /** URL of the FIFO queue of changes, one group a document. */
  'QUEUE_URL',
  'SERVICE',
] as const;
export type DocumentChangesEnv = Record<(typeof DOCUMENT_CHANGES_ENV)[number], string>;

/** Everything the function reads that ends the jobs of a stack which is deleted. */
export const SYNC_DRAIN_ENV = ['KNOWLEDGE_BASE_ID', 'SERVICE'] as const;
export type SyncDrainEnv = Record<(typeof SYNC_DRAIN_ENV)[number], string>;

/**
 * How often a change is received at most: `maxReceiveCount` of the queue of changes. What only has to wait, for a job or a service at its limit, is sent
 * anew before that, so that nothing is given up but documents that cannot be indexed.
 */
export const CHANGE_ATTEMPTS = 10;

/** How often a message of the queue of jobs is received at most: what has to wait there is always sent anew, so only faults count. */
export const JOB_ATTEMPTS = 5;

/** How long one run of the function has, which waits within it for documents to be indexed. Both of its queues hide their messages for six times as long. */
export const SYNC_SECONDS = 120;

/** How long the function has that ends the jobs of a stack which is deleted. */
export const DRAIN_SECONDS = 300;

/** The table of leases, runs and failed documents. */
export const SYNC_TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'expiresAt',
} as const;

/** A data source that is kept in step. */
export interface SyncedSource {
  readonly dataSourceId: string;
  /** Where its documents lie, where it is a bucket. */
  readonly bucket?: string;
  /** Account whose the bucket is, where it is not the knowledge base's. */
  readonly bucketOwner?: string;
  /** Only documents whose key begins like one of these; absent takes all. */
  readonly prefixes?: readonly string[];
  /** That its documents cannot be sent one by one, as those of managed knowledge bases: changes make a job begin. */
  readonly byJob?: boolean;
}

/** One change of one document, as it waits in the queue: what happened is looked up, so that order and repetition do no harm. */
export interface DocumentChange {
  readonly dataSourceId: string;
  /** Of several indexes of our own the one that it is for; absent means all. */
  readonly index?: string;
  readonly bucket: string;
  /** The document's key; a change of its `.metadata.json` is a change of it. */
  readonly key: string;
  /** Tells it from every other change of the document, however often it is told of. */
  readonly change: string;
  /** When it happened, in milliseconds since 1970. */
  readonly since: number;
}

/** What makes jobs begin: a schedule, a deployment, or a person sends it to the queue of jobs, or calls the function with it. */
export interface SyncRequest {
  /** All sources, or those with these ids. */
  readonly sync: 'all' | readonly string[];
}

/** What describes a document lies beside it under this ending. */
export const METADATA_ENDING = '.metadata.json';

/** Metrics of ingestion, with the dimension `Service`. */
export const SYNC_METRICS = {
  documentsIndexed: 'DocumentsIndexed',
  documentsDeleted: 'DocumentsDeleted',
  documentsFailed: 'DocumentsFailed',
  /** Milliseconds from a change of a document to the moment it can be found. */
  syncLag: 'SyncLag',
  syncJobs: 'SyncJobs',
  syncJobsFailed: 'SyncJobsFailed',
} as const;
