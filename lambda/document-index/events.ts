import type { Context, SQSBatchResponse } from 'aws-lambda';
import { begin } from './begin';
import { bringAllInStep } from './beside';
import { conclude, putOff } from './conclude';
import { type ChangedDocument, documentsOf, type Outcome } from './document';
import { heldBack } from './fault';
import { type House, openToWrite } from './house';
import { type JobMessage, parseWork, type ReceivedJob } from './request';
import { compare, obey, tend } from './tend';
import { requestWalks, walk } from './walk';
import { SYNC_METRICS } from '../../lib/contract/document-sync';
import type { Indexes } from '../../lib/contract/reindexing';
import { describeCause, describeError } from '../kit/log';

type Handler = (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse>;

/** What is left of the time to write down what became of everything. */
const RESERVE_MS = 20_000;
/** A document that is begun needs some time to come anywhere. */
const LEAST_MS = 20_000;
/** Of a worker that was killed, documents come back so long after its time was over. */
const BACK_SECONDS = 10;
/** A job that failed is done again after so many seconds, later each time. Behind that the queue hides it for half an hour, and gives it up in the end. */
const AGAIN_SECONDS = [5, 15, 45, 120, 300];

/** Keeps the indexes of a store in step with its documents. The answer names the messages that come again. */
export function documentIndex(house: House): Handler {
  return async (event, { getRemainingTimeInMillis }) => {
    const { clock, changes, log } = house;
    const until = clock.now() + getRemainingTimeInMillis() - RESERVE_MS;
    const work = parseWork(event);
    for (const messageId of work.unknown) log.error('message is not known', { messageId });
    const again = [...work.unknown];
    await changes.hide(work.changes.map(({ receipt }) => ({ receipt, seconds: Math.ceil(getRemainingTimeInMillis() / 1000) + BACK_SECONDS })));
    const indexes = await begin(house).catch(async (error: Error) => {
      log.error('indexes are not known', { ...describeError(error), cause: describeCause(error) });
      for (const document of documentsOf(work.changes)) again.push(...await putOff(document, waitingFor(error), house));
      for (const job of work.jobs) again.push(...await sentAnew(job, house));
      return undefined;
    });
    if (!indexes) return failures(again);
    // One after another: each may fill the memory.
    for (const document of documentsOf(work.changes)) again.push(...await take(document, indexes, until, house));
    for (const job of work.jobs) {
      try {
        await doJob(job.message, until, house);
      } catch (error) {
        log.error('job message failed', { messageId: job.messageId, ...describeError(error) });
        house.publish({ [SYNC_METRICS.syncJobsFailed]: 1 });
        again.push(...await sentAnew(job, house));
      }
    }
    return failures(again);
  };
}

function failures(messages: readonly string[]): SQSBatchResponse {
  return { batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** What becomes of documents while it cannot be said which indexes there are. */
function waitingFor(error: unknown) {
  const outcome = heldBack(error);
  return outcome.kind === 'hold' ? outcome : { kind: 'broken' as const, cause: error };
}

/** Has a job done again soon, as often as that may help; the answer is the message that comes back as it is. */
async function sentAnew({ messageId, message, tries }: ReceivedJob, { jobs, log }: House): Promise<string[]> {
  if (tries >= AGAIN_SECONDS.length) return [messageId];
  try {
    await jobs.send({ ...message, tries: tries + 1 }, AGAIN_SECONDS[tries]);
    return [];
  } catch (error) {
    log.error('job message comes back late', { messageId, ...describeError(error) });
    return [messageId];
  }
}

function doJob(message: JobMessage, until: number, house: House): Promise<void> {
  if ('sync' in message) return requestWalks(message.sync, house);
  if ('walk' in message) return walk(message, until, house);
  if ('tend' in message) return tend(message, until, house);
  if ('compare' in message) return compare(message, until, house);
  return obey(message, house);
}

/** What passes waits; what does not leaves the document to the queue as it is. */
function orThrow(error: unknown): Outcome {
  const outcome = heldBack(error);
  if (outcome.kind !== 'hold') throw error;
  return outcome;
}

async function take(document: ChangedDocument, indexes: Indexes, until: number, house: House): Promise<string[]> {
  const { clock, log } = house;
  const over = new AbortController();
  const stop = clock.every(Math.max(1, until - clock.now()), () => over.abort());
  try {
    const own = document.index === undefined ? indexes.known[indexes.answering ?? ''] ?? house.wanted : indexes.known[document.index];
    const late = clock.now() > until - LEAST_MS;
    const outcome = late ? { kind: 'hold' as const, why: 'time' as const } : await bringAllInStep(document, indexes, { until, signal: over.signal }, house).catch(orThrow);
    if (!own) return [];
    const { terms, ports } = openToWrite(own, house);
    return await conclude(document, outcome, { terms, ...ports, ...house });
  } catch (error) {
    // It could not be written down: the queue still has it.
    log.error('document is not concluded', { source: document.source, key: document.key, ...describeError(error) });
    return document.received.map(({ messageId }) => messageId);
  } finally {
    stop();
  }
}
