import { changesOf } from './changes';
import { parseEvent } from './request';
import type { DocumentChange, SyncedSource } from '../../lib/contract/document-sync';
import { hashOf, lineOfDocument } from '../kit/lines';
import { describeError, type Log } from '../kit/log';
import type { ChangeQueue } from '../ports/sync-queues';

/**
 * Puts changes of documents in line. What fails is told to Lambda, which calls again twice and then keeps the event in the dead-letter queue: the
 * function takes it again as it is.
 */
export function documentChanges(sources: readonly SyncedSource[], queue: Pick<ChangeQueue, 'send'>, log: Log) {
  return async (event: unknown): Promise<void> => {
    try {
      const object = parseEvent(event);
      const changes = changesOf(object, sources);
      await queue.send(changes.map((change) => ({ change, id: idOf(change), line: lineOf(change, sources) })));
      log.info('change', { bucket: object.bucket, key: object.key, sequencer: object.sequencer, sources: changes.length });
    } catch (error) {
      log.error('change is not in line', { event: idOfEvent(event), ...describeError(error) });
      throw error;
    }
  };
}

/** The same change may be told more than once, in events that have nothing in common but this. */
function idOf({ dataSourceId, bucket, key, change }: DocumentChange): string {
  return hashOf([dataSourceId, bucket, key, change]);
}

/**
 * A document's changes are in one line, for what is sent of it must not be overtaken. A job looks at everything whatever the order, and no change
 * has to wait for what another waits for: where jobs read, each is in a line of its own.
 */
function lineOf(change: DocumentChange, sources: readonly SyncedSource[]): string {
  const { dataSourceId } = change;
  const byJob = sources.some((source) => source.dataSourceId === dataSourceId && source.byJob);
  return byJob ? idOf(change) : lineOfDocument(change);
}

function idOfEvent(event: unknown): string | undefined {
  const { id } = (event ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : undefined;
}
