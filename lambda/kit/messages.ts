import type { DocumentChange, SyncRequest } from '../../lib/contract/document-sync';

/** The fields of what nobody has looked at yet: none, where it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {};
}

/** What a text says as JSON; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a message tells of a document that changed. */
export function isDocumentChange(message: unknown): message is DocumentChange {
  const { dataSourceId, index, bucket, key, change, since } = fieldsOf(message);
  return (index === undefined || typeof index === 'string') && [dataSourceId, bucket, key, change].every((text) => typeof text === 'string') && typeof since === 'number';
}

/** Whether a message asks for sources to be looked through. */
export function isSyncRequest(message: unknown): message is SyncRequest {
  const { sync } = fieldsOf(message);
  return sync === 'all' || (Array.isArray(sync) && sync.every((id) => typeof id === 'string'));
}
