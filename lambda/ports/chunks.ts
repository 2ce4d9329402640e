import type { ParsedDocument } from './parsing';
import type { ChunkRequest } from '../../lib/contract/diy-rag';

/** Cuts a document into what is embedded, found and cited. Throws `ChunkFailure` where a function of the user's own cuts. */
export interface Chunker {
  chunk(document: ParsedDocument, signal: AbortSignal): Promise<readonly Chunk[]>;
}

/** Asks a function of the user's; whatever it answers. Throws `ChunkFailure`. */
export type ChunkFunction = (request: ChunkRequest, signal: AbortSignal) => Promise<unknown>;

/** A piece of a document. */
export interface Chunk {
  /** Exactly `document.text.slice(start, end)`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Headings it stands under, the outermost first; those in its own text are not among them. */
  readonly headings: readonly string[];
  /** The page it begins on, counted from 1. */
  readonly page?: number;
  /** Head row of the table that the chunk is a later part of, as Markdown. */
  readonly tableHead?: string;
  /** Of the text alone; estimated for the embedding model, within 10% on plain text. */
  readonly tokens: number;
}

/** throttled and unavailable pass; failed and refused (what it is given or answers is nothing that it may be) are the function's own fault. */
export class ChunkFailure extends Error {
  constructor(readonly kind: 'throttled' | 'unavailable' | 'failed' | 'refused', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChunkFailure';
  }
}

/** Told by its name: what cuts may be a part of its own. */
export function isChunkFailure(error: unknown): error is ChunkFailure {
  return error instanceof Error && error.name === 'ChunkFailure';
}
