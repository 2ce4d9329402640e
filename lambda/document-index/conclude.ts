import type { ChangedDocument, Outcome } from './document';
import { describeBreak } from './fault';
import { notReached, removeHeld, tellChange } from './in-step';
import type { IndexPorts, IndexTerms } from './terms';
import { DOCUMENT_METRICS } from '../../lib/contract/document-index';
import { CHANGE_ATTEMPTS, SYNC_METRICS } from '../../lib/contract/document-sync';
import { hashOf } from '../kit/lines';
import { describeError, type Log } from '../kit/log';
import type { PublishMetrics } from '../kit/metrics';
import { isChunkFailure } from '../ports/chunks';
import type { DocumentState } from '../ports/document-states';
import { isStoreFailure } from '../ports/passage-store';
import type { ChangeQueue } from '../ports/sync-queues';

export interface ConcludePorts extends Pick<IndexPorts, 'states' | 'clock' | 'store' | 'texts' | 'generations'> {
  readonly terms: Pick<IndexTerms, 'tenantField'>;
  readonly changes: Pick<ChangeQueue, 'send' | 'hide'>;
  readonly publish: PublishMetrics;
  readonly log: Log;
}

/** Early enough for some runs that break off after it. */
const ANEW_FROM = CHANGE_ATTEMPTS - 4;
/** The rest goes when the document is tried again. */
const TAKEN_OUT_MS = 10_000;
/** Seconds of the first wait and of the longest. */
const WAITS = { throttled: [5, 300], unavailable: [5, 300], changed: [1, 30], time: [1, 1], taken: [10, 120], scanning: [10, 120], broken: [15, 300] } as const;

/** Writes down what became of a document. The answer is the messages that come again. */
export async function conclude(document: ChangedDocument, outcome: Outcome, ports: ConcludePorts): Promise<string[]> {
  note(document, outcome, ports);
  count(document, outcome, ports);
  if (outcome.kind === 'done' || outcome.kind === 'failed') return [];
  if (outcome.kind === 'broken' && document.attempt >= CHANGE_ATTEMPTS) await giveUp(document, outcome.cause, ports);

  return putOff(document, outcome, ports);
}

/** Has the changes of a document come again after a while. Waiting is no fault: it begins anew before the queue gives it up. The answer is the messages that come again as they are. */
export async function putOff(document: Pick<ChangedDocument, 'received' | 'attempt'>, outcome: Waiting, { changes, clock }: Pick<ConcludePorts, 'changes' | 'clock'>): Promise<string[]> {
  const resent = outcome.kind === 'hold' ? document.received.filter(({ attempt }) => attempt >= ANEW_FROM) : [];
  await changes.send(resent.map(({ change, messageId, line }) => ({ change, line, id: hashOf([messageId, 'again']) })));
  const waiting = document.received.filter((one) => !resent.includes(one));
  const seconds = backOff(outcome, document.attempt, clock);
  await changes.hide(waiting.map(({ receipt }) => ({ receipt, seconds })));
  return waiting.map(({ messageId }) => messageId);
}

type Waiting = Extract<Outcome, { readonly kind: 'hold' | 'broken' }>;

/** Whole seconds: twice as long with each attempt, and up to half as long again, so that not all come back at once. */
function backOff(outcome: Waiting, attempt: number, clock: ConcludePorts['clock']): number {
  const [first, most] = WAITS[outcome.kind === 'hold' ? outcome.why : 'broken'];
  return Math.ceil(Math.min(most, first * 2 ** (attempt - 1)) * (1 + clock.chance() / 2));
}

/** The queue hands it out no more. Whoever looks at the document reads so, and the next look through the source tries it again. */
async function giveUp(document: ChangedDocument, cause: unknown, ports: ConcludePorts): Promise<void> {
  const { source, key } = document;
  const { states, clock, log } = ports;
  const known = await states.find(source, key);
  if (!known) return;
  // Before any of it goes, as with what fails: nobody goes on behind chunks that are gone.
  const revision = await states.save({ ...known.state, written: undefined }, known.revision);
  if (revision === undefined) return log.info('document is taken by another', { source, key });
  const held = await takenOut(known.state, document, ports);
  await tellChange(known.state, ports.terms, ports);
  const why = isChunkFailure(cause) ? cause.message : isForbidden(cause) ? 'the store does not let it in' : cause instanceof Error ? cause.name : typeof cause;
  const reason = `It was given up after ${CHANGE_ATTEMPTS} attempts (${why}): the log says why, and its change waits in the dead-letter queue.`;
  const nothing = { version: undefined, chunks: undefined, written: undefined, indexedAt: undefined };
  const saved = await states.save({ ...known.state, ...nothing, held, state: 'failed', working: false, reason, failedBefore: notReached(known.state), updatedAt: clock.now() }, revision);
  if (saved === undefined) log.info('document is taken by another', { source, key });
}

function isForbidden(cause: unknown): boolean {
  return isStoreFailure(cause) && cause.kind === 'forbidden';
}

/** What failed is not found: what the store holds of it goes, as far as that is to be had. */
async function takenOut(state: DocumentState, document: ChangedDocument, ports: ConcludePorts): Promise<DocumentState['held']> {
  try {
    return await removeHeld({ state }, document, { until: ports.clock.now() + TAKEN_OUT_MS }, ports);
  } catch (error) {
    ports.log.error('document is found as it was', { source: document.source, key: document.key, ...describeError(error) });
    return state.held;
  }
}

function note({ index, source, key, received, attempt, since }: ChangedDocument, outcome: Outcome, { log, clock }: ConcludePorts): void {
  const fields = { ...(index !== undefined && { index }), source, key, attempt, changes: received.length, lag: clock.now() - since };
  switch (outcome.kind) {
    case 'done': return log.info('document', { ...fields, what: outcome.what, chunks: outcome.chunks });
    case 'failed': return log.error('document', { ...fields, what: 'failed', reason: outcome.reason });
    case 'hold': return log.info('document', { ...fields, what: `waits: ${outcome.why}`, ...(outcome.cause && { cause: outcome.cause.message }) });
    default: return log.error('document', { ...fields, what: 'broken', ...describeBreak(outcome.cause) });
  }
}

function count({ index, attempt, since }: ChangedDocument, outcome: Outcome, { publish, clock }: ConcludePorts): void {
  // Of an index that does not answer nobody finds anything: what it costs is counted, and no document twice.
  if (index !== undefined) return outcome.kind === 'done' && outcome.chunks !== undefined ? publish({ [DOCUMENT_METRICS.chunksIndexed]: outcome.chunks }) : undefined;
  const lag = { [SYNC_METRICS.syncLag]: Math.max(0, clock.now() - since) };
  if (outcome.kind === 'done' && outcome.what === 'indexed') publish({ [SYNC_METRICS.documentsIndexed]: 1, [DOCUMENT_METRICS.chunksIndexed]: outcome.chunks, ...lag });
  if (outcome.kind === 'done' && outcome.what === 'deleted') publish({ [SYNC_METRICS.documentsDeleted]: 1, ...lag });
  if (outcome.kind === 'failed' || (outcome.kind === 'broken' && attempt >= CHANGE_ATTEMPTS)) publish({ [SYNC_METRICS.documentsFailed]: 1 });
  if (outcome.kind === 'hold' && (outcome.why === 'throttled' || outcome.why === 'unavailable')) publish({ [DOCUMENT_METRICS.documentsHeld]: 1 });
}
