import { Changed, OutOfTime } from './attempt';
import type { ChangedDocument } from './document';
import { faultOf } from './fault';
import type { Metadata } from './metadata';
import { cutUp, read } from './original';
import type { IndexPorts, IndexTerms, Span } from './terms';
import { chunkId } from './version';
import { wholeCharacter } from '../chunk/tokens';
import { withLead } from '../kit/lead';
import type { Chunk } from '../ports/chunks';
import type { ContextLines } from '../ports/context-lines';
import type { DocumentVersion } from '../ports/document-states';
import type { FoundOriginal } from '../ports/originals';
import type { ParsedDocument } from '../ports/parsing';
import type { StoredChunk } from '../ports/passage-store';

/** Documents may say anything of themselves, and stores take so much: each chunk has its title. */
const LONGEST_TITLE = 300;
const LONGEST_NOTE = 500;
const MOST_NOTES = 50;

/** The texts that a document will be embedded by, before anybody brings it in step; none where that fails by the document's own fault. */
export async function textsToEmbed(
  found: FoundOriginal, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts,
): Promise<readonly string[]> {
  try {
    const parsed = await read(found, document, terms, span, ports);
    const chunks = await cutUp(parsed, span, ports);
    const lines = await linesOf(await ports.context?.begin(parsed, chunks), 0, chunks.length, span);
    return chunks.map((chunk, at) => withLead({ lead: leadOf(chunk, lines[at]), text: chunk.text }));
  } catch (error) {
    if (error instanceof Changed || faultOf(error) !== undefined) return [];
    throw error;
  }
}

interface Told {
  readonly parsed: ParsedDocument;
  readonly metadata: Metadata;
  readonly version: DocumentVersion;
  readonly document: ChangedDocument;
  /** Of context, one a chunk where there are any. */
  readonly lines: readonly (string | undefined)[];
}

/** Lines of context, where there are any. */
export async function linesOf(context: ContextLines | undefined, first: number, end: number, { signal }: Span): Promise<readonly (string | undefined)[]> {
  try {
    return await context?.write(first, end, signal) ?? [];
  } catch (error) {
    // Calls that are broken off say so in words of their own.
    if (signal.aborted) throw new OutOfTime();
    throw error;
  }
}

/** Chunks as the store takes them. */
export async function embedded(chunks: readonly Chunk[], first: number, told: Told, { signal }: Span, { embeddings }: IndexPorts) {
  const { parsed, metadata, version, document, lines } = told;
  const title = titleOf(parsed, document);
  const stored = chunks.map(({ text, start, end, headings, page, tableHead }, at): Omit<StoredChunk, 'vector'> => ({
    id: chunkId(document.uri, version.id, first + at),
    document: document.uri,
    number: first + at,
    title,
    text,
    lead: leadOf({ headings, tableHead }, lines[at]),
    start,
    end,
    ...(page !== undefined && { page }),
    metadata,
  }));
  const vectors = await embeddings.embed(stored.map(withLead), 'document', signal);
  return stored.map((chunk, at) => ({ ...chunk, vector: vectors[at] }));
}

/** What is searched before a chunk's text. */
function leadOf({ headings, tableHead }: Pick<Chunk, 'headings' | 'tableHead'>, line: string | undefined): string {
  return [headings.join(' › '), line, tableHead].filter(Boolean).join('\n');
}

/** What a document is called. */
export function titleOf({ title }: ParsedDocument, { key }: ChangedDocument): string {
  return cutAt(title ?? key.slice(key.lastIndexOf('/') + 1), LONGEST_TITLE);
}

/** What was left out of it, at no great length. */
export function notesOf({ notes }: ParsedDocument): string[] {
  const more = notes.length > MOST_NOTES ? [`and ${notes.length - MOST_NOTES} more`] : [];
  return [...notes.slice(0, MOST_NOTES).map((note) => cutAt(note, LONGEST_NOTE)), ...more];
}

function cutAt(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, wholeCharacter(text, 0, most - 1, text.length))}…` : text;
}
