import { createHash } from 'node:crypto';
import { joined, pineconeFilter, pineconeMetadata, type PineconeFilter } from './pinecone-filter';
import type { Send } from './signed-json';
import { chunkIn, cleaned, onceEach, ownerOf, requireVector, tenantOf, wholeOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import { chunkWords, foundBeside, type Keywords } from './words-beside';
import { type PassageIndex, PINECONE_KEYS as KEYS } from '../../lib/contract/passage-stores';
import { type PassageStore, type StoredChunk, StoreFailure, type StoreHit } from '../ports/passage-store';

/** What the service takes in a request, the envelope left out. */
const UPSERT_BYTES = 2_000_000 - 1_000;
const DELETE = 1_000;
const METADATA_BYTES = 40 * 1_024;
/** So many chunks, however long, fit into the four megabytes that it answers with; when they are fetched their vectors come too. */
const MOST_NEAREST = 100;
const FETCH = 40;
/** Chunks that are written before where they stand is settled. */
const GROUP = 100;

/** In which namespaces the records of an index stand. Pinecone can be asked for a record only where one knows its namespace, and shows a while later what it has. */
export interface Namespaces {
  read(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Without any, a record is forgotten. */
  write(places: ReadonlyMap<string, readonly string[]>): Promise<void>;
}

export interface PineconeOptions {
  /** Absent finds by meaning alone. */
  readonly keywords?: Keywords;
  /** Needed where chunks belong to tenants. */
  readonly namespaces?: Namespaces;
}

type Chunk = StoreHit['chunk'];

interface Entry {
  readonly id: string;
  readonly values: readonly number[];
  readonly metadata: PineconeFilter;
}

/** A record, or the id of one, and where it stands. */
interface Placed<T> {
  readonly namespace: string;
  readonly record: T;
}

/**
 * Chunks in an index of Pinecone's, which finds by meaning alone, and their words in an index of our own. Each tenant has a namespace, and each
 * record says besides whose it is. A record carries its whole chunk, and again by itself what is filtered by.
 */
export function pineconePassages(send: Send, index: PassageIndex, { keywords, namespaces }: PineconeOptions = {}): PassageStore {
  if (index.tenantField !== undefined && !namespaces) throw new Error('chunks of tenants need a table in Pinecone that says in which namespaces they stand: give one');

  return {
    write: async (written) => {
      const chunks = onceEach(written);
      const records = chunks.map((chunk): Placed<Entry> => ({ namespace: namespaceOf(ownerOf(chunk, index)), record: entryOf(chunk, index) }));
      for (let from = 0; from < records.length; from += GROUP) await place(records.slice(from, from + GROUP));
      await keywords?.write(chunks.map((chunk) => chunkWords(chunk, index)));
    },

    remove: async (ids) => {
      const gone = [...new Set(ids.map(wellFormed))];
      const keys = gone.map(keyOf);
      if (!namespaces) await erase(keys.map((record) => ({ namespace: namespaceOf('null'), record })));
      for (let from = 0; namespaces && from < keys.length; from += DELETE) {
        const known = await namespaces.read(keys.slice(from, from + DELETE));
        await erase([...known].flatMap(([record, where]) => where.map((namespace) => ({ namespace, record }))));
        await namespaces.write(new Map([...known.keys()].map((key) => [key, []])));
      }
      await keywords?.remove(gone);
    },

    byMeaning: async ({ vector, most, filter, tenant }, signal) => {
      requireVector(vector, index);
      const owner = tenantOf(tenant, index);
      const wanted = joined('$and', [index.tenantField === undefined || { [KEYS.tenant]: { $eq: owner } }, !filter || pineconeFilter(filter, index.fields)]);
      signal.throwIfAborted();
      if (wanted === false) return [];
      const { matches = [] } = await send<{ readonly matches?: readonly { readonly score: number; readonly metadata?: unknown }[] }>('POST', '/query', {
        namespace: namespaceOf(owner),
        vector,
        topK: Math.min(most, MOST_NEAREST),
        includeMetadata: true,
        ...wanted !== true && { filter: wanted },
      }, signal);
      return matches.flatMap(({ metadata, score }) => chunkIn(metadata, owner, KEYS).map((chunk): StoreHit => ({ chunk, score })));
    },

    byWords: keywords && (async ({ filter, tenant, ...search }, signal) => {
      const owner = tenantOf(tenant, index);
      signal.throwIfAborted();
      // Refused alike by both searches.
      const wanted = filter && cleaned(filter);
      if (wanted && pineconeFilter(wanted, index.fields) === false) return [];
      return foundBeside({ ...search, filter: wanted }, { keywords, owner, page: FETCH, fetch: (ids) => fetched(ids, owner, signal) }, signal);
    }),
  };

  /** First it is known where a chunk may stand, so that it can be removed whenever this is cut short. */
  async function place(records: readonly Placed<Entry>[]): Promise<void> {
    const known = await namespaces?.read(records.map(({ record: { id } }) => id)) ?? new Map<string, readonly string[]>();
    const elsewhere = ({ namespace, record: { id } }: Placed<Entry>) => (known.get(id) ?? []).filter((one) => one !== namespace);
    const news = records.filter((one) => elsewhere(one).length > 0 || !known.has(one.record.id));
    const moved = news.filter((one) => elsewhere(one).length > 0);
    await namespaces?.write(new Map(news.map((one) => [one.record.id, [...elsewhere(one), one.namespace]])));
    for (const [namespace, some] of grouped(records)) {
      for (const vectors of batches(some)) await send('POST', '/vectors/upsert', { namespace, vectors });
    }
    await erase(moved.flatMap((one) => elsewhere(one).map((namespace) => ({ namespace, record: one.record.id }))));
    await namespaces?.write(new Map(moved.map(({ namespace, record: { id } }) => [id, [namespace]])));
  }

  async function erase(records: readonly Placed<string>[]): Promise<void> {
    for (const [namespace, keys] of grouped(records)) {
      for (let from = 0; from < keys.length; from += DELETE) {
        await send('POST', '/vectors/delete', { namespace, ids: keys.slice(from, from + DELETE) }).catch((error: Error) => {
          // A namespace goes with its last record, or was never there.
          if (!/HTTP 404: .*namespace not found/is.test(error.message)) throw error;
        });
      }
    }
  }

  async function fetched(ids: readonly string[], owner: string, signal: AbortSignal): Promise<ReadonlyMap<string, Chunk>> {
    const query = new URLSearchParams([['namespace', namespaceOf(owner)], ...ids.map((id) => ['ids', keyOf(id)])]);
    const { vectors = {} } = await send<{ readonly vectors?: Readonly<Record<string, Entry>> }>('GET', `/vectors/fetch?${query.toString()}`, undefined, signal);
    return new Map(Object.values(vectors).flatMap(({ metadata }) => chunkIn(metadata, owner, KEYS).map((chunk) => [chunk.id, chunk] as const)));
  }

  /** Short and of plain letters, whatever a tenant is called. */
  function namespaceOf(owner: string): string {
    return index.tenantField === undefined ? index.name : `${index.name}-${createHash('sha256').update(owner).digest('base64url').slice(0, 22)}`;
  }
}

function entryOf({ vector, ...chunk }: StoredChunk, index: PassageIndex): Entry {
  requireVector(vector, index, chunk.id);
  const whole = wholeOf(chunk);
  const described = pineconeMetadata((JSON.parse(whole) as Chunk).metadata, index.fields);
  const metadata = { ...described, [KEYS.chunk]: whole, ...index.tenantField !== undefined && { [KEYS.tenant]: ownerOf(chunk, index) } };
  const size = bytes(metadata);
  if (size > METADATA_BYTES) {
    throw new StoreFailure('refused', `the chunk '${chunk.id}' must have at most ${METADATA_BYTES} bytes in Pinecone with all it is described by, got ${size}: cut smaller chunks`);
  }
  return { id: keyOf(wellFormed(chunk.id)), values: vector, metadata };
}

/** Ids of records are ASCII, of 512 characters at most; those of chunks are what they are. */
function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

function grouped<T>(records: readonly Placed<T>[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const { namespace, record } of records) {
    const group = groups.get(namespace);
    if (group) group.push(record);
    else groups.set(namespace, [record]);
  }
  return groups;
}

/** As many records as a request holds. */
function batches(records: readonly Entry[]): Entry[][] {
  const all: Entry[][] = [];
  let room = 0;
  for (const record of records) {
    const size = bytes(record) + 1;
    if (size > room) {
      all.push([]);
      room = UPSERT_BYTES;
    }
    all.at(-1)!.push(record);
    room -= size;
  }
  return all;
}

function bytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
