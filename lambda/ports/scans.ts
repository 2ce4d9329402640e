import type { ParsedDocument } from './parsing';

/** Reads documents that are pictures of pages, which takes minutes: it is begun, and asked for later. Throws `ParseFailure` for what cannot be read, and `ScanDelay`. */
export interface ScanReader {
  /** Begins to read an object of S3. The same token is the same job. Returns the job's id. */
  begin(source: ScanSource, token: string): Promise<string>;
  /** What was read; undefined while it is being read. It can be asked for within seven days. */
  read(job: string, signal: AbortSignal): Promise<ScannedDocument | undefined>;
}

export interface ScannedDocument {
  readonly document: ParsedDocument;
  /** How many pages were read, and are paid for. */
  readonly pages: number;
}

/** The service behind it. */
export interface Scans extends Pick<ScanReader, 'begin'> {
  /** Undefined while it is being read. */
  result(job: string, signal: AbortSignal): Promise<ScanResult | undefined>;
}

export interface ScanSource {
  readonly bucket: string;
  readonly key: string;
}

export interface ScanResult {
  /** Of the whole document. */
  readonly pages: number;
  /** Fetched one after the other, as they are asked for; page after page. */
  readonly parts: AsyncIterable<ScanPart>;
}

export interface ScanPart {
  readonly blocks: readonly ScanBlock[];
  /** Pages that could not be read, among others that were. */
  readonly failedPages: readonly number[];
}

/** Something found on a page, and what it consists of; as far as it is used, with Textract's own words. */
export interface ScanBlock {
  readonly id: string;
  /** `PAGE`, `LINE`, `WORD`, `TABLE`, `CELL`, `MERGED_CELL`, `SELECTION_ELEMENT`, `LAYOUT_…`. */
  readonly type: string;
  readonly page: number;
  readonly text?: string;
  readonly children: readonly string[];
  readonly mergedCells?: readonly string[];
  readonly row?: number;
  readonly column?: number;
  readonly selected?: boolean;
  /** In shares of the page's width and height. */
  readonly box?: ScanBox;
}

export interface ScanBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** busy: too many jobs or calls at once, worth another try; lost: the job is not known any more and has to be begun anew. */
export class ScanDelay extends Error {
  constructor(readonly kind: 'busy' | 'lost', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ScanDelay';
  }
}

/** Told by its name: what reads scans is a part of its own. */
export function isScanDelay(error: unknown): error is ScanDelay {
  return error instanceof Error && error.name === 'ScanDelay';
}
