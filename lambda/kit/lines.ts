import { createHash } from 'node:crypto';
import type { DocumentChange } from '../../lib/contract/document-sync';

/** The line in which a document's changes wait, whoever sends them: none overtakes another. Those for one index alone have one of their own. */
export function lineOfDocument({ dataSourceId, index, bucket, key }: Pick<DocumentChange, 'dataSourceId' | 'index' | 'bucket' | 'key'>): string {
  return hashOf([dataSourceId, bucket, key, ...(index === undefined ? [] : [index])]);
}

export function hashOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
