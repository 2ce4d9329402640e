/** Passages of documents, looked up by what they mean. */
export interface Passages {
  /** The best first. Tells what it took while it goes on, where somebody hears it. Throws `PassagesFailure`. */
  search(search: Search, signal: AbortSignal, tell?: Tell): Promise<readonly Passage[]>;
}

export type Tell = (note: SearchNote) => void;

/** What a search says of itself, as far as it knows. */
export type SearchNote =
  | { readonly stage: SearchStage; readonly milliseconds: number }
  /** Of the best that was found, good enough or not. */
  | { readonly bestScore: number }
  /** That the reranker gave no order, or none in time, and the one before it stands. */
  | { readonly unranked: 'late' | 'failed'; readonly why: string };

export type SearchStage = 'embed' | 'vector' | 'keyword' | 'fuse' | 'rerank';

/** Where a ranking has a passage: its place, counted from 1, and its score on that ranking's own scale. */
export interface Placed {
  readonly rank: number;
  readonly score: number;
}

/** Cosine similarity, BM25 or what is like it, from 0 to 1 of all rankings together, and the reranker's from 0 to 1. Absent where a ranking does not have it. */
export type Placements = { readonly [Ranking in 'vector' | 'keyword' | 'fused' | 'reranked']?: Placed };

export interface Search {
  readonly question: string;
  /** A passage as it might answer the question, which is looked for by its meaning in the question's place, where the store is our own. */
  readonly imagined?: string;
  /** What documents have to be described by. */
  readonly filter?: Filter;
  /** Whose they have to be, besides what the filter says of it: a store that keeps tenants apart by itself holds to it a second time. */
  readonly tenant?: Scalar;
  /** Whom sources with access control lists are asked for; without it nothing of theirs is found. */
  readonly user?: string;
  /** Most passages to give; of a database most rows of the passage. */
  readonly most: number;
}

export interface Passage {
  /** The same whenever it is found. */
  readonly id: string;
  readonly text: string;
  /** What the text is read behind: headings, the head of a table, a line of context. The source's offsets are of the text alone. */
  readonly lead?: string;
  /** From 0 to 1 with most stores; higher is better. What a query of a database found has none. */
  readonly score?: number;
  /** How each ranking has it, where there are several. */
  readonly placements?: Placements;
  readonly source: Source;
  /** The rows that the text tells, where it tells rows. */
  readonly table?: Table;
  /** All that the document is described by. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Where a passage stands. */
export interface Source {
  /** Of the document, as `s3://bucket/key` or `https://…`. */
  readonly uri: string;
  readonly title: string;
  /** Counted from 1, where documents have pages. */
  readonly page?: number;
  /** The SQL that found it, where a database was asked. */
  readonly query?: string;
  /** Where it stands in the text that was read of the document, in UTF-16 code units, the end not included; where that is known. */
  readonly start?: number;
  readonly end?: number;
}

/** What a query found. */
export interface Table {
  readonly columns: readonly string[];
  /** In the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** That the query found more rows than these. */
  readonly more?: true;
}

export type Cell = Scalar | null;

/** One condition, or several of which all or any have to hold. */
export type Filter = Condition | { readonly all: readonly Filter[] } | { readonly any: readonly Filter[] };

export type Condition =
  | { readonly field: string; readonly is: Comparison; readonly value: Scalar }
  | { readonly field: string; readonly is: 'in' | 'notIn'; readonly values: readonly Scalar[] };

/** lists: the field is a list of texts, and holds this one. */
export type Comparison =
  | 'equals' | 'notEquals' | 'greaterThan' | 'greaterThanOrEquals' | 'lessThan' | 'lessThanOrEquals' | 'startsWith' | 'contains' | 'lists';

export type Scalar = string | number | boolean;

/** throttled and unavailable pass; refused is the search's own fault. */
export type PassagesFailureKind = 'throttled' | 'unavailable' | 'refused';

export class PassagesFailure extends Error {
  constructor(readonly kind: PassagesFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PassagesFailure';
  }
}

/** Told by its name: what looks documents up may be a part of its own, with a class of its own. */
export function isPassagesFailure(error: unknown): error is PassagesFailure {
  return error instanceof Error && error.name === 'PassagesFailure';
}
