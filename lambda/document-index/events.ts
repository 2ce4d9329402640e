import type { Context, SQSBatchResponse } from 'aws-lambda';
import { begin } from './begin';
import { bringAllInStep } from './beside';
import { conclude } from './conclude';
import { type ChangedDocument, documentsOf } from './document';
import { type House, openToWrite, readIndexes } from './house';
import { type JobMessage, parseWork, type ReceivedChange } from './request';
import { compare, obey, tend } from './tend';
import { requestWalks, walk } from './walk';
import { SYNC_METRICS } from '../../lib/contract/document-sync';
import type { Indexes } from '../../lib/contract/reindexing';
import { describeError } from '../kit/log';
import { fieldsOf } from '../kit/messages';

type Handler = (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse>;

/** What is left of the time to write down what became of everything. */
const RESERVE_MS = 20_000;
/** A document that is begun needs some time to come anywhere. */
const LEAST_MS = 20_000;
/** Of a worker that was killed, documents come back so long after its time was over. */
const BACK_SECONDS = 10;
/** Where it cannot be said which indexes there are. */
const NONE_SECONDS = 30;

/** Keeps the indexes of a store in step with its documents. The answer names the messages that come again. */
export function documentIndex(house: House): Handler {
  return async (event, { getRemainingTimeInMillis }) => {
    if (isDeletion(event)) return emptied(house);
    const { clock, changes, log } = house;
    const until = clock.now() + getRemainingTimeInMillis() - RESERVE_MS;
    const work = parseWork(event);
    for (const messageId of work.unknown) log.error('message is not known', { messageId });
    const again = [...work.unknown];
    await changes.hide(work.changes.map(({ receipt }) => ({ receipt, seconds: Math.ceil(getRemainingTimeInMillis() / 1000) + BACK_SECONDS })));
    const indexes = await begun(work.changes, house);
    if (!indexes) return failures([...again, ...[...work.changes, ...work.jobs].map(({ messageId }) => messageId)]);
    // One after another: each may fill the memory.
    for (const document of documentsOf(work.changes)) again.push(...await take(document, indexes, until, house));
    for (const { messageId, message } of work.jobs) {
      try {
        await doJob(message, until, house);
      } catch (error) {
        log.error('job message failed', { messageId, ...describeError(error) });
        house.publish({ [SYNC_METRICS.syncJobsFailed]: 1 });
        again.push(messageId);
      }
    }
    return failures(again);
  };
}

/** What EventBridge tells of the stack when it is being deleted. */
function isDeletion(event: unknown): boolean {
  return fieldsOf(event)['detail-type'] === 'CloudFormation Stack Status Change';
}

/** Drops all indexes, so that what holds them can be deleted; what is kept of them elsewhere goes with the stack. */
async function emptied(house: House): Promise<SQSBatchResponse> {
  const names = Object.keys((await readIndexes(house)).known);
  for (const name of names) await house.indexes.drop(name, AbortSignal.abort());
  house.log.info('indexes', { what: 'dropped with the stack', indexes: names.length });
  return failures([]);
}

function failures(messages: readonly string[]): SQSBatchResponse {
  return { batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })) };
}

async function begun(received: readonly ReceivedChange[], house: House): Promise<Indexes | undefined> {
  try {
    return await begin(house);
  } catch (error) {
    house.log.error('indexes are not known', describeError(error));
    await house.changes.hide(received.map(({ receipt, attempt }) => ({ receipt, seconds: Math.min(300, NONE_SECONDS * attempt) })));
    return undefined;
  }
}

function doJob(message: JobMessage, until: number, house: House): Promise<void> {
  if ('sync' in message) return requestWalks(message.sync, house);
  if ('walk' in message) return walk(message, until, house);
  if ('tend' in message) return tend(message, until, house);
  if ('compare' in message) return compare(message, until, house);
  return obey(message, house);
}

async function take(document: ChangedDocument, indexes: Indexes, until: number, house: House): Promise<string[]> {
  const { clock, log } = house;
  const over = new AbortController();
  const stop = clock.every(Math.max(1, until - clock.now()), () => over.abort());
  try {
    const own = document.index === undefined ? indexes.known[indexes.answering ?? ''] ?? house.wanted : indexes.known[document.index];
    const late = clock.now() > until - LEAST_MS;
    const outcome = late ? { kind: 'hold' as const, why: 'time' as const } : await bringAllInStep(document, indexes, { until, signal: over.signal }, house);
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
