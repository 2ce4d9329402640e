import type { ReceivedChange } from './request';

/** A document with the changes of it that one batch holds: what they were is of no matter, for what lies in the bucket now is looked up. */
export interface ChangedDocument {
  /** The index that it is brought in step with; absent means all. */
  readonly index?: string;
  readonly source: string;
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
}

/**
 * done: it is in step. failed: it lies in the bucket and cannot be read, whoever tries. hold: it has to wait, and nothing is wrong with it.
 * broken: something failed that nobody foresaw.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly what: 'indexed' | 'deleted' | 'unchanged'; readonly chunks?: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'hold'; readonly why: 'throttled' | 'unavailable' | 'changed' | 'time' | 'taken' | 'scanning'; readonly cause?: Error }
  | { readonly kind: 'broken'; readonly cause: unknown };

/** The documents that changes are of, each once. */
export function documentsOf(received: readonly ReceivedChange[]): ChangedDocument[] {
  const bySource = new Map<string, ReceivedChange[]>();
  for (const one of received) {
    const { index, dataSourceId, bucket, key } = one.change;
    const name = JSON.stringify([index, dataSourceId, bucket, key]);
    bySource.set(name, [...bySource.get(name) ?? [], one]);
  }
  return [...bySource.values()].map((all) => {
    const [{ change: { index, dataSourceId: source, bucket, key } }] = all;
    return {
      ...(index !== undefined && { index }),
      source,
      bucket,
      key,
      uri: `s3://${bucket}/${key}`,
      received: all,
      changes: [...new Set(all.map(({ change }) => change.change))],
      attempt: Math.max(...all.map(({ attempt }) => attempt)),
      since: Math.max(...all.map(({ change }) => change.since)),
    };
  });
}
