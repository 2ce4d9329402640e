import { DeleteVectorsCommand, type GetOutputVector, GetVectorsCommand, PutVectorsCommand, QueryVectorsCommand, type S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { passes } from './passes';
import { s3VectorsTold as told } from './s3-vectors-failure';
import { s3VectorsFilter } from './s3-vectors-filter';
import { askedWords, requireVector, tenantOf, wordsOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import { type PassageIndex, S3_VECTORS_KEYS as KEYS } from '../../lib/contract/passage-stores';
import { type PassageStore, type StoredChunk, StoreFailure, type StoreHit } from '../ports/passage-store';
import type { Filter } from '../ports/passages';

/** What the service takes in a request of 20 MB at most, whatever the chunks hold and however long their vectors are. */
const PUT = 150;
const DELETE = 500;
const GET = 100;
/** The service gives no more. */
const MOST_NEAREST = 100;
/** Chunks with the words that are looked at for those that pass a filter. */
const MOST_LOOKED_AT = 2_000;
const FILTERABLE_BYTES = 2_048;
const METADATA_BYTES = 40 * 1_024;

/** Words beside the vectors: which chunks have which, and how much that says. */
export interface Keywords {
  write(words: readonly ChunkWords[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** Chunks that have any of the words, the best first. */
  search(asked: readonly string[], tenant: string, signal: AbortSignal): Promise<readonly { readonly id: string; readonly score: number }[]>;
}

export interface ChunkWords {
  readonly id: string;
  readonly tenant: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

type Chunk = StoreHit['chunk'];

/**
 * Chunks in S3 Vectors, which finds by meaning alone, and their words in an index of our own. A vector carries its whole chunk as metadata that
 * is not filtered by, and again by itself what is.
 */
export function s3VectorsPassages(client: S3VectorsClient, indexArn: string, index: PassageIndex, keywords?: Keywords): PassageStore {
  const store: PassageStore = {
    write: async (written) => {
      const chunks = [...new Map(written.map((chunk) => [wellFormed(chunk.id), chunk])).values()];
      const vectors = chunks.map((chunk) => vectorOf(chunk, index));
      for (let from = 0; from < vectors.length; from += PUT) {
        await told(() => client.send(new PutVectorsCommand({ indexArn, vectors: vectors.slice(from, from + PUT) })));
      }
      await keywords?.write(chunks.map((chunk) => ({ id: wellFormed(chunk.id), tenant: ownerOf(chunk, index), ...wordsOf(chunk) })));
    },

    remove: async (ids) => {
      const gone = [...new Set(ids.map(wellFormed))];
      // What words still find of a chunk that is gone is left out; what has its vector and no words would be found by halves.
      for (let from = 0; from < gone.length; from += DELETE) {
        await told(() => client.send(new DeleteVectorsCommand({ indexArn, keys: gone.slice(from, from + DELETE) })));
      }
      await keywords?.remove(gone);
    },

    byMeaning: async ({ vector, most, filter, tenant }, signal) => {
      requireVector(vector, index);
      const owner = tenantOf(tenant, index);
      signal.throwIfAborted();
      const conditions = [...index.tenantField === undefined ? [] : [{ [KEYS.tenant]: { $eq: owner } }], ...filter ? [s3VectorsFilter(cleaned(filter))] : []];
      const { vectors = [] } = await told(() => client.send(new QueryVectorsCommand({
        indexArn,
        topK: Math.min(most, MOST_NEAREST),
        queryVector: { float32: [...vector] },
        ...conditions.length > 0 && { filter: conditions.length === 1 ? conditions[0] : { $and: conditions } },
        returnDistance: true,
        returnMetadata: true,
      }), { abortSignal: signal }), signal);
      return vectors.flatMap(({ metadata, distance = 1 }) => chunkOf(metadata, owner).map((chunk): StoreHit => ({ chunk, score: 1 - distance })));
    },

    byWords: keywords && (async ({ words, most, filter, tenant }, signal) => {
      const owner = tenantOf(tenant, index);
      signal.throwIfAborted();
      // Refused alike by both searches.
      const wanted = filter && cleaned(filter);
      if (wanted) s3VectorsFilter(wanted);
      const asked = askedWords(words);
      const ranked = asked.length === 0 ? [] : await keywords.search(asked, owner, signal);
      const hits: StoreHit[] = [];
      for (let from = 0, size = 0; from < Math.min(ranked.length, MOST_LOOKED_AT) && hits.length < most; from += size) {
        size = wanted ? GET : Math.min(GET, most - hits.length);
        const some = ranked.slice(from, from + size);
        const vectors = await read(some.map(({ id }) => id), signal);
        const chunks = new Map(vectors.flatMap(({ key, metadata }) => chunkOf(metadata, owner).map((chunk) => [key, chunk] as const)));
        hits.push(...some.flatMap(({ id, score }): StoreHit[] => {
          const chunk = chunks.get(id);
          // Words that a chunk had before it was written over do not find it.
          return chunk && (!wanted || passes(wanted, chunk.metadata)) && hasAny(chunk, asked) ? [{ chunk, score }] : [];
        }));
      }
      return hits.slice(0, most);
    }),
  };
  return store;

  async function read(keys: string[], signal: AbortSignal): Promise<readonly GetOutputVector[]> {
    const { vectors = [] } = await told(() => client.send(new GetVectorsCommand({ indexArn, keys, returnMetadata: true }), { abortSignal: signal }), signal);
    return vectors;
  }
}

function vectorOf({ vector, ...chunk }: StoredChunk, index: PassageIndex) {
  requireVector(vector, index, chunk.id);
  const whole = JSON.stringify(chunk, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value));
  const described = Object.entries((JSON.parse(whole) as Chunk).metadata).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  const filterable = { ...Object.fromEntries(described), ...index.tenantField !== undefined && { [KEYS.tenant]: ownerOf(chunk, index) } };
  const sizes = { filterable: bytes(filterable), all: bytes({ ...filterable, [KEYS.chunk]: whole }) };
  if (sizes.filterable > FILTERABLE_BYTES) {
    throw new StoreFailure('refused', `what the chunk '${chunk.id}' is described by must have at most ${FILTERABLE_BYTES} bytes in S3 Vectors, got ${sizes.filterable}: shorten its metadata, or declare fewer fields`);
  }
  if (sizes.all > METADATA_BYTES) {
    throw new StoreFailure('refused', `the chunk '${chunk.id}' must have at most ${METADATA_BYTES} bytes in S3 Vectors with all it is described by, got ${sizes.all}: cut smaller chunks`);
  }
  return { key: wellFormed(chunk.id), data: { float32: [...vector] }, metadata: { ...filterable, [KEYS.chunk]: whole } };
}

/** Looked at again after the service has: whatever it gives, nothing of another tenant leaves here. */
function chunkOf(metadata: unknown, owner: string): Chunk[] {
  const { [KEYS.chunk]: whole, [KEYS.tenant]: tenant = 'null' } = (metadata ?? {}) as Readonly<Record<string, string | undefined>>;
  return whole === undefined || tenant !== owner ? [] : [JSON.parse(whole) as Chunk];
}

function ownerOf({ id, metadata }: Pick<StoredChunk, 'id' | 'metadata'>, index: PassageIndex): string {
  return tenantOf(index.tenantField === undefined ? undefined : metadata[index.tenantField], index, id);
}

function hasAny(chunk: Chunk, asked: readonly string[]): boolean {
  const { counts } = wordsOf(chunk);
  return asked.some((term) => counts.has(term));
}

/** Texts of a filter as they were written. */
function cleaned(filter: Filter): Filter {
  return JSON.parse(JSON.stringify(filter, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value))) as Filter;
}

function bytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
