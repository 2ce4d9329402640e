import type { Clock } from '../ports/clock';
import { IngestionFailure } from '../ports/ingestion';
import type { IngestionJobs } from '../ports/ingestion-jobs';

const LOOK_MS = 2_000;
/** The queue of jobs is read for a while after the deletion has begun, and its last message may begin a job. */
const QUIET_MS = 60_000;

export interface Drained {
  readonly stopped: number;
  /** Whether nothing ran any more when the time was over. */
  readonly quiet: boolean;
}

/**
 * Stops the jobs of a knowledge base, or of one of its sources, until nothing is at work any more: a source with a running job cannot be deleted. On a source
 * that goes by itself nobody begins a job any more.
 */
export async function drain(jobs: IngestionJobs, clock: Pick<Clock, 'now' | 'pause'>, until: number, source?: string): Promise<Drained> {
  const quietMs = source === undefined ? QUIET_MS : 0;
  const sources = source === undefined ? () => jobs.sources() : () => Promise.resolve([source]);
  const stopped = new Map<string, string>();
  for (let quietSince: number | undefined; ;) {
    const found = await stopAll(jobs, sources, stopped);
    quietSince = found === 'working' ? undefined : quietSince ?? clock.now();
    if (found === 'gone' || clock.now() - (quietSince ?? Infinity) >= quietMs) return { stopped: stopped.size, quiet: true };
    if (clock.now() + LOOK_MS > until) return { stopped: stopped.size, quiet: quietSince !== undefined };
    await clock.pause(LOOK_MS);
  }
}

/** Whether something ran or what was stopped still ends, nothing did, or there is nothing left that a job could run on. */
async function stopAll(jobs: IngestionJobs, sourcesNow: () => Promise<string[]>, stopped: Map<string, string>): Promise<'working' | 'quiet' | 'gone'> {
  try {
    let quiet = true;
    const sources = await sourcesNow();
    if (sources.length === 0) return 'gone';
    for (const source of sources) {
      for (const job of await unlessGone(jobs.running(source)) ?? []) {
        quiet = false;
        stopped.set(job, source);
        await unlessGone(jobs.stop(source, job));
      }
    }
    for (const [job, source] of stopped) {
      if ((await unlessGone(jobs.find(source, job)))?.standing === 'working') quiet = false;
    }
    return quiet ? 'quiet' : 'working';
  } catch (error) {
    if (error instanceof IngestionFailure && error.refusal === 'gone') return 'gone';
    if (error instanceof IngestionFailure && error.passes) return 'working';
    throw error;
  }
}

/** What is deleted already, or has ended by itself, is as good as stopped. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof IngestionFailure && (error.refusal === 'gone' || error.refusal === 'conflict')) return undefined;
    throw error;
  }
}
