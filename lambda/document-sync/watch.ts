import { spread } from './back-off';
import { type JobPorts, LEASE_MS, tryAgain } from './jobs';
import type { WantedJob, WatchedJob } from './request';
import { SYNC_METRICS } from '../../lib/contract/document-sync';
import { type Ingestion, IngestionFailure } from '../ports/ingestion';
import type { JobReport } from '../ports/ingestion-jobs';
import type { JobLease, OpenDocuments } from '../ports/sync-state';

export interface WatchPorts extends JobPorts {
  readonly ingestion: Pick<Ingestion, 'list'>;
  readonly open: OpenDocuments;
}

const LONGEST_LOOK_SECONDS = 120;

/** Looks at a job, again and again by messages, until it has ended; then tells what it did, and lets the next one begin. */
export async function watchJob(watched: WatchedJob, until: number, ports: WatchPorts): Promise<void> {
  const { watch: jobId, dataSourceId, token, look } = watched;
  const { leases, gates, clock, jobs } = ports;
  const lease = await leases.find();
  // It has been dealt with, or this look is one that came twice.
  if (lease?.token !== token || lease.jobId !== jobId || look < (lease.look ?? 1)) return;

  const job = await find(watched, ports);
  if (job === undefined || job.standing === 'working') {
    await jobs.send({ ...watched, look: look + 1 } satisfies WatchedJob, Math.min(LONGEST_LOOK_SECONDS, spread(clock, 5 + 5 * look)));
    await leases.keep(token, { until: clock.now() + LEASE_MS, look: look + 1 });
    await gates.close(dataSourceId, token, clock.now(), clock.now() + LEASE_MS);
    return;
  }
  await finish(job, lease, until, ports);
}

/** The source was taken out of the stack, and its job is stopped: others have their turn, and nothing has failed. */
export async function forgetJob(job: WantedJob | WatchedJob, { leases, log }: Pick<WatchPorts, 'leases' | 'log'>): Promise<void> {
  if ('want' in job) return log.info('job', { source: job.want, what: 'forgotten' });
  if (await leases.release(job.token)) log.info('job', { source: job.dataSourceId, jobId: job.watch, what: 'forgotten' });
}

/** Undefined where the service does not say now. */
async function find({ watch: jobId, dataSourceId }: WatchedJob, { ingestionJobs }: WatchPorts): Promise<JobReport | undefined> {
  try {
    return await ingestionJobs.find(dataSourceId, jobId);
  } catch (error) {
    if (!(error instanceof IngestionFailure)) throw error;
    if (error.passes) return undefined;
    return { jobId, standing: 'failed', indexed: 0, deleted: 0, failed: 0, reasons: [error.message] };
  }
}

async function finish(job: JobReport, lease: JobLease, until: number, ports: WatchPorts): Promise<void> {
  const { dataSourceId: source, token, wantedAt, attempt, startedAt = wantedAt } = lease;
  const { leases, gates, publish, log, clock } = ports;
  const complete = job.standing === 'complete';
  if (complete) await listFailures(source, job, until, ports);
  else await ports.open.fail(source, { name: `job ${job.jobId}`, reason: reasonOf(job), at: clock.now() });
  // What was stopped was stopped on purpose.
  const again = job.standing === 'failed' && await tryAgain({ want: source, wantedAt, attempt }, ports);
  await gates.open(source, token, complete ? { coveredFrom: startedAt, coveredAt: clock.now() } : again ? {} : { failedAt: startedAt });
  // Of two looks at its end one gives the lease up, and counts.
  if (!await leases.release(token)) return;
  publish({
    [SYNC_METRICS.syncJobs]: 1,
    [SYNC_METRICS.syncJobsFailed]: complete ? undefined : 1,
    [SYNC_METRICS.documentsIndexed]: job.indexed,
    [SYNC_METRICS.documentsDeleted]: job.deleted,
    [SYNC_METRICS.documentsFailed]: job.failed,
  });
  const { jobId, standing: what, indexed, deleted, failed } = job;
  const fields = { source, jobId, attempt, what, indexed, deleted, failed, duration: clock.now() - startedAt };
  if (complete && failed === 0) log.info('job', fields);
  else log.error('job', fields);
}

/** Makes the list of failed documents what the job found: a job that is complete may have left some of them out. */
async function listFailures(source: string, job: JobReport, until: number, { ingestion, open, clock, log }: WatchPorts): Promise<void> {
  const failed = new Set<string>();
  let whole = job.failed === 0;
  if (!whole) {
    try {
      for await (const page of ingestion.list(source)) {
        for (const { name, standing, reason } of page) {
          if (standing !== 'failed' && standing !== 'partial' && standing !== 'ignored') continue;
          const key = name.replace(/^s3:\/\/[^/]+\//, '');
          failed.add(key);
          await open.fail(source, { name: key, reason: reason ?? `It was read, and is ${standing}.`, at: clock.now() });
        }
        if (clock.now() > until) throw new IngestionFailure('throttled', 'the list is longer than the time');
      }
      whole = true;
    } catch (error) {
      if (!(error instanceof IngestionFailure)) throw error;
      // Sources other than buckets do not list their documents; what the job itself says is kept.
      failed.add(`job ${job.jobId}`);
      await open.fail(source, { name: `job ${job.jobId}`, reason: reasonOf(job), at: clock.now() });
      log.info('failed documents are not all listed', { source, jobId: job.jobId, why: error.refusal });
    }
  }
  if (!whole) return;
  for await (const names of open.failed(source)) await open.clear(source, names.filter((name) => !failed.has(name)));
}

/** An item of the table holds a good deal more. */
function reasonOf({ reasons, standing }: JobReport): string {
  return reasons.join('\n').slice(0, 10_000) || `The job is ${standing}.`;
}
