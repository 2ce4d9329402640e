import type { DocumentChange, SyncRequest } from '../../lib/contract/document-sync';
import { fieldsOf, isDocumentChange, isSyncRequest, jsonOf } from '../kit/messages';

/** A change as the queue gave it out. */
export interface ReceivedChange {
  readonly messageId: string;
  readonly receipt: string;
  /** How often it was received, this time included. */
  readonly attempt: number;
  /** The line it stands in. */
  readonly line: string;
  readonly change: DocumentChange;
}

/** A source that is looked through, from behind a key on. */
export interface Walk {
  readonly walk: string;
  readonly after: string;
  /** What those before have found. */
  readonly checked: number;
  readonly repaired: number;
}

export interface ReceivedJob {
  readonly messageId: string;
  readonly message: SyncRequest | Walk;
}

/** Messages of the function's queues, with the ids of those that are none of its own. */
export interface Work {
  readonly changes: readonly ReceivedChange[];
  readonly jobs: readonly ReceivedJob[];
  readonly unknown: readonly string[];
}

interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string; readonly MessageGroupId?: string };
}

export function parseWork(event: unknown): Work {
  const { Records: records } = fieldsOf(event);
  if (!Array.isArray(records)) throw new Error('the event must hold records of a queue');
  const changes: ReceivedChange[] = [];
  const jobs: ReceivedJob[] = [];
  const unknown: string[] = [];
  for (const { messageId, receiptHandle, body, attributes } of records as readonly QueueRecord[]) {
    const message = jsonOf(body);
    const { ApproximateReceiveCount: attempt, MessageGroupId: line = messageId } = attributes;
    if (isDocumentChange(message)) changes.push({ messageId, receipt: receiptHandle, attempt: Number(attempt), line, change: message });
    else if (isSyncRequest(message) || isWalk(message)) jobs.push({ messageId, message });
    else unknown.push(messageId);
  }
  return { changes, jobs, unknown };
}

function isWalk(message: unknown): message is Walk {
  const { walk, after, checked, repaired } = fieldsOf(message);
  return typeof walk === 'string' && typeof after === 'string' && typeof checked === 'number' && typeof repaired === 'number';
}
