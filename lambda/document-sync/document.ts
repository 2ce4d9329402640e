import type { ReceivedChange } from './request';

/** A document with the changes of it that one batch holds: what they were is of no matter, for what lies in the bucket now is looked up. */
export interface ChangedDocument {
  readonly bucket: string;
  readonly key: string;
  readonly uri: string;
  readonly received: readonly ReceivedChange[];
  /** What tells its changes apart. */
  readonly changes: readonly string[];
  /** How often the oldest of them was received. */
  readonly attempt: number;
  /** When the newest happened. */
  readonly since: number;
  /** When the newest was put into the queue. */
  readonly sentAt: number;
}

/**
 * done: it is in step. skipped: it is of a kind that is not read. hold: it has to wait, and nothing is wrong with it.
 * failed: it could not be brought in step this time.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly what: 'indexed' | 'deleted' | 'covered' | 'forgotten' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'hold'; readonly why: 'job' | 'jobs' | 'working' | 'changed' | 'throttled' | 'conflict' | 'unavailable' }
  | { readonly kind: 'failed'; readonly reason: string; readonly cause?: unknown };

export type Outcomes = ReadonlyMap<ChangedDocument, Outcome>;

/** The documents that changes are of, each once. */
export function documentsOf(received: readonly ReceivedChange[]): ChangedDocument[] {
  const byUri = new Map<string, ReceivedChange[]>();
  for (const one of received) {
    const uri = `s3://${one.change.bucket}/${one.change.key}`;
    byUri.set(uri, [...byUri.get(uri) ?? [], one]);
  }
  return [...byUri].map(([uri, all]) => ({
    uri,
    bucket: all[0].change.bucket,
    key: all[0].change.key,
    received: all,
    changes: [...new Set(all.map(({ change }) => change.change))],
    attempt: Math.max(...all.map(({ attempt }) => attempt)),
    since: Math.max(...all.map(({ change }) => change.since)),
    sentAt: Math.max(...all.map(({ sentAt }) => sentAt)),
  }));
}
