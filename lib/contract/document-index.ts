import type { AnswersReference } from './answer-cache';
import type { MetadataField } from './metadata';
import type { StoreReference } from './own-knowledge';
import type { IndexRecipe, ReindexPolicy } from './reindexing';

/** Everything the function reads that keeps an index of our own in step with its documents. An empty string means that the feature is off. */
export const DOCUMENT_INDEX_ENV = [
  /** `SyncedSource[]` as JSON. */
  'SOURCES',
  /** `IndexPolicy` as JSON. */
  'INDEX',
  /** Name of the table of documents, whose keys are `DOCUMENTS_TABLE`. */
  'DOCUMENTS_TABLE',
  /** Name of the bucket that keeps what was read out of documents. */
  'TEXTS_BUCKET',
  /** URL of the FIFO queue of changes. */
  'CHANGES_URL',
  /** URL of the queue of requests to look everything through. */
  'JOBS_URL',
  /** Name of the bucket of bulk loads, whose files are `BULK_FILES`. */
  'BULK_BUCKET',
  /** The `Service` dimension of every metric and log line: the construct's own name. */
  'SERVICE',
] as const;
export type DocumentIndexEnv = Record<(typeof DOCUMENT_INDEX_ENV)[number], string>;

/** How long one run of the function has. What it could not end by then goes on in the next, where it was. */
export const INDEX_SECONDS = 300;

/** What documents are to become, and where it is kept. */
export interface IndexPolicy extends IndexRecipe {
  readonly store: StoreReference;
  /** Whether chunks are found by their words. */
  readonly words: boolean;
  readonly reindex: ReindexPolicy;
  /** Where it is written down that the index is another; absent where no answers are kept. */
  readonly answers?: AnswersReference;
  /** Where vectors and lines of context are remembered that were made before, and for how long. */
  readonly vectors: { readonly table: string; readonly seconds: number };
}

export interface IndexedAs {
  /** Told apart from any other way of reading, cutting and embedding: what was read in another way is read anew. */
  readonly pipeline: string;
  /** What documents are described by. */
  readonly fields: readonly MetadataField[];
  /** The field that says whose a document is. */
  readonly tenantField?: string;
}

/**
 * The table of documents: one item a document as an index has it, deleted ones included for a while.
 *
 * document  pk `documents#<index>.<store>#<source>`   sk the key in its bucket
 * indexes   pk `indexes`                              sk `indexes`, which there are and which one answers: `Indexes`
 *
 * Every writer names the revision that it has seen, and raises it: what another has changed in between nobody overwrites. An item is written
 * before the store is touched, with every version of which the store may hold chunks and how many: what a worker left that was killed is known.
 * `listed` is the index and the state, and where a document belongs to one tenant the tenant behind it: an index over it gives documents by state.
 */
export const DOCUMENTS_TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'expiresAt',
  listedIndex: 'listed',
  listedPartitionKey: 'listed',
} as const;

/**
 * queued: somebody has begun with a change of it. scanning: it is a scan, and Textract reads its pages. parsed: its text has been read. chunked: it is cut, and its chunks are embedded and written one after another. embedded: all of
 * them are in the store, and those of its last version go. indexed: it can be found as it lies in the bucket. failed: it cannot be read, and is not found.
 * deleted: it is gone, and nothing of it is found.
 */
export const DOCUMENT_STATES = ['queued', 'scanning', 'parsed', 'chunked', 'embedded', 'indexed', 'failed', 'deleted'] as const;
export type DocumentStateName = (typeof DOCUMENT_STATES)[number];

/** How long it is remembered that a document was deleted. */
export const TOMBSTONE_SECONDS = 90 * 86_400;

/** Metrics of an index that is kept in step by documents, beside `SYNC_METRICS`, with the dimension `Service`. */
export const DOCUMENT_METRICS = {
  /** Chunks that were embedded and written. */
  chunksIndexed: 'ChunksIndexed',
  /** Lines of context that a model wrote; those that were remembered are not counted. */
  contextLines: 'ContextLines',
  /** Chunks that the model refused, or had nothing to say of. */
  chunksWithoutContext: 'ChunksWithoutContext',
  contextInputTokens: 'ContextInputTokens',
  contextOutputTokens: 'ContextOutputTokens',
  /** In USD; none where the model's prices are not known. */
  contextCost: 'ContextCost',
  /** Pages that Textract read, and charges for. */
  pagesScanned: 'PagesScanned',
  /** Documents that had to wait for a service at its limit, or one that failed. */
  documentsHeld: 'DocumentsHeld',
  documentsChecked: 'DocumentsChecked',
  /** Documents that such a look found to be others than in the index: events were lost, or the pipeline is another. */
  documentsRepaired: 'DocumentsRepaired',
} as const;
