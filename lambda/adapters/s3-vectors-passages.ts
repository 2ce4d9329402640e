import { DeleteVectorsCommand, GetVectorsCommand, PutVectorsCommand, QueryVectorsCommand, type S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { awsTold } from './aws-told';
import { s3VectorsFilter } from './s3-vectors-filter';
import { chunkIn, cleaned, onceEach, ownerOf, requireVector, tenantOf, wholeOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import { chunkWords, foundBeside, type Keywords } from './words-beside';
import { type PassageIndex, S3_VECTORS_KEYS as KEYS } from '../../lib/contract/passage-stores';
import { type PassageStore, type StoredChunk, StoreFailure, type StoreHit } from '../ports/passage-store';

const S3_VECTORS = 'S3 Vectors';
/** What the service takes in a request of 20 MB at most, whatever the chunks hold and however long their vectors are. */
const PUT = 150;
const DELETE = 500;
const GET = 100;
/** The service gives no more. */
const MOST_NEAREST = 100;
const FILTERABLE_BYTES = 2_048;
const METADATA_BYTES = 40 * 1_024;

type Chunk = StoreHit['chunk'];

/**
 * Chunks in S3 Vectors, which finds by meaning alone, and their words in an index of our own. A vector carries its whole chunk as metadata that
 * is not filtered by, and again by itself what is.
 */
export function s3VectorsPassages(client: S3VectorsClient, indexArn: string, index: PassageIndex, keywords?: Keywords): PassageStore {
  const store: PassageStore = {
    write: async (written) => {
      const chunks = onceEach(written);
      const vectors = chunks.map((chunk) => vectorOf(chunk, index));
      for (let from = 0; from < vectors.length; from += PUT) {
        await awsTold(S3_VECTORS, () => client.send(new PutVectorsCommand({ indexArn, vectors: vectors.slice(from, from + PUT) })));
      }
      await keywords?.write(chunks.map((chunk) => chunkWords(chunk, index)));
    },

    remove: async (ids) => {
      const gone = [...new Set(ids.map(wellFormed))];
      // What words still find of a chunk that is gone is left out; what has its vector and no words would be found by halves.
      for (let from = 0; from < gone.length; from += DELETE) {
        await awsTold(S3_VECTORS, () => client.send(new DeleteVectorsCommand({ indexArn, keys: gone.slice(from, from + DELETE) })));
      }
      await keywords?.remove(gone);
    },

    byMeaning: async ({ vector, most, filter, tenant }, signal) => {
      requireVector(vector, index);
      const owner = tenantOf(tenant, index);
      signal.throwIfAborted();
      const conditions = [...index.tenantField === undefined ? [] : [{ [KEYS.tenant]: { $eq: owner } }], ...filter ? [s3VectorsFilter(cleaned(filter))] : []];
      const { vectors = [] } = await awsTold(S3_VECTORS, () => client.send(new QueryVectorsCommand({
        indexArn,
        topK: Math.min(most, MOST_NEAREST),
        queryVector: { float32: [...vector] },
        ...conditions.length > 0 && { filter: conditions.length === 1 ? conditions[0] : { $and: conditions } },
        returnDistance: true,
        returnMetadata: true,
      }), { abortSignal: signal }), signal);
      return vectors.flatMap(({ metadata, distance = 1 }) => chunkIn(metadata, owner, KEYS).map((chunk): StoreHit => ({ chunk, score: 1 - distance })));
    },

    byWords: keywords && (async ({ filter, tenant, ...search }, signal) => {
      const owner = tenantOf(tenant, index);
      signal.throwIfAborted();
      // Refused alike by both searches.
      const wanted = filter && cleaned(filter);
      if (wanted) s3VectorsFilter(wanted);
      return foundBeside({ ...search, filter: wanted }, { keywords, owner, page: GET, fetch: (ids) => fetched(ids, owner, signal) }, signal);
    }),
  };
  return store;

  async function fetched(keys: readonly string[], owner: string, signal: AbortSignal): Promise<ReadonlyMap<string, Chunk>> {
    const command = new GetVectorsCommand({ indexArn, keys: [...keys], returnMetadata: true });
    const { vectors = [] } = await awsTold(S3_VECTORS, () => client.send(command, { abortSignal: signal }), signal);
    return new Map(vectors.flatMap(({ metadata }) => chunkIn(metadata, owner, KEYS).map((chunk) => [chunk.id, chunk] as const)));
  }
}

function vectorOf({ vector, ...chunk }: StoredChunk, index: PassageIndex) {
  requireVector(vector, index, chunk.id);
  const whole = wholeOf(chunk);
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

function bytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
