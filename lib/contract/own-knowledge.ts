import type { PassageSearch } from './passage-search';
import type { MemoryDbReference, OpenSearchReference, PgvectorReference, PineconeReference, RedisReference, S3VectorsReference } from './passage-stores';

/** An index of our own, as those know it who look passages up in it. */
export interface OwnKnowledge {
  readonly store: StoreReference;
  readonly search: PassageSearch;
  readonly pointer: IndexPointer;
}

/** Where it is said which index answers. */
export interface IndexPointer {
  /** A table whose keys are `DOCUMENTS_TABLE`; the item is `INDEXES_ITEM`. */
  readonly table: string;
  /** Ids of the embedding models that may be called. */
  readonly models: readonly string[];
}

/** Where its chunks are kept. */
export type StoreReference =
  | { readonly kind: 's3Vectors' } & S3VectorsReference
  | { readonly kind: 'pgvector' } & PgvectorReference
  | { readonly kind: 'openSearch' } & OpenSearchReference
  | { readonly kind: 'pinecone' } & PineconeReference
  | { readonly kind: 'redis' } & RedisReference
  | { readonly kind: 'memoryDb' } & MemoryDbReference;

/** The part of each store: what its handler finds beside it. */
export const STORE_PARTS = {
  s3Vectors: 'store-s3-vectors',
  pgvector: 'store-pgvector',
  openSearch: 'store-open-search',
  pinecone: 'store-pinecone',
  redis: 'store-redis',
  memoryDb: 'store-memory-db',
} as const satisfies Record<StoreReference['kind'], string>;
