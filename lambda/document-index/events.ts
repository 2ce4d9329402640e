import type { Context, SQSBatchResponse } from 'aws-lambda';
import { conclude, type ConcludePorts } from './conclude';
import { type ChangedDocument, documentsOf } from './document';
import { bringInStep, type IndexPorts, type IndexTerms } from './in-step';
import { parseWork } from './request';
import { requestWalks, walk, type WalkPorts } from './walk';
import { SYNC_METRICS } from '../../lib/contract/document-sync';
import { describeError } from '../kit/log';
import type { Clock } from '../ports/clock';
import type { ChangeQueue } from '../ports/sync-queues';

export interface DocumentIndexPorts extends IndexPorts, ConcludePorts, WalkPorts {
  readonly states: IndexPorts['states'];
  readonly originals: IndexPorts['originals'];
  readonly changes: Pick<ChangeQueue, 'send' | 'hide'>;
  readonly clock: Clock;
}

type Handler = (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse>;

/** What is left of the time to write down what became of everything. */
const RESERVE_MS = 20_000;
/** A document that is begun needs some time to come anywhere. */
const LEAST_MS = 20_000;
/** Of a worker that was killed, documents come back so long after its time was over. */
const BACK_SECONDS = 10;

/** Keeps an index in step with its documents. The answer names the messages that come again. */
export function documentIndex(terms: IndexTerms, ports: DocumentIndexPorts): Handler {
  return async (event, { getRemainingTimeInMillis }) => {
    const { clock, changes, log } = ports;
    const until = clock.now() + getRemainingTimeInMillis() - RESERVE_MS;
    const work = parseWork(event);
    for (const messageId of work.unknown) log.error('message is not known', { messageId });
    const again = [...work.unknown];
    const documents = documentsOf(work.changes);
    await changes.hide(work.changes.map(({ receipt }) => ({ receipt, seconds: Math.ceil(getRemainingTimeInMillis() / 1000) + BACK_SECONDS })));
    // One after another: each may fill the memory.
    for (const document of documents) again.push(...await take(document, until, terms, ports));
    for (const { messageId, message } of work.jobs) {
      try {
        await ('sync' in message ? requestWalks(message.sync, terms.sources, ports) : walk(message, until, terms, ports));
      } catch (error) {
        log.error('job message failed', { messageId, ...describeError(error) });
        ports.publish({ [SYNC_METRICS.syncJobsFailed]: 1 });
        again.push(messageId);
      }
    }
    return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function take(document: ChangedDocument, until: number, terms: IndexTerms, ports: DocumentIndexPorts): Promise<string[]> {
  const { clock, log } = ports;
  const over = new AbortController();
  const stop = clock.every(Math.max(1, until - clock.now()), () => over.abort());
  try {
    const outcome = clock.now() > until - LEAST_MS ? { kind: 'hold' as const, why: 'time' as const } : await bringInStep(document, terms, { until, signal: over.signal }, ports);
    return await conclude(document, outcome, ports);
  } catch (error) {
    // It could not be written down: the queue still has it.
    log.error('document is not concluded', { source: document.source, key: document.key, ...describeError(error) });
    return document.received.map(({ messageId }) => messageId);
  } finally {
    stop();
  }
}
