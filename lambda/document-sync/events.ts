import type { Context, SQSBatchResponse } from 'aws-lambda';
import { type BatchPorts, syncBatch, type SyncPolicy } from './batch';
import { conclude, type ConcludePorts } from './conclude';
import { beginJob, requestJobs } from './jobs';
import { type JobMessage, parseWork } from './request';
import { forgetJob, watchJob, type WatchPorts } from './watch';
import { describeError } from '../kit/log';
import type { Clock } from '../ports/clock';
import type { ChangeQueue } from '../ports/sync-queues';

export interface SyncPorts extends BatchPorts, WatchPorts, Omit<ConcludePorts, 'changes'> {
  readonly changes: ChangeQueue;
  readonly clock: Clock;
  readonly ingestion: BatchPorts['ingestion'];
}

type Handler = (event: unknown, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse>;

/** What is left of the time to write down what became of everything. */
const RESERVE_MS = 15_000;

/**
 * Keeps a knowledge base in step. It is called with messages of its two queues, and with a `SyncRequest` by whoever wants jobs to begin.
 * The answer names the messages that come again.
 */
export function documentSync(policy: SyncPolicy, ports: SyncPorts): Handler {
  return async (event, { awsRequestId, getRemainingTimeInMillis }) => {
    const until = ports.clock.now() + getRemainingTimeInMillis() - RESERVE_MS;
    const work = parseWork(event);
    if ('request' in work) {
      await requestJobs(work.request, policy.sources, ports);
      return { batchItemFailures: [] };
    }
    for (const messageId of work.unknown) ports.log.error('message is not known', { messageId });
    const again = [...work.unknown];
    if (work.changes.length > 0) {
      for (const batch of await syncBatch(work.changes, awsRequestId, until, policy, ports)) again.push(...await conclude(batch, ports));
    }
    for (const { messageId, message } of work.jobs) {
      try {
        await take(message, until, policy, ports);
      } catch (error) {
        ports.log.error('job message failed', { messageId, ...describeError(error) });
        again.push(messageId);
      }
    }
    return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function take(message: JobMessage, until: number, { sources }: SyncPolicy, ports: SyncPorts): Promise<void> {
  if ('sync' in message) return requestJobs(message, sources, ports);
  const source = 'want' in message ? message.want : message.dataSourceId;
  if (!sources.some(({ dataSourceId }) => dataSourceId === source)) return forgetJob(message, ports);
  return 'want' in message ? beginJob(message, ports) : watchJob(message, until, ports);
}
