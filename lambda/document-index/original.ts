import { Changed, OutOfTime } from './attempt';
import type { ChangedDocument } from './document';
import { METADATA_BYTES } from './metadata';
import type { IndexPorts, IndexTerms, Span } from './terms';
import { METADATA_ENDING } from '../../lib/contract/document-sync';
import { type Chunk, isChunkFailure } from '../ports/chunks';
import type { DocumentVersion } from '../ports/document-states';
import type { FoundOriginal } from '../ports/originals';
import { isParseFailure, type ParsedDocument, ParseFailure } from '../ports/parsing';

/** The file that describes a document, where there is one. */
export async function readDescription({ metadataTag }: DocumentVersion, document: ChangedDocument, { originals }: IndexPorts): Promise<Uint8Array | undefined> {
  const { bucket, key } = document;
  if (metadataTag === undefined) return undefined;
  const name = key + METADATA_ENDING;
  const about = await originals.find(bucket, name);
  if (about && about.bytes > METADATA_BYTES) throw new ParseFailure('tooLarge', `Its metadata file must have at most ${METADATA_BYTES} bytes, got ${about.bytes}.`);
  const bytes = await originals.read(bucket, name, metadataTag);
  if (!bytes) throw new Changed();
  return bytes;
}

/** What a document says, as it lies in the bucket. */
export async function read(found: FoundOriginal, { bucket, key }: ChangedDocument, { mostBytes }: IndexTerms, { signal }: Span, ports: IndexPorts) {
  const { tag, bytes: size, contentType } = found;
  const { originals, parser } = ports;
  if (size > mostBytes) throw new ParseFailure('tooLarge', `It must have at most ${mostBytes} bytes, got ${size}.`);
  const bytes = await originals.read(bucket, key, tag);
  if (!bytes) throw new Changed();
  try {
    return await parser.parse(bytes, { name: key, contentType }, signal);
  } catch (error) {
    // A parser that is told to stop says so in words of its own.
    if (signal.aborted && !isParseFailure(error)) throw new OutOfTime();
    throw error;
  }
}

/** Its chunks. */
export async function cutUp(parsed: ParsedDocument, { signal }: Span, { chunker }: IndexPorts): Promise<readonly Chunk[]> {
  try {
    return await chunker.chunk(parsed, signal);
  } catch (error) {
    // A call that is broken off says so in words of its own.
    if (signal.aborted && !isChunkFailure(error)) throw new OutOfTime();
    throw error;
  }
}
