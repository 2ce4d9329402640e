import type { Clock } from '../ports/clock';
import { IngestionFailure } from '../ports/ingestion';
import type { IngestionJobs } from '../ports/ingestion-jobs';

const LOOK_MS = 2_000;
/** The last message of a queue may begin a job after the first look. */
const QUIET_LOOKS = 3;

export interface Drained {
  readonly stopped: number;
  /** Whether nothing ran any more when the time was over. */
  readonly quiet: boolean;
}

/** Stops the jobs of a knowledge base until nothing is at work any more: a source with a running job cannot be deleted. */
export async function drain(jobs: IngestionJobs, clock: Pick<Clock, 'now' | 'pause'>, until: number): Promise<Drained> {
  const stopped = new Map<string, string>();
  for (let quiet = 0; ;) {
    quiet = await stopAll(jobs, stopped) ? quiet + 1 : 0;
    if (quiet === QUIET_LOOKS) return { stopped: stopped.size, quiet: true };
    if (clock.now() + LOOK_MS > until) return { stopped: stopped.size, quiet: false };
    await clock.pause(LOOK_MS);
  }
}

/** Whether nothing ran, and nothing that was stopped still ends. */
async function stopAll(jobs: IngestionJobs, stopped: Map<string, string>): Promise<boolean> {
  try {
    let quiet = true;
    for (const source of await jobs.sources()) {
      for (const job of await unlessGone(jobs.running(source)) ?? []) {
        quiet = false;
        stopped.set(job, source);
        await unlessGone(jobs.stop(source, job));
      }
    }
    for (const [job, source] of stopped) {
      if ((await unlessGone(jobs.find(source, job)))?.standing === 'working') quiet = false;
    }
    return quiet;
  } catch (error) {
    if (error instanceof IngestionFailure && error.refusal === 'gone') return true;
    if (error instanceof IngestionFailure && error.passes) return false;
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
