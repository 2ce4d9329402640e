/** How much of a document is read, and how much may be spent on it. A document beyond any of these ends as too large, with the reason. */
export interface ParsePolicy {
  /** Of the file itself. */
  readonly bytes: number;
  /** Of the pages of a PDF, the slides of a presentation, the sheets of a workbook. */
  readonly pages: number;
  /** Of the text that comes out. */
  readonly characters: number;
  /** Files within an archive (DOCX, PPTX, XLSX). */
  readonly entries: number;
  /** Of all that is unpacked, in bytes. */
  readonly unpackedBytes: number;
  /** How many times larger than its archive what is unpacked may be; asked from 1 MB on. */
  readonly ratio: number;
  /** Elements within elements, messages within messages. */
  readonly depth: number;
  /** For one document, reading alone. */
  readonly milliseconds: number;
  /** Beyond what the process holds when a document is begun. */
  readonly memoryBytes: number;
}

/** `text`: words alone; `layout`: tables, headings, lists and what stands around a page too, at a price of their own. */
export type ScanDetail = 'text' | 'layout';

/** How documents are read that are pictures of pages. */
export interface ScanPolicy {
  readonly detail: ScanDetail;
  /** Longer scans are not read. */
  readonly pages: number;
}

const MB = 1024 * 1024;

/** What holds unless the construct says otherwise. */
export const PARSE_DEFAULTS: ParsePolicy = {
  bytes: 50 * MB,
  pages: 2_000,
  characters: 5_000_000,
  entries: 10_000,
  unpackedBytes: 200 * MB,
  ratio: 200,
  depth: 500,
  milliseconds: 120_000,
  memoryBytes: 512 * MB,
};
