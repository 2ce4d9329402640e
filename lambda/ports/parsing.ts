/** What was read out of a document. Every offset counts characters of `text` as JavaScript does, the end not included. */
export interface ParsedDocument {
  /** All the text in reading order, as Markdown: headings with #, tables as Markdown tables, lists with -. What citations point into. */
  readonly text: string;
  /** As the document itself says it. */
  readonly title?: string;
  /** In the order of the text, none within another; what lies between two is blank. */
  readonly blocks: readonly TextBlock[];
  /** Where pages (slides, sheets) begin, in order; absent where the format has none. */
  readonly pages?: readonly PageStart[];
  /** What was left out and why, for the document's report: `2 pages without text`. */
  readonly notes: readonly string[];
}

export interface TextBlock {
  readonly kind: 'heading' | 'paragraph' | 'list' | 'table' | 'code';
  readonly start: number;
  readonly end: number;
  /** Of a heading, from 1. */
  readonly level?: number;
}

export interface PageStart {
  /** Counted from 1. */
  readonly page: number;
  readonly start: number;
}

/** Reads one kind of document. Throws `ParseFailure`. */
export interface Parser {
  parse(bytes: Uint8Array, about: DocumentAbout, signal: AbortSignal): Promise<ParsedDocument>;
}

/** What is known of a document before it is read. */
export interface DocumentAbout {
  /** The object's key: its ending tells the format where the bytes do not. */
  readonly name: string;
  /** As it was uploaded; often wrong. */
  readonly contentType?: string;
}

/**
 * broken, encrypted, empty, tooLarge (bytes, pages, zip ratio, time, memory) and unsupported are the document's own fault and never tried again;
 * scanned has no text but pictures of it, and is read by Textract where that is on.
 */
export type ParseFailureKind = 'broken' | 'encrypted' | 'empty' | 'tooLarge' | 'unsupported' | 'scanned';

export class ParseFailure extends Error {
  /** Of a scan, how many pages it has, where that is known. */
  readonly pages?: number;

  constructor(readonly kind: ParseFailureKind, message: string, options?: ErrorOptions & { readonly pages?: number }) {
    super(message, options);
    this.name = 'ParseFailure';
    this.pages = options?.pages;
  }
}

/** Told by its name: parsers are parts of their own, with classes of their own. */
export function isParseFailure(error: unknown): error is ParseFailure {
  return error instanceof Error && error.name === 'ParseFailure';
}
