import { type Attempt, beginAttempt, type Begun, OutOfTime, Taken } from './attempt';
import type { ChangedDocument, Outcome } from './document';
import { METADATA_BYTES, type Metadata, parseMetadata, tenantsOf } from './metadata';
import { chunkId, chunkIds, cutOf, hearing, textKey } from './version';
import { type IndexedAs, TOMBSTONE_SECONDS } from '../../lib/contract/document-index';
import { METADATA_ENDING, type SyncedSource } from '../../lib/contract/document-sync';
import { wholeCharacter } from '../chunk/tokens';
import { withLead } from '../kit/lead';
import { type Chunk, type Chunker, isChunkFailure } from '../ports/chunks';
import type { Clock } from '../ports/clock';
import type { DocumentState, DocumentStates, DocumentVersion, HeldVersion } from '../ports/document-states';
import { type Embeddings, isEmbeddingFailure } from '../ports/embeddings';
import type { Objects } from '../ports/objects';
import type { FoundOriginal, Originals } from '../ports/originals';
import { isParseFailure, type ParsedDocument, ParseFailure, type Parser } from '../ports/parsing';
import { isStoreFailure, type PassageStore, type StoredChunk } from '../ports/passage-store';

export interface IndexPorts {
  readonly states: DocumentStates;
  readonly originals: Originals;
  /** Keeps what was read, for citations that point into it. */
  readonly texts: Pick<Objects, 'put' | 'delete'>;
  readonly parser: Parser;
  readonly chunker: Chunker;
  readonly embeddings: Embeddings;
  readonly store: Pick<PassageStore, 'write' | 'remove'>;
  readonly clock: Pick<Clock, 'now' | 'pause' | 'chance'>;
}

export interface IndexTerms extends IndexedAs {
  readonly sources: readonly SyncedSource[];
  /** Larger documents are not read. */
  readonly mostBytes: number;
}

/** When to stop, and what says so to those who work. */
export interface Span {
  readonly until: number;
  readonly signal: AbortSignal;
}

/** Chunks that are embedded and written together: all that is in memory of vectors. */
const SLICE = 96;
const REMOVED_AT_ONCE = 250;
const LONGEST_REASON = 1_000;
/** Documents may say anything of themselves, and stores take so much: each chunk has its title. */
const LONGEST_TITLE = 300;
const LONGEST_NOTE = 500;
const MOST_NOTES = 50;

/**
 * Makes the index hold what the bucket holds of a document now, whatever the changes of it were. New chunks are written before old ones go, so that the
 * document is found all the while; every step is written down before what it changes, so that whoever comes after a worker that was killed goes on.
 */
export async function bringInStep(document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts): Promise<Outcome> {
  try {
    const begun = await beginAttempt(document, terms, ports);
    if (begun.kind === 'unchanged') return { kind: 'done', what: 'unchanged' };
    return await worked(begun, document, terms, span, ports);
  } catch (error) {
    return heldBack(error);
  }
}

async function worked({ attempt, found, tooManyTries }: Begun, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts): Promise<Outcome> {
  try {
    if (!found) return await forget(attempt, document, span, ports);
    if (tooManyTries) throw new ParseFailure('tooLarge', 'It could not be read: whoever tried ran out of memory or time.');
    return await index(attempt, found, document, terms, span, ports);
  } catch (error) {
    const fault = faultOf(error);
    if (fault) return fail(attempt, fault, document, span, ports);
    // Given back in order: nothing of the document has ended anybody.
    if (!(error instanceof Taken) && !(error instanceof OutOfTime && attempt.state.state === 'queued')) await attempt.save({ tries: 0 }).catch(() => undefined);
    throw error;
  }
}

async function index(attempt: Attempt, found: FoundOriginal, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts): Promise<Outcome> {
  const version = attempt.state.version!;
  const metadata = await readMetadata(version, document, terms, ports);
  const tenants = tenantsOf(metadata, terms.tenantField);
  if (terms.tenantField !== undefined && tenants.length === 0) {
    throw new ParseFailure('broken', `Its metadata file must say whose it is, by '${terms.tenantField}': nobody would find it.`);
  }
  const parsed = await read(found, document, terms, span, ports);
  const text = textKey(document.source, document.key, version.id);
  await ports.texts.put(text, JSON.stringify({ text: parsed.text, title: titleOf(parsed, document) }), { contentType: 'application/json' });
  await attempt.save({ state: 'parsed', tries: 0, title: titleOf(parsed, document), bytes: found.bytes, notes: notesOf(parsed), tenants, reason: undefined });

  const chunks = await cutUp(parsed, span, ports);
  if (chunks.length === 0) throw new ParseFailure('empty', 'Nothing can be read in it.');
  const { held, from } = intentOf(attempt.state, version, chunks);
  await attempt.save({ state: 'chunked', held, chunks: chunks.length, written: from });

  for (let first = from; first < chunks.length; first += SLICE) {
    if (span.signal.aborted || ports.clock.now() > span.until) throw new OutOfTime();
    const slice = await embedded(chunks.slice(first, first + SLICE), first, { parsed, metadata, version, document }, span, ports);
    await ports.store.write(slice);
    await attempt.save({ written: Math.min(first + SLICE, chunks.length) });
  }
  await attempt.save({ state: 'embedded' });

  const left = await removeHeld(attempt, document, span, ports, version.id);
  const heard = hearing(document.changes, attempt.state.heard);
  await attempt.save({ state: 'indexed', working: false, indexedAt: ports.clock.now(), heard, held: left });
  return { kind: 'done', what: 'indexed', chunks: chunks.length };
}

