import type { StoreReference } from './own-knowledge';

/**
 * The table of answers that were given before.
 *
 * question     pk `scope#<hash>`                  sk when it was answered, and an id     vector, telling, answer, expiresAt
 * answer       pk `answer#<id>`                   sk `answer`                            scope, said, answeredAt, expiresAt
 * generation   pk `generation#<tenant>#<shard>`   sk `generation`                        generation, changedAt
 *
 * A scope is all that an answer depends on but its question: whose documents, by which filter, in which generation of the index, written by which model under which
 * rules. A generation changes with whatever the index holds for a tenant, or where nobody is told apart for all: what was answered before is found no more.
 * Several items are one generation, and a change writes one of them: a bulk load writes more often than one item takes.
 */
export const ANSWER_TABLE = { partitionKey: 'pk', sortKey: 'sk', ttl: 'expiresAt' } as const;

export const GENERATION_SHARDS = 4;

/** Where answers are kept, for how long, and how much alike questions have to be. */
export interface AnswerCachePolicy {
  readonly table: string;
  /** Least cosine similarity, up to 1. */
  readonly similarity: number;
  readonly seconds: number;
  /** How long a store may still give what has just changed in it: what is looked up sooner is not kept. */
  readonly lagSeconds: number;
}

/** Where it is written down that the index is another. */
export interface AnswersReference {
  readonly table: string;
}

/** Searches of these give what was written only after a while; others, at once but for words in a table. */
export const STORE_LAG_SECONDS: { readonly [Kind in StoreReference['kind']]?: number } = { openSearch: 120, pinecone: 120 };
export const USUAL_LAG_SECONDS = 1;

/** What an answer's header says of the cache, as RFC 9211 has it. */
export const CACHE_STATUS_HEADER = 'cache-status';

/** Metrics of the cache, with the dimension `Service`. */
export const ANSWER_CACHE_METRICS = {
  /** Questions that were answered from it. */
  hits: 'AnswerCacheHits',
  /** Questions that were looked for in it, and answered anew. */
  misses: 'AnswerCacheMisses',
} as const;
