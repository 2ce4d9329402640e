import type { KnowledgeBase } from './definition';
import { Unreadable } from './parse';

export type Value = string | number | boolean | readonly string[];
export type Metadata = Readonly<Record<string, Value>>;

/** A sidecar may not be larger. */
const SIDECAR_BYTES = 10 * 1024;
/** What the service lets a document of S3 Vectors carry. */
const S3_VECTORS = { customBytes: 1024, keys: 35, filterableBytes: 2048, bytes: 40 * 1024 };

interface TypedValue {
  readonly type?: string;
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly booleanValue?: boolean;
  readonly stringListValue?: readonly string[];
}

export const SIDECAR = '.metadata.json';

/** Who may find a document of a source with access control lists, and who may not. */
export interface AccessEntry {
  readonly Name: string;
  readonly Type: 'USER' | 'GROUP';
  readonly Access: 'ALLOW' | 'DENY';
}

/** The access control list of a sidecar; undefined where it has none. */
export function readAccess(content: Buffer): readonly AccessEntry[] | undefined {
  try {
    return (JSON.parse(content.toString()) as { AccessControlList?: readonly AccessEntry[] }).AccessControlList;
  } catch {
    throw new Unreadable('The metadata file is not JSON.');
  }
}

/** The attributes of a sidecar file: each a plain value, or one with its type and whether it is embedded. */
export function readSidecar(content: Buffer): { readonly metadata: Metadata; readonly embedded: Metadata } {
  if (content.length > SIDECAR_BYTES) throw new Unreadable(`The metadata file is larger than ${SIDECAR_BYTES / 1024} KB.`);
  let attributes: Readonly<Record<string, unknown>>;
  try {
    ({ metadataAttributes: attributes = {} } = JSON.parse(content.toString()) as { metadataAttributes?: Readonly<Record<string, unknown>> });
  } catch {
    throw new Unreadable('The metadata file is not JSON.');
  }
  const entries = Object.entries(attributes).map(([key, written]) => {
    const typed = typeof written === 'object' && written !== null && !Array.isArray(written) ? written as { value?: TypedValue; includeForEmbedding?: boolean } : undefined;
    return { key, value: typed ? typedValue(key, typed.value ?? {}) : plainValue(key, written), embedded: typed?.includeForEmbedding === true };
  });
  return {
    metadata: Object.fromEntries(entries.map(({ key, value }) => [key, value])),
    embedded: Object.fromEntries(entries.filter(({ embedded }) => embedded).map(({ key, value }) => [key, value])),
  };
}

/** The attributes that a document brings with it in the call. */
export function readInline(attributes: readonly { readonly key: string; readonly value: TypedValue }[]): Metadata {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, typedValue(key, value)]));
}

/** Refuses what the store would not take with each of a document's vectors. */
export function requireStorable({ nonFilterableKeys }: KnowledgeBase, metadata: Metadata, longestText: string): void {
  if (nonFilterableKeys === undefined) return;
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  if (Object.keys(metadata).length > S3_VECTORS.keys) throw new Unreadable(`The document has ${Object.keys(metadata).length} metadata keys; S3 Vectors takes ${S3_VECTORS.keys}.`);
  if (size(metadata) > S3_VECTORS.customBytes) throw new Unreadable(`The metadata of the document has ${size(metadata)} bytes; S3 Vectors takes ${S3_VECTORS.customBytes}.`);
  const all = { ...metadata, AMAZON_BEDROCK_TEXT: longestText, AMAZON_BEDROCK_METADATA: {} };
  const filterable = Object.fromEntries(Object.entries(all).filter(([key]) => !nonFilterableKeys.includes(key)));
  if (size(filterable) > S3_VECTORS.filterableBytes) {
    throw new Unreadable(`Filterable metadata must have at most ${S3_VECTORS.filterableBytes} bytes: make AMAZON_BEDROCK_TEXT and AMAZON_BEDROCK_METADATA non-filterable keys of the index`);
  }
  if (size(all) > S3_VECTORS.bytes) throw new Unreadable(`The metadata of a vector must have at most ${S3_VECTORS.bytes} bytes: cut the text into smaller chunks`);
}

function typedValue(key: string, { type, stringValue, numberValue, booleanValue, stringListValue }: TypedValue): Value {
  const value = { STRING: stringValue, NUMBER: numberValue, BOOLEAN: booleanValue, STRING_LIST: stringListValue }[type ?? ''];
  if (value === undefined) throw new Unreadable(`The metadata attribute '${key}' has no value of its type ${type ?? ''}.`);
  return value;
}

function plainValue(key: string, value: unknown): Value {
  const fits = ['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
  if (!fits) throw new Unreadable(`The metadata attribute '${key}' must be a string, a number, a boolean or a list of strings.`);
  return value as Value;
}