async function forget(attempt: Attempt, document: ChangedDocument, span: Span, ports: IndexPorts): Promise<Outcome> {
  const held = await removeHeld(attempt, document, span, ports);
  await attempt.save({ state: 'deleted', working: false, tries: 0, held, heard: hearing(document.changes, attempt.state.heard), ...NOTHING_OF_IT }, TOMBSTONE_SECONDS);
  return { kind: 'done', what: 'deleted' };
}

/** What lies in the bucket cannot be read: what was read of the document before is not in the bucket any more. */
async function fail(attempt: Attempt, { reason, passes }: Fault, document: ChangedDocument, span: Span, ports: IndexPorts): Promise<Outcome> {
  // Before any of it goes: whoever came after a worker that was killed here would go on behind chunks that are gone.
  if (attempt.state.written !== undefined) await attempt.save({ written: undefined });
  const held = await removeHeld(attempt, document, span, ports);
  const heard = hearing(document.changes, attempt.state.heard);
  const nothing = { chunks: undefined, written: undefined, indexedAt: undefined, ...(passes && { version: undefined }) };
  await attempt.save({ state: 'failed', working: false, tries: 0, held, heard, ...nothing, reason });
  return { kind: 'failed', reason };
}

const NOT_DESCRIBED: Metadata = {};

const NOTHING_OF_IT = {
  version: undefined, title: undefined, bytes: undefined, chunks: undefined, written: undefined, indexedAt: undefined, reason: undefined, notes: undefined,
} as const;

async function readMetadata({ metadataTag }: DocumentVersion, document: ChangedDocument, { fields }: IndexTerms, { originals }: IndexPorts) {
  const { bucket, key } = document;
  if (metadataTag === undefined) return NOT_DESCRIBED;
  const name = key + METADATA_ENDING;
  const about = await originals.find(bucket, name);
  if (about && about.bytes > METADATA_BYTES) throw new ParseFailure('tooLarge', `Its metadata file must have at most ${METADATA_BYTES} bytes, got ${about.bytes}.`);
  const bytes = await originals.read(bucket, name, metadataTag);
  if (!bytes) throw new Changed();
  return parseMetadata(bytes, fields);
}

async function read(found: FoundOriginal, { bucket, key }: ChangedDocument, { mostBytes }: IndexTerms, { signal }: Span, ports: IndexPorts) {
  const { tag, bytes: size, contentType } = found;
  const { originals, parser } = ports;
  if (size > mostBytes) throw new ParseFailure('tooLarge', `It must have at most ${mostBytes} bytes, got ${size}.`);
  const bytes = await originals.read(bucket, key, tag);
  if (!bytes) throw new Changed();
  try {
    return await parser.parse(bytes, { name: key, contentType }, signal);
  } catch (error) {
    // A parser that is told to stop says so in words of its own.
    if (signal.aborted && !isParseFailure(error)) throw new OutOfTime();
    throw error;
  }
}

async function cutUp(parsed: ParsedDocument, { signal }: Span, { chunker }: IndexPorts): Promise<readonly Chunk[]> {
  try {
    return await chunker.chunk(parsed, signal);
  } catch (error) {
    // A call that is broken off says so in words of its own.
    if (signal.aborted && !isChunkFailure(error)) throw new OutOfTime();
    throw error;
  }
}

/** What the store may hold from now on, and where writing begins: with the same cuts behind what was written before. */
function intentOf({ held, written = 0 }: DocumentState, { id }: DocumentVersion, chunks: readonly Chunk[]): { held: readonly HeldVersion[]; from: number } {
  const cut = cutOf(chunks);
  const before = held.find(({ version }) => version === id);
  const others = held.filter(({ version }) => version !== id);
  const most = Math.max(chunks.length, before?.chunks ?? 0);
  return { held: [...others, { version: id, chunks: most, cut }], from: before?.cut === cut ? Math.min(written, chunks.length) : 0 };
}

