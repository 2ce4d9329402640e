import type { ContextPolicy, ChunkingPolicy, EmbeddingPolicy } from './diy-rag';
import type { ParsePolicy, ScanPolicy } from './parsing';
import type { PassageIndex } from './passage-stores';

/** All that says what documents become in an index, and how a question is embedded that asks it. */
export interface IndexRecipe {
  /** Told apart from any other way of reading, cutting and embedding: what was read in another way is read anew. */
  readonly pipeline: string;
  readonly parsing: ParsePolicy;
  /** Absent leaves scans unread: they fail. */
  readonly scans?: ScanPolicy;
  readonly chunking: ChunkingPolicy;
  readonly embedding: EmbeddingPolicy;
  /** Absent leaves chunks without lines of context. */
  readonly context?: ContextPolicy;
  readonly index: PassageIndex;
}

/** How an index gives way to the one that another deployment wants. */
export interface ReindexPolicy {
  /** beside: the new one is built beside the old one, which answers until the new one has everything. inPlace: the new one answers at once. */
  readonly by: 'beside' | 'inPlace';
  /** How long the old one is kept. */
  readonly keepSeconds: number;
  /** Documents by which both are compared, each looked for by a sentence of its own; 0 compares nothing but counts. */
  readonly samples: number;
  /** How much less of them the new one may find, from 0 to 1. */
  readonly tolerance: number;
  /** Ids of the embedding models that may be called. */
  readonly models: readonly string[];
}

/** In the table of documents: the one item that says which indexes there are, and which one answers. */
export const INDEXES_ITEM = { partition: 'indexes', sort: 'indexes' } as const;

/** A question is answered from what was said so many seconds ago. */
export const POINTER_SECONDS = 5;
/** As long as none answers, the first one may do so at any moment. */
export const POINTER_SECONDS_BEFORE = 1;

/** What the indexes of a store are, and which one answers. Times are milliseconds since 1970. */
export interface Indexes {
  /** By name. Absent where there is none yet. */
  readonly answering?: string;
  /** The one that the last deployment wants. */
  readonly wanted?: string;
  readonly known: Readonly<Record<string, KnownIndex>>;
  /** When somebody looks after them next. */
  readonly tendAt?: number;
}

export interface KnownIndex {
  readonly recipe: IndexRecipe;
  /** The store that holds it. */
  readonly place: string;
  readonly since: number;
  /** Whatever is settled in the index that answers is settled here: the switch loses nothing. */
  readonly ready: boolean;
  /** Since then every change comes here before it comes to the one that answers; once a look finds all in step, it is ready. */
  readonly joining?: number;
  /** The look through the bucket that is under way for it. */
  readonly look?: { readonly id: number; readonly at: number };
  /** It is not looked through before then again. */
  readonly lookAfter?: number;
  /** What the last one found. */
  readonly counts?: IndexCounts;
  /** When it began to answer last. */
  readonly answered?: number;
  /** Why it does not answer, though it is wanted. */
  readonly refused?: { readonly at: number; readonly reason: string };
  readonly compared?: Comparison;
  /** Until then it is kept. */
  readonly until?: number;
  /** Since then nobody writes it any more. */
  readonly dropping?: number;
  /** Until when one run has it to itself that takes it out, and where the store goes on with that. */
  readonly drop?: { readonly until: number; readonly from?: string };
}

export interface IndexCounts {
  readonly at: number;
  /** Documents of the bucket, and of those that are known. */
  readonly documents: number;
  readonly indexed: number;
  readonly failed: number;
  /** Those that were found not in step. */
  readonly waiting: number;
  /** Documents that cannot be read here, and can in the index that answers. */
  readonly lost: number;
}

export interface Comparison {
  readonly at: number;
  readonly documents: number;
  /** The share of the documents that were found by a sentence of theirs: in the index that answers, and in the new one. */
  readonly meaning: { readonly before: number; readonly now: number };
  readonly words?: { readonly before: number; readonly now: number };
}

/** What operators ask for by a message to the queue of requests. */
export interface IndexRequest {
  /** Answers from the last index again. */
  readonly rollback?: true;
  /** Answers from the index that the deployment wants, whatever the comparison says. */
  readonly switch?: true;
  /** When it was asked for; absent means now. */
  readonly asked?: number;
}

/** Metrics of indexes that give way to each other, with the dimension `Service`. */
export const REINDEX_METRICS = {
  /** Indexes that were built and answer now. */
  indexBuilds: 'IndexBuilds',
  /** Indexes that were built, and found to be worse. */
  indexBuildsRefused: 'IndexBuildsRefused',
  indexRollbacks: 'IndexRollbacks',
  /** Documents that an index which is built has not in step yet. */
  documentsToReindex: 'DocumentsToReindex',
} as const;
