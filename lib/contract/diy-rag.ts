import type { ModelPrices } from './model';

/** How documents are cut into chunks. */
export interface ChunkingPolicy {
  readonly by: 'structure' | 'sentences' | 'tokens' | 'pages' | 'tables' | 'custom';
  /** Most tokens of a chunk. */
  readonly tokens: number;
  /** With `tokens`: how many of them are repeated in the next chunk. */
  readonly overlapTokens?: number;
  /** With `tables`: most rows of a chunk; absent takes as many as fit. */
  readonly rows?: number;
  /** With `custom`: the function that cuts. */
  readonly functionArn?: string;
}

/** What a function that cuts documents is asked. */
export interface ChunkRequest {
  readonly version: 1;
  readonly document: {
    /** All the text, as Markdown. */
    readonly text: string;
    readonly title?: string;
    readonly blocks: readonly { readonly kind: string; readonly start: number; readonly end: number; readonly level?: number }[];
    readonly pages?: readonly { readonly page: number; readonly start: number }[];
  };
}

/** What it answers: where chunks begin and end in the text, in UTF-16 code units, the end not included. */
export interface ChunkResponse {
  readonly chunks: readonly { readonly start: number; readonly end: number }[];
}

/** What Lambda takes and gives in one call, in bytes. */
export const CHUNK_PAYLOAD_BYTES = 6_291_556;
/** How long a function may take over one document. */
export const CHUNK_SECONDS = 120;
/** A function that answers with more has gone wrong. */
export const MOST_CHUNKS = 50_000;

/** Which body a model's requests have: each maker has one of its own. */
export const EMBEDDING_FAMILIES = ['titan', 'cohereV3', 'cohereV4', 'nova'] as const;
export type EmbeddingFamily = (typeof EMBEDDING_FAMILIES)[number];

/** What texts are turned into vectors by. */
export interface EmbeddingPolicy {
  /** What the Bedrock runtime takes as `modelId`. */
  readonly modelId: string;
  readonly family: EmbeddingFamily;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** Whether these are bits. */
  readonly binary: boolean;
  /** Most tokens of a text; what is longer is cut at its end. */
  readonly inputTokens: number;
  /** Calls that are under way at once. */
  readonly concurrency: number;
}

/** The table that remembers vectors, and lines about chunks. */
export const VECTOR_TABLE = { partitionKey: 'id', ttl: 'expiresAt' } as const;

/** A line that a model writes for each chunk, about where in its document it stands. */
export interface ContextPolicy {
  readonly modelId: string;
  /** Most tokens of a line. */
  readonly tokens: number;
  /** Most tokens of the document that the model reads with a chunk. */
  readonly documentTokens: number;
  /** Chunks of a document that are asked about at once. */
  readonly concurrency: number;
  /** Whether the model is asked to remember the document from one chunk to the next. */
  readonly cache: boolean;
  /** Absent where they are not known: then no cost is counted. */
  readonly prices?: ModelPrices;
}
