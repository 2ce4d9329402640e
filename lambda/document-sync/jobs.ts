import { createHash } from 'node:crypto';
import { spread } from './back-off';
import type { WantedJob, WatchedJob } from './request';
import { SYNC_METRICS, type SyncedSource, type SyncRequest } from '../../lib/contract/document-sync';
import type { Log } from '../kit/log';
import type { PublishMetrics } from '../kit/metrics';
import type { Clock } from '../ports/clock';
import { IngestionFailure } from '../ports/ingestion';
import type { IngestionJobs } from '../ports/ingestion-jobs';
import type { JobQueue } from '../ports/sync-queues';
import type { JobLease, JobLeases, SourceGates } from '../ports/sync-state';

export interface JobPorts {
  readonly ingestionJobs: IngestionJobs;
  readonly jobs: JobQueue;
  readonly leases: JobLeases;
  readonly gates: SourceGates;
  readonly clock: Pick<Clock, 'now' | 'chance'>;
  readonly publish: PublishMetrics;
  readonly log: Log;
}

/** An account may begin one job in ten seconds. */
const BETWEEN_STARTS_MS = 10_000;
/** Nobody else begins a job for so long after its holder was last heard of, and changes wait no longer for it. */
export const LEASE_MS = 10 * 60_000;
/** A job that was wanted so long ago is wanted no more. */
const WANTED_MS = 24 * 3_600_000;
const FIRST_LOOK_SECONDS = 10;
/** A job that is wanted while another is at work is to begin soon after. */
const BUSY_SECONDS = 4;

/** Puts a job of each source in line. */
export async function requestJobs({ sync }: SyncRequest, sources: readonly SyncedSource[], { jobs, clock, log }: Pick<JobPorts, 'jobs' | 'clock' | 'log'>): Promise<void> {
  const known = sources.map(({ dataSourceId }) => dataSourceId);
  const wanted = sync === 'all' ? known : [...new Set(sync)];
  for (const source of wanted) {
    if (!known.includes(source)) {
      log.error('no such source', { source });
      continue;
    }
    log.info('wanted', { source });
    await jobs.send({ want: source, wantedAt: clock.now(), attempt: 1 } satisfies WantedJob, 0);
  }
}

/**
 * Begins a job, or sends the wish for it again where it is not its turn. Whatever of it is done twice is done once: the wish names the holder of the
 * lease, and the lease's token names the job.
 */
export async function beginJob(wanted: WantedJob, ports: JobPorts): Promise<void> {
  const { want: source, wantedAt, attempt } = wanted;
  const { leases, gates, clock } = ports;
  const owner = `${source} ${wantedAt} ${attempt}`;
  const holder = await leases.find();
  if (holder?.owner === owner && holder.jobId !== undefined) return watch(holder, ports);

  const now = clock.now();
  const { startedAt = -Infinity, failedAt } = await gates.find(source);
  // A job that began after the wish does what it asks for; where that failed for good, so did the wish.
  if (startedAt > wantedAt && (attempt === 1 || startedAt === failedAt)) return ports.log.info('job', { source, what: 'covered' });
  if (now - wantedAt > WANTED_MS) return giveUp(source, ports);
  if (holder?.jobId !== undefined && holder.until < now) await adopt(holder, ports);

  const lease = await leases.take({ owner, dataSourceId: source, wantedAt, attempt, until: now + LEASE_MS }, now, now - BETWEEN_STARTS_MS);
  if (!lease) return later(wanted, 'busy', Math.max(BUSY_SECONDS, (startedAt + BETWEEN_STARTS_MS - now) / 1000), ports);
  if (await gates.close(source, lease.token, now, now + LEASE_MS) > 0) return later(wanted, 'changes', 2, ports);
  await start(wanted, lease, ports);
}

async function start(wanted: WantedJob, lease: JobLease, ports: JobPorts): Promise<void> {
  const { want: source, attempt } = wanted;
  const { leases, gates, clock, ingestionJobs, log } = ports;
  const startedAt = clock.now();
  try {
    const jobId = await ingestionJobs.start(source, tokenOf(source, lease));
    if (!await leases.keep(lease.token, { until: startedAt + LEASE_MS, jobId, startedAt })) return log.error('job', { source, jobId, what: 'the lease was lost' });
    await gates.began(source, startedAt);
    log.info('job', { source, jobId, attempt, what: 'begun' });
    await watch({ ...lease, jobId, startedAt }, ports);
  } catch (error) {
    if (!(error instanceof IngestionFailure)) throw error;
    const again = error.passes || await tryAgain(wanted, ports);
    await gates.open(source, lease.token, again ? {} : { failedAt: startedAt });
    await leases.release(lease.token);
    if (error.passes) return later(wanted, error.refusal, error.refusal === 'conflict' ? 30 : 10, ports);
    log.error('job', { source, attempt, what: error.refusal });
    if (!again) giveUp(source, ports);
  }
}

async function watch({ jobId, dataSourceId, token, look = 1 }: JobLease, { jobs }: JobPorts): Promise<void> {
  await jobs.send({ watch: jobId!, dataSourceId, token, look } satisfies WatchedJob, FIRST_LOOK_SECONDS);
}

/** A job whose looks were lost is looked at again. */
async function adopt(holder: JobLease, ports: JobPorts): Promise<void> {
  if (!await ports.leases.keep(holder.token, { until: ports.clock.now() + LEASE_MS })) return;
  ports.log.error('job', { source: holder.dataSourceId, jobId: holder.jobId, what: 'was lost sight of' });
  await watch(holder, ports);
}

async function later(wanted: WantedJob, why: string, seconds: number, { jobs, clock, log }: JobPorts): Promise<void> {
  log.info('job', { source: wanted.want, what: `waits: ${why}` });
  await jobs.send(wanted, spread(clock, seconds));
}

/** Three tries; the answer is whether there is one left. */
export async function tryAgain({ want, wantedAt, attempt }: WantedJob, { jobs, clock }: Pick<JobPorts, 'jobs' | 'clock'>): Promise<boolean> {
  if (attempt >= 3) return false;
  await jobs.send({ want, wantedAt, attempt: attempt + 1 } satisfies WantedJob, spread(clock, 30 * attempt));
  return true;
}

function giveUp(source: string, { publish, log }: JobPorts): void {
  log.error('job', { source, what: 'given up' });
  publish({ [SYNC_METRICS.syncJobsFailed]: 1 });
}

/** 64 characters; the service wants 33 at least. */
function tokenOf(source: string, { token, wantedAt, attempt }: JobLease): string {
  return createHash('sha256').update(JSON.stringify([source, token, wantedAt, attempt])).digest('hex');
}
