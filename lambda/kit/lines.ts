import { createHash } from 'node:crypto';
import type { DocumentChange } from '../../lib/contract/document-sync';

/** The line in which a document's changes wait, whoever sends them: none overtakes another. */
export function lineOfDocument({ dataSourceId, bucket, key }: Pick<DocumentChange, 'dataSourceId' | 'bucket' | 'key'>): string {
  return hashOf([dataSourceId, bucket, key]);
}

export function hashOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
