import type { ParsePolicy } from '../../lib/contract/parsing';
import type { DocumentAbout, ParsedDocument } from '../ports/parsing';

/** What a reader may go by. */
export interface Reading {
  readonly about: DocumentAbout;
  readonly policy: ParsePolicy;
  readonly signal: AbortSignal;
  /** Reads what a document holds: a mail its attachments. One level deeper counts against the policy's depth. */
  readonly within: (bytes: Uint8Array, about: DocumentAbout) => Promise<ParsedDocument>;
}

export type ReadBytes = (bytes: Uint8Array, reading: Reading) => Promise<ParsedDocument>;
export type ReadText = (text: string, reading: Reading) => ParsedDocument;