/** What is searched before a chunk's text. */
function leadOf({ headings, tableHead }: Pick<Chunk, 'headings' | 'tableHead'>): string {
  return [headings.join(' › '), tableHead].filter(Boolean).join('\n');
}

/** The texts that a document will be embedded by, before anybody brings it in step; none where that fails by the document's own fault. */
export async function textsToEmbed(found: FoundOriginal, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts): Promise<readonly string[]> {
  try {
    const chunks = await ports.chunker.chunk(await read(found, document, terms, span, ports), span.signal);
    return chunks.map((chunk) => withLead({ lead: leadOf(chunk), text: chunk.text }));
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
}

async function embedded(chunks: readonly Chunk[], first: number, told: Told, { signal }: Span, { embeddings }: IndexPorts) {
  const { parsed, metadata, version, document } = told;
  const title = titleOf(parsed, document);
  const stored = chunks.map(({ text, start, end, headings, page, tableHead }, at): Omit<StoredChunk, 'vector'> => ({
    id: chunkId(document.uri, version.id, first + at),
    document: document.uri,
    number: first + at,
    title,
    text,
    lead: leadOf({ headings, tableHead }),
    start,
    end,
    ...(page !== undefined && { page }),
    metadata,
  }));
  const vectors = await embeddings.embed(stored.map(withLead), 'document', signal);
  return stored.map((chunk, at) => ({ ...chunk, vector: vectors[at] }));
}

/** Takes out of the store and of the texts what they may hold of other versions, and of this one what is behind its last chunk. Gives what they hold then. */
async function removeHeld(attempt: Attempt, document: ChangedDocument, span: Span, ports: IndexPorts, kept?: string): Promise<readonly HeldVersion[]> {
  const { store, texts, clock } = ports;
  const { uri, source, key } = document;
  const { held, chunks = 0 } = attempt.state;
  const gone = held.flatMap(({ version, chunks: most }) => (version === kept ? chunkIds(uri, version, most).slice(chunks) : chunkIds(uri, version, most)));
  for (let first = 0; first < gone.length; first += REMOVED_AT_ONCE) {
    // Those that are gone already cost little: each run comes further.
    if (first > 0 && clock.now() > span.until) throw new OutOfTime();
    await store.remove(gone.slice(first, first + REMOVED_AT_ONCE));
  }
  const versions = held.filter(({ version }) => version !== kept).map(({ version }) => textKey(source, key, version));
  if (versions.length > 0) await texts.delete(versions);
  return held.filter(({ version }) => version === kept).map((one) => ({ ...one, chunks }));
}

function titleOf({ title }: ParsedDocument, { key }: ChangedDocument): string {
  return cutAt(title ?? key.slice(key.lastIndexOf('/') + 1), LONGEST_TITLE);
}

function notesOf({ notes }: ParsedDocument): string[] {
  const more = notes.length > MOST_NOTES ? [`and ${notes.length - MOST_NOTES} more`] : [];
  return [...notes.slice(0, MOST_NOTES).map((note) => cutAt(note, LONGEST_NOTE)), ...more];
}

function cutAt(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, wholeCharacter(text, 0, most - 1, text.length))}…` : text;
}

/** It was written or deleted while it was read; that is told of as a change of its own, but maybe never. */
class Changed extends Error {}

interface Fault {
  readonly reason: string;
  /** That it is somebody else's, who may mend it: the next look through the source tries the document again. */
  readonly passes?: boolean;
}

/** What fails again however often it is tried. */
function faultOf(error: unknown): Fault | undefined {
  const fault = (reason: string, passes = false): Fault => ({ reason: reason.slice(0, LONGEST_REASON), passes });
  if (isParseFailure(error)) return fault(error.message);
  if (isChunkFailure(error) && error.kind === 'refused') return fault(error.message, true);
  if (isEmbeddingFailure(error) && !isPassing(error)) return fault(`The embedding model refuses a chunk of it: ${error.message}`);
  if (isStoreFailure(error) && error.kind === 'refused') return fault(`The store refuses a chunk of it: ${error.message}`);
  return undefined;
}

/** What fails by somebody's limits or breakdown, and not by itself. */
function isPassing(error: unknown): error is Error & { readonly kind: 'throttled' | 'unavailable' } {
  return (isEmbeddingFailure(error) || isStoreFailure(error) || isChunkFailure(error)) && (error.kind === 'throttled' || error.kind === 'unavailable');
}

function heldBack(error: unknown): Outcome {
  if (error instanceof Taken) return { kind: 'hold', why: 'taken' };
  if (error instanceof Changed) return { kind: 'hold', why: 'changed' };
  if (error instanceof OutOfTime) return { kind: 'hold', why: 'time' };
  if (isPassing(error)) return { kind: 'hold', why: error.kind, cause: error };
  return { kind: 'broken', cause: error };
}
