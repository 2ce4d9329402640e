import type { MetadataField } from './metadata';

/** What an index of chunks is, whatever store keeps it. */
export interface PassageIndex {
  /** Of one version of the index: a new one stands beside it under another name. 1 to 40 small letters, digits and `_`, a letter first. */
  readonly name: string;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** What chunks can be filtered by. */
  readonly fields: readonly MetadataField[];
  /** The field that says whose a chunk is. With one, a chunk without it is refused, and so is a search that names no tenant. */
  readonly tenantField?: string;
}

/** Most numbers in a vector that a store can index; pgvector more than 2,000 in half precision only. */
export const LONGEST_VECTOR = { s3Vectors: 4_096, pgvector: 4_000, openSearch: 16_000, pinecone: 20_000, redis: 32_768, memoryDb: 32_768 } as const;

/** A database of PostgreSQL 15 or later with pgvector 0.8 or later. */
export interface PgvectorReference {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The schema that holds the tables of all indexes of this store, 1 to 40 small letters, digits and `_`, a letter first. */
  readonly schema: string;
}

/** Where a cluster holds one store and nothing else. */
export const PGVECTOR_PASSAGES = 'passages';

/**
 * The users of a store, each the schema with this at its end: who may only search, and only for the tenant that a search names; who writes chunks; and who
 * makes and drops the tables of indexes, and sees nothing in them where chunks belong to tenants. Each logs in by a token of IAM.
 */
export const PGVECTOR_USERS = { reads: '_reads', writes: '_writes', owns: '_owns' } as const;

/** A bucket of S3 Vectors, in which each index is one of its own, and the table that their words are kept in. */
export interface S3VectorsReference {
  readonly vectorBucketArn: string;
  /** Name of the table with the words, keyed as `KEYWORD_TABLE` says. Absent leaves chunks to be found by meaning alone. */
  readonly keywordTable?: string;
}

/** Names of the metadata of a vector that hold whose a chunk is, and all of it as JSON; the second has to be declared as not filterable. */
export const S3_VECTORS_KEYS = { tenant: '_tenant', chunk: '_chunk' } as const;

/** The keys of a table that keeps words, both texts. */
export const KEYWORD_TABLE = { partitionKey: 'pk', sortKey: 'sk' } as const;

/** A store that somebody has, and may hold the indexes of several. */
export interface SharedStore {
  /** What the names of its indexes begin with there. @default - nothing, for nobody else has indexes in it */
  readonly prefix?: string;
}

/** A collection of OpenSearch Serverless for vectors. */
export interface OpenSearchReference extends SharedStore {
  /** As `https://<id>.<region>.aoss.amazonaws.com`. */
  readonly endpoint: string;
  readonly collectionId: string;
  /** Name of the table with the documents that chunks stand in, keyed as `KEYWORD_TABLE` says: the collection names them itself, and shows them a while later. */
  readonly table: string;
  /** Whether it is of the kind that chooses by itself what it searches vectors with, and refuses to be told. */
  readonly ownsEngine: boolean;
}

/** The part by which the store of a collection writes, and makes and drops indexes: clients that nobody needs who only searches. */
export const OPEN_SEARCH_UPKEEP = 'open-search-upkeep';

/** A server of Redis 8, or of Redis Stack, with its query engine. */
export interface RedisReference extends SharedStore {
  readonly host: string;
  readonly port: number;
  /** ARN of the secret with the password, by itself or as `password` beside `username`. Absent logs nobody in. */
  readonly secretArn?: string;
  /** false for a server without TLS, on one's own machine. @default true */
  readonly tls?: boolean;
}

/** A cluster of MemoryDB with vector search, and the table that the words of its chunks are kept in. */
export interface MemoryDbReference {
  /** Its name, which a token is for. */
  readonly cluster: string;
  readonly host: string;
  readonly port: number;
  /** Name of the table with the words, keyed as `KEYWORD_TABLE` says. Absent leaves chunks to be found by meaning alone. */
  readonly keywordTable?: string;
}

/** What the users of a cluster are called behind its name, who log in by IAM: one may search, the other write. */
export const MEMORY_DB_USERS = { reads: '-reads', writes: '-writes' } as const;

/** Of 50 fields of an index, two are the vector and whose it is. */
export const MEMORY_DB_MOST_FIELDS = 48;

/** An index of Pinecone's over dense vectors, its metric cosine. */
export interface PineconeReference extends SharedStore {
  /** As `https://<index>-<project>.svc.<environment>.pinecone.io`. */
  readonly endpoint: string;
  /** ARN of the secret whose whole text is the API key. */
  readonly secretArn: string;
  /** Whether its chunks have their words in the table too. */
  readonly words: boolean;
  /** Name of the table with the words and namespaces of chunks, keyed as `KEYWORD_TABLE` says. Absent leaves chunks to be found by meaning alone, and refuses an index of tenants. */
  readonly table?: string;
}

/** Names of the metadata of a record that hold whose a chunk is, all of it as JSON, and the fields that it has no value for. */
export const PINECONE_KEYS = { tenant: '_tenant', chunk: '_chunk', without: '_without' } as const;
