import { createHash } from 'node:crypto';
import { backOff } from './back-off';
import type { SyncedBatch } from './batch';
import type { ChangedDocument, Outcome, Outcomes } from './document';
import type { ReceivedChange } from './request';
import { CHANGE_ATTEMPTS, SYNC_METRICS } from '../../lib/contract/document-sync';
import { describeError, type Log } from '../kit/log';
import type { PublishMetrics } from '../kit/metrics';
import type { Clock } from '../ports/clock';
import type { ChangeQueue } from '../ports/sync-queues';
import type { OpenDocuments, SourceState } from '../ports/sync-state';

export interface ConcludePorts {
  readonly open: OpenDocuments;
  readonly changes: Pick<ChangeQueue, 'send' | 'hide'>;
  readonly clock: Pick<Clock, 'now' | 'chance'>;
  readonly publish: PublishMetrics;
  readonly log: Log;
}

/** Early enough for some runs that break off after it. */
const ANEW_FROM = CHANGE_ATTEMPTS - 4;
/** Seconds of the first wait and of the longest: a job takes minutes, a refusal moments; where jobs alone read, the next one may have to be asked for. */
const WAITS = {
  job: [20, 120], jobs: [5, 120], working: [20, 300], changed: [1, 30], throttled: [5, 300], conflict: [10, 300], unavailable: [5, 300], failed: [15, 300],
} as const;

/** Writes down what became of a batch of one source. The answer is the messages that come again. */
export async function conclude({ source, state, outcomes }: SyncedBatch, ports: ConcludePorts): Promise<string[]> {
  const { open, changes, clock, log } = ports;
  // What a job has covered it may have failed to read, and said so.
  await open.clear(source, [...outcomes].flatMap(([{ key }, outcome]) => (outcome.kind === 'done' && outcome.what !== 'covered' ? [key] : [])));

  const again: ReceivedChange[] = [];
  const hidden: { receipt: string; seconds: number }[] = [];
  const lost = new Set<ChangedDocument>();
  for (const [document, outcome] of outcomes) {
    note(source, document, outcome, log, clock.now());
    const reason = faultOf(outcome, document, state);
    const failures = reason === undefined ? 0 : await open.fail(source, { name: document.key, reason, at: clock.now() });
    if (outcome.kind === 'skipped') lost.add(document);
    if (outcome.kind !== 'hold' && outcome.kind !== 'failed') continue;

    // Waiting is no fault: what has not failed often enough begins anew before the queue gives it up.
    const resent = failures < ANEW_FROM ? document.received.filter(({ attempt }) => attempt >= ANEW_FROM) : [];
    if (resent.length === 0 && document.attempt >= CHANGE_ATTEMPTS) lost.add(document);
    await changes.send(resent.map(({ change, messageId, line }) => ({ change, line, id: createHash('sha256').update(`${messageId} again`).digest('hex') })));
    const [first, most] = WAITS[outcome.kind === 'hold' ? outcome.why : 'failed'];
    const seconds = backOff(clock, document.attempt, first, most);
    const waiting = document.received.filter((one) => !resent.includes(one));
    again.push(...waiting);
    hidden.push(...waiting.map(({ receipt }) => ({ receipt, seconds })));
  }
  await changes.hide(hidden);
  count(outcomes, state, lost, ports);
  return again.map(({ messageId }) => messageId);
}

/** What is wrong with a document, where something is: also that its job has failed for good, which it waits for. */
function faultOf(outcome: Outcome, { since }: ChangedDocument, { failedAt = -Infinity }: SourceState): string | undefined {
  if (outcome.kind === 'failed' || outcome.kind === 'skipped') return outcome.reason;
  return outcome.kind === 'hold' && (outcome.why === 'job' || outcome.why === 'jobs') && failedAt > since ? 'The job failed that was to read it.' : undefined;
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

/** A failure counts when it is the last, for those before may pass. */
function count(outcomes: Outcomes, { coveredAt }: SourceState, lost: ReadonlySet<ChangedDocument>, { publish, clock }: ConcludePorts): void {
  const now = clock.now();
  const done = [...outcomes].flatMap(([{ since }, outcome]) => {
    if (outcome.kind !== 'done' || outcome.what === 'forgotten') return [];
    // What a job has read could be found before anybody asked.
    return [{ what: outcome.what, lag: (outcome.what === 'covered' ? coveredAt ?? now : now) - since }];
  });
  if (lost.size === 0 && done.length === 0) return;
  const many = (wanted: string) => done.filter(({ what }) => what === wanted).length || undefined;
  publish({
    [SYNC_METRICS.documentsIndexed]: many('indexed'),
    [SYNC_METRICS.documentsDeleted]: many('deleted'),
    [SYNC_METRICS.documentsFailed]: lost.size || undefined,
    [SYNC_METRICS.syncLag]: done.length > 0 ? Math.max(0, ...done.map(({ lag }) => lag)) : undefined,
  });
}
