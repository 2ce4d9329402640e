import type { Vector } from './embeddings';
import type { Filter, Scalar } from './passages';
import type { PassageIndex } from '../../lib/contract/passage-stores';

/** Where chunks are kept with their vectors, and found by meaning and by words. Every store of DiyRag is one; test/lambda/…/passage-store.suite.ts holds them all to this. */
export interface PassageStore {
  /** Writes all, or throws and may have written some: writing again does no harm, an id that is there is replaced. */
  write(chunks: readonly StoredChunk[]): Promise<void>;
  /** Takes these out; ids that are not there do no harm. */
  remove(ids: readonly string[]): Promise<void>;
  /** The nearest first. Score: cosine similarity, from -1 to 1. */
  byMeaning(search: MeaningSearch, signal: AbortSignal): Promise<readonly StoreHit[]>;
  /** The best first: a chunk that has any of the words is found, BM25 or what is like it ranks. Absent where the store has no search by words. */
  byWords?(search: WordSearch, signal: AbortSignal): Promise<readonly StoreHit[]>;
}

interface StoreSearch {
  readonly most: number;
  /** What chunks have to be described by: the caller's filter within the tenant's. */
  readonly filter?: Filter;
  /** Stated besides the filter, so that a store that knows tenants itself (row-level security, a namespace) holds to it a second time. */
  readonly tenant?: Scalar;
}

export interface MeaningSearch extends StoreSearch {
  readonly vector: Vector;
}

export interface WordSearch extends StoreSearch {
  readonly words: string;
}

/** Makes and takes away the indexes that a store keeps beside each other: one is built while another answers. */
export interface PassageIndexes {
  /** Makes an index that is not there yet, ready to be written; one that is there is left as it is. Throws `StoreFailure`, refused where one of that name is another. */
  make(index: PassageIndex): Promise<void>;
  /** Takes an index out with all it holds; one that is not there does no harm. Where the time is over first, the next call goes on from where this one stopped. */
  drop(name: string, signal: AbortSignal, from?: string): Promise<Dropped>;
}

export interface Dropped {
  /** Whether nothing is left. */
  readonly done: boolean;
  /** What the next call is told, so that it comes further than this one; absent where it begins anew. */
  readonly from?: string;
}

/** A chunk as it is kept. */
export interface StoredChunk {
  /** From the document, its version and the chunk's number: the same whenever it is made again. */
  readonly id: string;
  /** Of the document, as `s3://bucket/key`. */
  readonly document: string;
  /** Counted from 0 within the document. */
  readonly number: number;
  readonly title: string;
  readonly text: string;
  /** What is searched before the text: headings, a table's head, a line of context. */
  readonly lead: string;
  readonly vector: Vector;
  readonly start: number;
  readonly end: number;
  readonly page?: number;
  /** What the document is described by, declared fields only; the tenant's field among them. */
  readonly metadata: Readonly<Record<string, Scalar | readonly string[]>>;
}

/** A chunk that was found, without its vector but where that was asked for. */
export interface StoreHit {
  readonly chunk: Omit<StoredChunk, 'vector'>;
  /** As the search counts it. Scores of different searches are not comparable. */
  readonly score: number;
  /** Where the store gives it at no cost; used to tell near copies apart. */
  readonly vector?: Vector;
}

/**
 * What a store did not do, and why. Whoever asks it goes by the kind:
 *
 * throttled, unavailable  passes by itself: a document waits for as long as it takes, a question is tried again and told to come back.
 * refused                 the chunk's or the search's own fault: the document fails with the reason, a filter is the caller's to change.
 * forbidden               it does not let this deployment in, or not do this: a grant, a user or a key is not there, not there yet, or not any more. Nothing is
 *                         wrong with the document, and it does not fail: it is tried again for half an hour, for what a deployment has granted may take
 *                         minutes to hold, is given up then, where alarms see it, and its change waits for a person. A question fails at once. The log has the
 *                         message, which quotes nothing but the service.
 */
export class StoreFailure extends Error {
  constructor(readonly kind: 'throttled' | 'unavailable' | 'refused' | 'forbidden', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFailure';
  }
}

/** Told by its name: stores are parts of their own. */
export function isStoreFailure(error: unknown): error is StoreFailure {
  return error instanceof Error && error.name === 'StoreFailure';
}
