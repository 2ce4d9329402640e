import type { ParsedDocument } from './parsing';

/** Cuts a document into what is embedded, found and cited. Throws where a function of the user's own fails. */
export interface Chunker {
  chunk(document: ParsedDocument, signal: AbortSignal): Promise<readonly Chunk[]>;
}

/** A piece of a document. */
export interface Chunk {
  /** Exactly `document.text.slice(start, end)`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Headings it stands under, the outermost first. */
  readonly headings: readonly string[];
  /** The page it begins on, counted from 1. */
  readonly page?: number;
  /** Head row of the table that the chunk is a later part of, as Markdown. */
  readonly tableHead?: string;
  /** Estimated for the embedding model, within 10% on plain text. */
  readonly tokens: number;
}
