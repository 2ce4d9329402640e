import type { Context } from 'aws-lambda';
import { drain } from './drain';
import { parseGoing } from './request';
import { describeError, type Log } from '../kit/log';
import type { Clock } from '../ports/clock';
import type { IngestionJobs } from '../ports/ingestion-jobs';

/** What is left of the time when the last look is over. */
const RESERVE_MS = 5_000;

/** The handler of the event that a stack or a data source is being deleted. What runs on fails, so that Lambda calls again. */
export function drainOnDelete(jobsOf: (knowledgeBaseId: string) => IngestionJobs, knowledgeBaseId: string, clock: Pick<Clock, 'now' | 'pause'>, log: Log) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const going = parseGoing(event);
    if (!going) return;
    // An update may have put another knowledge base into the place of the one whose source goes.
    const [base, source] = going === 'stack' ? [knowledgeBaseId] : [going.knowledgeBaseId, going.dataSourceId];
    try {
      const { stopped, quiet } = await drain(jobsOf(base), clock, clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS, source);
      if (!quiet) throw new Error('jobs are still at work');
      log.info('drained', { source, stopped });
    } catch (error) {
      log.error('not drained', { source, ...describeError(error) });
      throw error;
    }
  };
}
