import { type Attempt, beginAttempt, type Begun, OutOfTime, Taken } from './attempt';
import type { ChangedDocument, Outcome } from './document';
import { type Fault, faultOf, heldBack } from './fault';
import { parseMetadata, tenantsIn } from './metadata';
import { cutUp, readDescription } from './original';
import { embedded, linesOf, notesOf, titleOf } from './passages';
import { readOrScan } from './scan';
import type { IndexPorts, IndexTerms, Span } from './terms';
import { chunkIds, cutOf, hearing, textKey } from './version';
import { type DocumentStateName, TOMBSTONE_SECONDS } from '../../lib/contract/document-index';
import type { Chunk } from '../ports/chunks';
import type { DocumentState, DocumentVersion, HeldVersion } from '../ports/document-states';
import type { FoundOriginal } from '../ports/originals';
import { ParseFailure } from '../ports/parsing';
import type { Scalar } from '../ports/passages';

/** Chunks that are embedded and written together: all that is in memory of vectors. */
const SLICE = 96;
/** Whoever had less time, before others took it, says nothing of a document that it was not enough for. */
const WHOLE_RUN_MS = 200_000;
const REMOVED_AT_ONCE = 250;

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
  const begunAt = ports.clock.now();
  try {
    if (!found) return await forget(attempt, document, terms, span, ports);
    if (tooManyTries) throw new ParseFailure('tooLarge', 'It could not be read: whoever tried ran out of memory or time.');
    return await index(attempt, found, document, terms, span, ports);
  } catch (error) {
    const fault = faultOf(error);
    if (fault) return fail(attempt, fault, document, terms, span, ports);
    if (error instanceof Taken) throw error;
    // Given back in order: nothing of the document has ended anybody. What a whole run was not enough to read would end the next one too.
    const ended = error instanceof OutOfTime && (attempt.state.state === 'queued' || attempt.state.state === 'scanning');
    const tries = !ended ? 0 : begunAt > span.until - WHOLE_RUN_MS ? attempt.state.tries - 1 : undefined;
    if (tries !== undefined) await attempt.save({ tries }).catch(() => undefined);
    throw error;
  }
}

async function index(attempt: Attempt, found: FoundOriginal, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts): Promise<Outcome> {
  const version = attempt.state.version!;
  const description = await readDescription(version, document, ports);
  const tenants = await ownersOf(attempt, description, terms);
  const metadata = parseMetadata(description, terms.fields);
  const parsed = await readOrScan(attempt, found, document, terms, span, ports);
  const text = textKey(document.source, document.key, version.id);
  await ports.texts.put(text, JSON.stringify({ text: parsed.text, title: titleOf(parsed, document) }), { contentType: 'application/json' });
  await attempt.save({ state: 'parsed', tries: 0, title: titleOf(parsed, document), bytes: found.bytes, notes: notesOf(parsed), tenants, reason: undefined });

  const chunks = await cutUp(parsed, span, ports);
  if (chunks.length === 0) throw new ParseFailure('empty', 'Nothing can be read in it.');
  const { held, from } = intentOf(attempt.state, version, chunks, tenants);
  await attempt.save({ state: 'chunked', held, chunks: chunks.length, written: from });

  const context = await ports.context?.begin(parsed, chunks);
  for (let first = from; first < chunks.length; first += SLICE) {
    if (span.signal.aborted || ports.clock.now() > span.until) throw new OutOfTime();
    const lines = await linesOf(context, first, Math.min(first + SLICE, chunks.length), span);
    const slice = await embedded(chunks.slice(first, first + SLICE), first, { parsed, metadata, version, document, lines }, span, ports);
    await ports.store.write(slice);
    await attempt.save({ written: Math.min(first + SLICE, chunks.length) });
  }
  await attempt.save({ state: 'embedded' });

  const left = await removeHeld(attempt, document, span, ports, version.id);
  await tellChange(attempt.state, terms, ports);
  const heard = hearing(document.changes, attempt.state.heard);
  await ports.order?.settles();
  await attempt.save({ state: 'indexed', working: false, indexedAt: ports.clock.now(), heard, held: left });
  return { kind: 'done', what: 'indexed', chunks: chunks.length };
}

