import type { MetadataField } from '../../lib/contract/metadata';
import { ParseFailure } from '../ports/parsing';
import type { StoredChunk } from '../ports/passage-store';
import type { Scalar } from '../ports/passages';

export type Metadata = StoredChunk['metadata'];

/** As large as knowledge bases of Bedrock take one. */
export const METADATA_BYTES = 10 * 1024;

/**
 * What a document is described by: the declared fields of `{"metadataAttributes": {…}}`, each as a value, or as Bedrock writes it out,
 * `{"value": {"type": "STRING", "stringValue": "…"}}`. A field of another type than it was declared as would be passed over by every filter, so it is a failure.
 * Without a file it is described by nothing.
 */
export function parseMetadata(bytes: Uint8Array | undefined, fields: readonly MetadataField[]): Metadata {
  if (bytes === undefined) return {};
  if (bytes.length > METADATA_BYTES) throw new ParseFailure('tooLarge', `Its metadata file must have at most ${METADATA_BYTES} bytes, got ${bytes.length}.`);
  const attributes = attributesOf(bytes);
  const metadata: Record<string, Scalar | readonly string[]> = {};
  for (const field of fields) {
    const given = Object.hasOwn(attributes, field.name) ? valueOf(attributes[field.name]) : undefined;
    if (given === undefined || given === null) continue;
    if (!fits(given, field)) throw new ParseFailure('broken', `In its metadata file '${field.name}' must be ${NAMES[field.type]}, as it was declared.`);
    metadata[field.name] = given as Scalar | readonly string[];
  }
  return metadata;
}

/** Whose a document is that is described like this, whatever else is said of it. */
export function tenantsIn(bytes: Uint8Array | undefined, fields: readonly MetadataField[], tenantField: string): readonly Scalar[] {
  const { [tenantField]: said } = parseMetadata(bytes, fields.filter(({ name }) => name === tenantField));
  if (said === undefined) return [];
  return Array.isArray(said) ? said as readonly string[] : [said as Scalar];
}

const NAMES = { string: 'a text', number: 'a number', boolean: 'true or false', stringList: 'a list of texts' } as const;

function fits(value: unknown, { type }: MetadataField): boolean {
  if (type === 'stringList') return Array.isArray(value) && value.every((each) => typeof each === 'string');
  return typeof value === type && (typeof value !== 'number' || Number.isFinite(value));
}

function attributesOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let file: unknown;
  try {
    file = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ParseFailure('broken', 'Its metadata file is no JSON.');
  }
  const { metadataAttributes } = isObject(file) ? file : {};
  if (!isObject(metadataAttributes)) throw new ParseFailure('broken', 'Its metadata file must hold {"metadataAttributes": {…}}.');
  return metadataAttributes;
}

function valueOf(given: unknown): unknown {
  if (!isObject(given)) return given;
  const { stringValue, numberValue, booleanValue, stringListValue } = isObject(given.value) ? given.value : {};
  return stringValue ?? numberValue ?? booleanValue ?? stringListValue ?? given;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
