import { readCsv } from './csv';
import { decode, type GuessCharset, wideEncoding } from './encoding';
import { formatOfBytes, formatOfText, type OfficeFormat } from './format';
import { readJson, readJsonLines } from './json';
import { readMarkdown } from './markdown';
import { readPlain } from './plain';
import type { ReadBytes, Reading, ReadText } from './reading';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { type DocumentAbout, isParseFailure, type ParsedDocument, ParseFailure } from '../ports/parsing';

/** What is heavy, each loaded when the first document needs it. */
export interface Readers {
  pdf(): Promise<ReadBytes>;
  office(): Promise<Readonly<Record<OfficeFormat, ReadBytes>>>;
  html(): Promise<ReadText>;
  mail(): Promise<ReadBytes>;
  charset(): Promise<GuessCharset>;
}

/** Mails in mails. */
const DEEPEST = 3;

/**
 * Reads a document: what it is by its bytes first, its name's ending second, the type it was uploaded as last. Throws `ParseFailure`, and the
 * signal's reason when that is aborted.
 */
export async function parse(
  bytes: Uint8Array, about: DocumentAbout, policy: ParsePolicy, readers: Readers, signal: AbortSignal, depth = 0,
): Promise<ParsedDocument> {
  signal.throwIfAborted();
  if (bytes.length === 0) throw new ParseFailure('empty', 'the document has no bytes');
  if (bytes.length > policy.bytes) throw new ParseFailure('tooLarge', `the document has ${bytes.length} bytes; at most ${policy.bytes} are read`);
  const within: Reading['within'] = (inner, name) => {
    if (depth === DEEPEST) throw new ParseFailure('tooLarge', `documents stand within each other more than ${DEEPEST} deep`);
    return parse(inner, name, policy, readers, signal, depth + 1);
  };
  try {
    return await read(bytes, { about, policy, signal, within }, readers);
  } catch (error) {
    signal.throwIfAborted();
    throw asFailure(error);
  }
}

async function read(bytes: Uint8Array, reading: Reading, readers: Readers): Promise<ParsedDocument> {
  const binary = formatOfBytes(bytes, reading.policy);
  if (binary === 'pdf') return (await readers.pdf())(bytes, reading);
  if (binary) return (await readers.office())[binary](bytes, reading);
  const text = await decode(bytes, reading.about, () => readers.charset());
  if (!text.trim()) throw new ParseFailure('empty', 'the document holds nothing but blanks');
  switch (formatOfText(text, reading.about)) {
    // A mail says in which encoding each of its parts is: its bytes are read, unless all of it was written down in wide characters.
    case 'eml': return (await readers.mail())(wideEncoding(bytes) ? Buffer.from(text) : bytes, reading);
    case 'html': return (await readers.html())(text, reading);
    case 'markdown': return readMarkdown(text, reading);
    case 'csv': return readCsv(text, reading);
    case 'json': return readJson(text, reading);
    case 'jsonl': return readJsonLines(text, reading);
    case 'text': return readPlain(text, reading);
  }
}

function asFailure(error: unknown): ParseFailure {
  if (isParseFailure(error)) return error;
  if (error instanceof RangeError) return new ParseFailure('tooLarge', 'the document takes more memory than there is for it', { cause: error });
  return new ParseFailure('broken', `the document cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
