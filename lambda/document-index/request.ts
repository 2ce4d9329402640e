import type { DocumentChange, SyncRequest } from '../../lib/contract/document-sync';
import type { IndexCounts, IndexRequest } from '../../lib/contract/reindexing';
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

/** A source that is looked through for an index, from behind a key on. */
export interface Walk {
  readonly walk: string;
  readonly index: string;
  /** Tells it from any other look for the index. */
  readonly look: number;
  /** Since when the index was brought in step first, as it began. */
  readonly joined?: number;
  readonly after: string;
  /** What those before have found. */
  readonly counts: LookCounts;
  /** Some of those that are indexed, each as likely as any other. */
  readonly sample: readonly SampledDocument[];
}

export type LookCounts = Omit<IndexCounts, 'at'> & { readonly repaired: number };

export interface SampledDocument {
  readonly source: string;
  readonly key: string;
}

/** Has indexes looked after, if nobody does before. */
export interface Tending {
  readonly tend: number;
}

/** Has an index that has everything compared with the one that answers. */
export interface Comparing {
  readonly compare: string;
  readonly sample: readonly SampledDocument[];
}

export interface ReceivedJob {
  readonly messageId: string;
  readonly message: JobMessage;
  /** How often it has failed and been sent anew. */
  readonly tries: number;
}

export type JobMessage = SyncRequest | Walk | Tending | Comparing | IndexRequest;

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
    else if (isSyncRequest(message) || isWalk(message) || isOfIndexes(message)) jobs.push(jobOf(messageId, message));
    else unknown.push(messageId);
  }
  return { changes, jobs, unknown };
}

function jobOf(messageId: string, job: JobMessage): ReceivedJob {
  const { tries, ...message } = job as JobMessage & { readonly tries?: unknown };
  return { messageId, message, tries: typeof tries === 'number' ? tries : 0 };
}

function isWalk(message: unknown): message is Walk {
  const { walk, index, look, after, counts, sample } = fieldsOf(message);
  return [walk, index, after].every((text) => typeof text === 'string') && typeof look === 'number' && typeof counts === 'object' && Array.isArray(sample);
}

function isOfIndexes(message: unknown): message is Tending | Comparing | IndexRequest {
  const { tend, compare, sample, rollback, switch: switches } = fieldsOf(message);
  return typeof tend === 'number' || (typeof compare === 'string' && Array.isArray(sample)) || rollback === true || switches === true;
}
