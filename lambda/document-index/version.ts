import { createHash } from 'node:crypto';
import type { Chunk } from '../ports/chunks';
import type { DocumentVersion, Heard } from '../ports/document-states';

/** What lies in the bucket and how it is read, under one name. The same content is the same version, whenever it was put there. */
export function versionOf(tag: string, metadataTag: string | undefined, pipeline: string): DocumentVersion {
  return { id: digest([tag, metadataTag ?? null, pipeline]), tag, ...(metadataTag !== undefined && { metadataTag }), pipeline };
}

/** The id of a chunk: the same whenever it is made again. */
export function chunkId(uri: string, version: string, number: number): string {
  return `${digest([uri, version])}-${number}`;
}

/** Ids of all chunks of a version but the first few. */
export function chunkIds(uri: string, version: string, chunks: number): string[] {
  const name = digest([uri, version]);
  return Array.from({ length: chunks }, (_, number) => `${name}-${number}`);
}

/** Where the text of a version is kept. */
export function textKey(source: string, key: string, version: string): string {
  return `texts/${source}/${digest([key])}/${version}.json`;
}

/** Where a document is cut: two that are cut alike have the same chunks. */
export function cutOf(chunks: readonly Chunk[]): string {
  const hash = createHash('sha256');
  for (const { start, end } of chunks) hash.update(`${start}-${end},`);
  return hash.digest('base64url').slice(0, 22);
}

/** S3 orders the changes of one key by these, and tells its own from names that only tell changes apart. */
const SEQUENCER = /^[0-9A-F]+$/i;
const OF_METADATA = /-metadata$/;

/** Whether all changes came before those that are done with, or are these: events that are late, or told twice. */
export function allHeard(changes: readonly string[], heard: Heard): boolean {
  return changes.every((change) => {
    const done = OF_METADATA.test(change) ? heard.metadata : heard.content;
    const sequencer = change.replace(OF_METADATA, '');
    return done !== undefined && SEQUENCER.test(sequencer) && !isAfter(sequencer, done);
  });
}

export function hearing(changes: readonly string[], heard: Heard): Heard {
  let { content, metadata } = heard;
  for (const change of changes) {
    const sequencer = change.replace(OF_METADATA, '');
    if (!SEQUENCER.test(sequencer)) continue;
    if (!OF_METADATA.test(change)) content = newest(sequencer, content);
    else metadata = newest(sequencer, metadata);
  }
  return { ...(content !== undefined && { content }), ...(metadata !== undefined && { metadata }) };
}

function newest(one: string, other: string | undefined): string {
  return other === undefined || isAfter(one, other) ? one : other;
}

/** S3 says how: the shorter one is filled up with zeros on its right. */
function isAfter(one: string, other: string): boolean {
  const length = Math.max(one.length, other.length);
  return one.toUpperCase().padEnd(length, '0') > other.toUpperCase().padEnd(length, '0');
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
