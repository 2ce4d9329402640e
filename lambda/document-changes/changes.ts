import type { ObjectChange } from './request';
import { type DocumentChange, METADATA_ENDING, type SyncedSource } from '../../lib/contract/document-sync';

/** What an object's change is to the sources that read its bucket: one change of one document for each. */
export function changesOf({ bucket, key, sequencer, at }: ObjectChange, sources: readonly SyncedSource[]): DocumentChange[] {
  const document = key.endsWith(METADATA_ENDING) ? key.slice(0, -METADATA_ENDING.length) : key;
  // Consoles make folders visible by empty objects.
  if (document === '' || document.endsWith('/')) return [];
  const change = document === key ? sequencer : `${sequencer}-metadata`;
  return sources.filter((source) => source.bucket === bucket && reads(source, document))
    .map(({ dataSourceId }) => ({ dataSourceId, bucket, key: document, change, since: at }));
}

function reads({ prefixes = [] }: SyncedSource, key: string): boolean {
  return prefixes.length === 0 || prefixes.some((prefix) => key.startsWith(prefix));
}
