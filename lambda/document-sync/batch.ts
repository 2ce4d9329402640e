import { type ChangedDocument, documentsOf, type Outcome, type Outcomes } from './document';
import { bringInStep, type InStepPorts } from './in-step';
import type { ReceivedChange, WantedJob } from './request';
import type { SyncedSource } from '../../lib/contract/document-sync';
import type { ChangeQueue, JobQueue } from '../ports/sync-queues';
import type { SourceGates, SourceState } from '../ports/sync-state';

export interface BatchPorts extends InStepPorts {
  readonly gates: SourceGates;
  readonly changes: Pick<ChangeQueue, 'waiting'>;
  readonly jobs: JobQueue;
}

export interface SyncPolicy {
  readonly sources: readonly SyncedSource[];
  /** From so many waiting changes on a job takes their place. */
  readonly backlog: number;
}

export interface SyncedBatch {
  readonly source: string;
  readonly state: SourceState;
  readonly outcomes: Outcomes;
}

/** A job counts for what changed so long before it began: the clock of events is another, and they tell whole seconds. */
const SINCE_MS = 5_000;
/** And for what had been put into the queue so long before. */
const SENT_MS = 1_000;
/** Changes seldom come alone, and each is to be put into the queue long enough before the job that is asked for. */
const GATHER_SECONDS = 2;
/** A job that was asked for is asked for again after so long, where none has begun. */
const WANTED_MS = 15 * 60_000;
/** A service that refuses so often has more to do than it can: a job asks for less. */
const THROTTLED_ATTEMPTS = 3;

/** Brings the documents of one batch in step, each source by itself. `batch` names the run. */
export function syncBatch(received: readonly ReceivedChange[], batch: string, until: number, policy: SyncPolicy, ports: BatchPorts): Promise<SyncedBatch[]> {
  const ids = [...new Set(received.map(({ change }) => change.dataSourceId))];
  return Promise.all(ids.map((id) => {
    const documents = documentsOf(received.filter(({ change }) => change.dataSourceId === id));
    const source = policy.sources.find(({ dataSourceId }) => dataSourceId === id);
    // The source was taken out of the stack, and its passages with it.
    if (!source) return { source: id, state: {}, outcomes: all(documents, { kind: 'done', what: 'forgotten' }) };
    return syncSource(source, documents, batch, until, policy, ports);
  }));
}

async function syncSource(
  source: SyncedSource, documents: readonly ChangedDocument[], batch: string, until: number, policy: SyncPolicy, ports: BatchPorts,
): Promise<SyncedBatch> {
  if (source.byJob) return leaveToJobs(source, documents, ports);
  const { dataSourceId } = source;
  const { gates, clock } = ports;
  const { entered, state } = await gates.enter(dataSourceId, batch, clock.now(), until);
  try {
    const covered = await coveredOf(source, documents, state, ports);
    const rest = documents.filter((document) => !covered.includes(document));
    const outcomes = new Map(all(covered, { kind: 'done', what: 'covered' }));
    if (rest.length > 0) {
      const held = !entered || await waitsForJob(dataSourceId, state, policy, ports);
      for (const [document, outcome] of held ? all(rest, { kind: 'hold', why: 'job' }) : await inStep(source, rest, until, ports)) outcomes.set(document, outcome);
    }
    return { source: dataSourceId, state, outcomes };
  } finally {
    // Best effort: its time is over with this run's in any case.
    if (entered) await gates.leave(dataSourceId, batch).catch(() => undefined);
  }
}

/** Nothing is begun for a document by itself that a job could be in the way of: the job that reads what changed is asked for while another is at work. */
async function leaveToJobs({ dataSourceId }: SyncedSource, documents: readonly ChangedDocument[], ports: BatchPorts): Promise<SyncedBatch> {
  const state = await ports.gates.find(dataSourceId);
  const { coveredFrom, startedAt, closedUntil = -Infinity } = state;
  const rest = documents.filter((document) => !isRead(document, coveredFrom));
  // The job at work reads those that changed before it began, and is tried again if it fails.
  const reading = closedUntil > ports.clock.now() ? startedAt : undefined;
  if (rest.some((document) => !isRead(document, reading))) await wantJob(dataSourceId, ports);
  const covered = documents.filter((document) => !rest.includes(document));
  return { source: dataSourceId, state, outcomes: new Map([...all(covered, { kind: 'done', what: 'covered' }), ...all(rest, { kind: 'hold', why: 'jobs' })]) };
}

/** Whether a job that began then reads a document as it was changed. */
function isRead({ since, sentAt }: ChangedDocument, startedAt = -Infinity): boolean {
  return Math.min(since + SINCE_MS, sentAt + SENT_MS) < startedAt;
}

/** Those that a complete job has read since they changed. What it failed to read is read by itself. */
async function coveredOf({ dataSourceId }: SyncedSource, documents: readonly ChangedDocument[], state: SourceState, { open }: BatchPorts) {
  const covered = documents.filter((document) => isRead(document, state.coveredFrom));
  if (covered.length === 0) return covered;
  const failed = (await open.find(dataSourceId, covered.map(({ key }) => key))).filter((one) => one.failed).map(({ name }) => name);
  return covered.filter(({ key }) => !failed.includes(key));
}

/** Whether a job is to take the place of what waits; asks for it. */
async function waitsForJob(dataSourceId: string, { wantedAt }: SourceState, { backlog }: SyncPolicy, ports: BatchPorts): Promise<boolean> {
  if (wantedAt === undefined && await ports.changes.waiting() < backlog) return false;
  await wantJob(dataSourceId, ports);
  return true;
}

async function inStep(source: SyncedSource, documents: readonly ChangedDocument[], until: number, ports: BatchPorts): Promise<Outcomes> {
  const outcomes = await bringInStep(source, documents, until, ports).catch((error: unknown) => {
    return all(documents, { kind: 'failed', reason: error instanceof Error ? error.name : typeof error, cause: error });
  });
  const throttled = [...outcomes].some(([{ attempt }, outcome]) => outcome.kind === 'hold' && outcome.why === 'throttled' && attempt >= THROTTLED_ATTEMPTS);
  if (throttled) await wantJob(source.dataSourceId, ports);
  return outcomes;
}

async function wantJob(dataSourceId: string, { gates, jobs, clock }: BatchPorts): Promise<void> {
  const wantedAt = clock.now();
  if (!await gates.want(dataSourceId, wantedAt, wantedAt - WANTED_MS)) return;
  await jobs.send({ want: dataSourceId, wantedAt, attempt: 1 } satisfies WantedJob, GATHER_SECONDS);
}

function all(documents: readonly ChangedDocument[], outcome: Outcome): Outcomes {
  return new Map(documents.map((document) => [document, outcome]));
}
