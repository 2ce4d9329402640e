import type { Context } from 'aws-lambda';
import { drain } from './drain';
import { describeError, type Log } from '../kit/log';
import type { Clock } from '../ports/clock';
import type { IngestionJobs } from '../ports/ingestion-jobs';

/** What is left of the time when the last look is over. */
const RESERVE_MS = 5_000;

/** The handler of the event that a stack is being deleted. What runs on fails, so that Lambda calls again. */
export function drainOnDelete(jobs: IngestionJobs, clock: Pick<Clock, 'now' | 'pause'>, log: Log) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    try {
      const { stopped, quiet } = await drain(jobs, clock, clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS);
      if (!quiet) throw new Error('jobs are still at work');
      log.info('drained', { stopped });
    } catch (error) {
      log.error('not drained', describeError(error));
      throw error;
    }
  };
}
