import type { DocumentChange, SyncRequest } from '../../lib/contract/document-sync';
import { fieldsOf, isDocumentChange, isSyncRequest, jsonOf } from '../kit/messages';

/** A job that is wanted for a source, as it waits for its turn. */
export interface WantedJob {
  readonly want: string;
  readonly wantedAt: number;
  /** Which of its tries it is, from 1. */
  readonly attempt: number;
}

/** A job that is looked at until it ends. */
export interface WatchedJob {
  readonly watch: string;
  readonly dataSourceId: string;
  /** The lease under which it began. */
  readonly token: number;
  /** Which look it is, from 1. */
  readonly look: number;
}

export type JobMessage = SyncRequest | WantedJob | WatchedJob;

/** A change as the queue gave it out. */
export interface ReceivedChange {
  readonly messageId: string;
  readonly receipt: string;
  /** How often it was received, this time included. */
  readonly attempt: number;
  /** When it was put into the queue, by the queue's clock: the document had changed by then. */
  readonly sentAt: number;
  /** The line it stands in. */
  readonly line: string;
  readonly change: DocumentChange;
}

interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string; readonly SentTimestamp: string; readonly MessageGroupId?: string };
}

export interface ReceivedJob {
  readonly messageId: string;
  readonly message: JobMessage;
}

/** Messages of the function's queues, with the ids of those that are none of its own. */
export interface ReceivedMessages {
  readonly changes: readonly ReceivedChange[];
  readonly jobs: readonly ReceivedJob[];
  readonly unknown: readonly string[];
}

/** What the function was called with: messages of its queues, or a request by itself. */
export type Work = { readonly request: SyncRequest } | ReceivedMessages;

export function parseWork(event: unknown): Work {
  const { Records: records } = fieldsOf(event);
  if (records === undefined) {
    if (isSyncRequest(event)) return { request: event };
    throw new Error('the event must hold records of a queue, or \'sync\': \'all\' or a list of the ids of data sources');
  }
  const changes: ReceivedChange[] = [];
  const jobs: ReceivedJob[] = [];
  const unknown: string[] = [];
  for (const { messageId, receiptHandle, body, attributes } of records as readonly QueueRecord[]) {
    const message = jsonOf(body);
    if (isDocumentChange(message)) {
      const { ApproximateReceiveCount: attempt, SentTimestamp: sentAt, MessageGroupId: line = messageId } = attributes;
      changes.push({ messageId, receipt: receiptHandle, attempt: Number(attempt), sentAt: Number(sentAt), line, change: message });
    } else if (isJob(message)) {jobs.push({ messageId, message });} else {unknown.push(messageId);}
  }
  return { changes, jobs, unknown };
}

function isJob(message: unknown): message is JobMessage {
  const { want, wantedAt, attempt, watch, dataSourceId, token, look } = fieldsOf(message);
  const isWanted = typeof want === 'string' && typeof wantedAt === 'number' && typeof attempt === 'number';
  const isWatched = typeof watch === 'string' && typeof dataSourceId === 'string' && typeof token === 'number' && typeof look === 'number';
  return isWanted || isWatched || isSyncRequest(message);
}
