import { type BulkItem, BULK_FILES, type BulkRequest } from '../../../lib/contract/bulk-load';
import { METADATA_ENDING } from '../../../lib/contract/document-sync';
import { fieldsOf } from '../../kit/messages';
import type { Originals } from '../../ports/originals';
import type { ChangedDocument } from '../document';
import type { IndexTerms } from '../terms';

/** Only state machines of the same construct may call the function like this, and they say what the contract says. */
export function isBulkRequest(event: unknown): event is BulkRequest {
  return typeof fieldsOf(event).bulk === 'string';
}

/** Where the files of a load lie. */
export function placeOf(run: string): string {
  return `${BULK_FILES.runs}${run}/`;
}

interface Listed {
  readonly source: string;
  readonly documents: readonly BulkItem[];
  readonly encoded: boolean;
}

/** Keys of the documents among listed objects: what describes others, and folders that consoles make visible, are none. */
export async function keysOf({ source, documents, encoded }: Listed, { sources }: IndexTerms, originals: Pick<Originals, 'find'>): Promise<string[]> {
  const { bucket = '' } = sources.find(({ dataSourceId }) => dataSourceId === source) ?? {};
  const keys = documents.map(({ Key }) => Key).filter((key) => !key.endsWith(METADATA_ENDING) && !key.endsWith('/'));
  return encoded ? Promise.all(keys.map((key) => meantBy(key, bucket, originals))) : keys;
}

/** Inventories write keys as in addresses, and whoever reads them may have undone that: what lies there says which it is. */
async function meantBy(written: string, bucket: string, originals: Pick<Originals, 'find'>): Promise<string> {
  const read = decoded(written);
  return read === written || await originals.find(bucket, read) ? read : written;
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replace(/\+/g, ' '));
  } catch {
    return key;
  }
}

/** A document as a change of it would be, so that it goes the way of all changes. */
export function changedDocument(key: string, source: string, { sources }: IndexTerms, now: number): ChangedDocument {
  const { bucket = '' } = sources.find(({ dataSourceId }) => dataSourceId === source) ?? {};
  return { source, bucket, key, uri: `s3://${bucket}/${key}`, received: [], changes: ['bulk'], attempt: 1, since: now };
}