/** Whose it is, where documents belong to tenants. From then on they see what becomes of it, though it cannot be read. */
async function ownersOf(attempt: Attempt, description: Uint8Array | undefined, { fields, tenantField }: IndexTerms): Promise<readonly Scalar[]> {
  if (tenantField === undefined) return [];
  const tenants = tenantsIn(description, fields, tenantField);
  if (tenants.length === 0) throw new ParseFailure('broken', `Its metadata file must say whose it is, by '${tenantField}': nobody would find it.`);
  if (JSON.stringify(tenants) !== JSON.stringify(attempt.state.tenants)) await attempt.save({ tenants });
  return tenants;
}

async function forget(attempt: Attempt, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts): Promise<Outcome> {
  const held = await removeHeld(attempt, document, span, ports);
  await tellChange(attempt.state, terms, ports);
  await ports.order?.settles();
  await attempt.save({ state: 'deleted', working: false, tries: 0, held, heard: hearing(document.changes, attempt.state.heard), ...NOTHING_OF_IT }, TOMBSTONE_SECONDS);
  return { kind: 'done', what: 'deleted' };
}

/** What lies in the bucket cannot be read: what was read of the document before is not in the bucket any more. */
async function fail(attempt: Attempt, fault: Fault, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts): Promise<Outcome> {
  const { reason, passes } = fault;
  // Before any of it goes: whoever came after a worker that was killed here would go on behind chunks that are gone.
  if (attempt.state.written !== undefined) await attempt.save({ written: undefined });
  const held = await removeHeld(attempt, document, span, ports);
  await tellChange(attempt.state, terms, ports);
  const heard = hearing(document.changes, attempt.state.heard);
  const nothing = { chunks: undefined, written: undefined, indexedAt: undefined, ...(passes && { version: undefined }) };
  await ports.order?.settles();
  await attempt.save({ state: 'failed', working: false, tries: 0, held, heard, ...nothing, reason, failedBefore: notReached(attempt.state) });
  return { kind: 'failed', reason };
}

/** The state that a document has not come to where it stops now. */
export function notReached({ state, version }: Pick<DocumentState, 'state' | 'version'>): DocumentStateName {
  if (version === undefined) return 'deleted';
  return NEXT[state] ?? 'parsed';
}

const NEXT: Partial<Readonly<Record<DocumentStateName, DocumentStateName>>> = { parsed: 'chunked', chunked: 'embedded', embedded: 'indexed' };

const NOTHING_OF_IT = {
  version: undefined,
  title: undefined,
  bytes: undefined,
  chunks: undefined,
  written: undefined,
  indexedAt: undefined,
  reason: undefined,
  notes: undefined,
  scan: undefined,
} as const;

/** What the store may hold from now on, and where writing begins: with the same cuts behind what was written before. */
function intentOf(
  { held, written = 0 }: DocumentState, { id }: DocumentVersion, chunks: readonly Chunk[], tenants: readonly Scalar[],
): { held: readonly HeldVersion[]; from: number } {
  const cut = cutOf(chunks);
  const before = held.find(({ version }) => version === id);
  const others = held.filter(({ version }) => version !== id);
  const most = Math.max(chunks.length, before?.chunks ?? 0);
  const intended = { version: id, chunks: most, cut, ...(tenants.length > 0 && { tenants }) };
  return { held: [...others, intended], from: before?.cut === cut ? Math.min(written, chunks.length) : 0 };
}

/**
 * Answers that were given from what the store held before are told no more. Before it is written down that the document is in step, so that whoever comes after a
 * worker that was killed tells it again; after the store has changed, so that nothing of before is answered in the new generation.
 */
export async function tellChange(
  { held }: DocumentState, { tenantField }: Pick<IndexTerms, 'tenantField'>, { generations }: Pick<IndexPorts, 'generations'>,
): Promise<void> {
  const changed = held.filter(({ chunks }) => chunks > 0);
  if (changed.length === 0) return;
  await generations?.raise(tenantField === undefined ? [undefined] : changed.flatMap(({ tenants = [] }) => tenants));
}

/** Takes out of the store and of the texts what they may hold of other versions, and of this one what is behind its last chunk. Gives what they hold then. */
export async function removeHeld(
  attempt: Pick<Attempt, 'state'>, document: ChangedDocument, span: Pick<Span, 'until'>, ports: Pick<IndexPorts, 'store' | 'texts' | 'clock'>, kept?: string,
): Promise<readonly HeldVersion[]> {
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
