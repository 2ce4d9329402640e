import { createHash } from 'node:crypto';
import { backOff } from './back-off';
import type { SyncedBatch } from './batch';
import type { ChangedDocument, Outcome } from './document';
import type { ReceivedChange } from './request';
import { CHANGE_ATTEMPTS, SYNC_METRICS } from '../../lib/contract/document-sync';
import { describeError, type Log } from '../kit/log';
import type { PublishMetrics } from '../kit/metrics';
import type { Clock } from '../ports/clock';
import type { ChangeQueue } from '../ports/sync-queues';
import type { OpenDocuments } from '../ports/sync-state';

export interface ConcludePorts {
  readonly open: OpenDocuments;
  readonly changes: Pick<ChangeQueue, 'send' | 'hide'>;
  readonly clock: Pick<Clock, 'now' | 'chance'>;
  readonly publish: PublishMetrics;
  readonly log: Log;
}

/** Seconds of the first wait and of the longest: a job takes minutes, a refusal moments. */
const WAITS = {
  job: [20, 120], working: [20, 300], changed: [1, 30], throttled: [5, 300], conflict: [10, 300], unavailable: [5, 300], failed: [15, 300],
} as const;

/** Writes down what became of a batch of one source. The answer is the messages that come again. */
export async function conclude({ source, state, outcomes }: SyncedBatch, ports: ConcludePorts): Promise<string[]> {
  const { open, changes, clock, log } = ports;
  const told = [...outcomes];
  // What a job has covered it may have failed to read, and said so.
  await open.clear(source, told.flatMap(([{ key }, outcome]) => (outcome.kind === 'done' && outcome.what !== 'covered' ? [key] : [])));
  for (const [{ key }, outcome] of told) {
    if (outcome.kind === 'failed' || outcome.kind === 'skipped') await open.fail(source, { name: key, reason: outcome.reason, at: clock.now() });
  }

  const again: ReceivedChange[] = [];
  const hidden: { receipt: string; seconds: number }[] = [];
  for (const [document, outcome] of told) {
    const { key, attempt, since, received } = document;
    note(source, document, outcome, log, clock.now());
    if (outcome.kind !== 'hold' && outcome.kind !== 'failed') continue;
    const [first, most] = WAITS[outcome.kind === 'hold' ? outcome.why : 'failed'];
    const seconds = backOff(clock, attempt, first, most);
    const last = received.filter((one) => one.attempt >= CHANGE_ATTEMPTS);
    // Waiting is no fault: it begins anew before the queue gives the message up. Where a job has failed for good, it is one.
    const fault = outcome.kind === 'failed' || (outcome.why === 'job' && (state.failedAt ?? -Infinity) > since);
    if (fault && outcome.kind === 'hold' && last.length > 0) await open.fail(source, { name: key, reason: 'The job failed that was to read it.', at: clock.now() });
    const resent = fault ? [] : last;
    await changes.send(resent.map(({ change, messageId }) => ({ change, id: createHash('sha256').update(`${messageId} again`).digest('hex') })));
    const waiting = received.filter((one) => !resent.includes(one));
    again.push(...waiting);
    hidden.push(...waiting.map(({ receipt }) => ({ receipt, seconds })));
  }
  await changes.hide(hidden);
  count(told, ports);
  return again.map(({ messageId }) => messageId);
}

function note(source: string, { key, received, attempt, since }: ChangedDocument, outcome: Outcome, log: Log, now: number): void {
  const what = whatOf(outcome);
  const fields = { source, key, what, attempt, changes: received.length, lag: now - since };
  if (outcome.kind === 'failed') log.error('document', { ...fields, ...(outcome.cause !== undefined && describeError(outcome.cause)) });
  else log.info('document', fields);
}

function whatOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'done': return outcome.what;
    case 'hold': return `waits: ${outcome.why}`;
    default: return outcome.kind;
  }
}

function count(told: readonly (readonly [ChangedDocument, Outcome])[], { publish, clock }: ConcludePorts): void {
  const many = (wanted: (outcome: Outcome, document: ChangedDocument) => boolean) => {
    return told.filter(([document, outcome]) => wanted(outcome, document)).length || undefined;
  };
  // A failure counts when it is the last: those before may pass.
  const failed = many(({ kind }, { attempt }) => kind === 'skipped' || (kind === 'failed' && attempt >= CHANGE_ATTEMPTS));
  const found = told.filter(([, outcome]) => outcome.kind === 'done' && outcome.what !== 'forgotten');
  if (failed === undefined && found.length === 0) return;
  publish({
    [SYNC_METRICS.documentsIndexed]: many((outcome) => outcome.kind === 'done' && outcome.what === 'indexed'),
    [SYNC_METRICS.documentsDeleted]: many((outcome) => outcome.kind === 'done' && outcome.what === 'deleted'),
    [SYNC_METRICS.documentsFailed]: failed,
    [SYNC_METRICS.syncLag]: found.length > 0 ? Math.max(0, ...found.map(([{ since }]) => clock.now() - since)) : undefined,
  });
}
