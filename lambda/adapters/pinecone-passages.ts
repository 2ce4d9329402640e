import { createHash } from 'node:crypto';
import { passes } from './passes';
import { joined, pineconeFilter, pineconeMetadata, type PineconeFilter } from './pinecone-filter';
import type { Keywords } from './s3-vectors-passages';
import type { Send } from './signed-json';
import { askedWords, requireVector, tenantOf, wordsOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import { type PassageIndex, PINECONE_KEYS as KEYS } from '../../lib/contract/passage-stores';
import { type PassageStore, type StoredChunk, StoreFailure, type StoreHit, type WordSearch } from '../ports/passage-store';
import type { Filter } from '../ports/passages';

/** What the service takes in a request, the envelope left out. */
const UPSERT_BYTES = 2_000_000 - 1_000;
const DELETE = 1_000;
const METADATA_BYTES = 40 * 1_024;
/** So many chunks, however long, fit into the four megabytes that it answers with; when they are fetched their vectors come too. */
const MOST_NEAREST = 100;
const FETCH = 40;
/** Chunks that are written before where they stand is settled. */
const GROUP = 100;
/** Chunks with the words that are looked at for those that pass a filter. */
const MOST_LOOKED_AT = 2_000;

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
      const chunks = [...new Map(written.map((chunk) => [wellFormed(chunk.id), chunk])).values()];
      const records = chunks.map((chunk): Placed<Entry> => ({ namespace: namespaceOf(ownerOf(chunk, index)), record: entryOf(chunk, index) }));
      for (let from = 0; from < records.length; from += GROUP) await place(records.slice(from, from + GROUP));
      await keywords?.write(chunks.map((chunk) => ({ id: wellFormed(chunk.id), tenant: ownerOf(chunk, index), ...wordsOf(chunk) })));
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
      return matches.flatMap(({ metadata, score }) => chunkOf(metadata, owner).map((chunk): StoreHit => ({ chunk, score })));
    },

    byWords: keywords && ((search, signal) => byWords(keywords, search, signal)),
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

  async function byWords(words: Keywords, search: WordSearch, signal: AbortSignal): Promise<StoreHit[]> {
    const { most, tenant } = search;
    const owner = tenantOf(tenant, index);
    signal.throwIfAborted();
    const wanted = search.filter && cleaned(search.filter);
    // Refused alike by both searches.
    if (wanted && pineconeFilter(wanted, index.fields) === false) return [];
    const asked = askedWords(search.words);
    const ranked = asked.length === 0 ? [] : await words.search(asked, owner, signal);
    const hits: StoreHit[] = [];
    for (let from = 0, size = 0; from < Math.min(ranked.length, MOST_LOOKED_AT) && hits.length < most; from += size) {
      size = wanted ? FETCH : Math.min(FETCH, most - hits.length);
      const some = ranked.slice(from, from + size);
      const chunks = await fetched(some.map(({ id }) => id), owner, signal);
      hits.push(...some.flatMap(({ id, score }): StoreHit[] => {
        const chunk = chunks.get(id);
        // Words that a chunk had before it was written over do not find it.
        return chunk && (!wanted || passes(wanted, chunk.metadata)) && hasAny(chunk, asked) ? [{ chunk, score }] : [];
      }));
    }
    return hits.slice(0, most);
  }

  async function fetched(ids: readonly string[], owner: string, signal: AbortSignal): Promise<ReadonlyMap<string, Chunk>> {
    const query = new URLSearchParams([['namespace', namespaceOf(owner)], ...ids.map((id) => ['ids', keyOf(id)])]);
    const { vectors = {} } = await send<{ readonly vectors?: Readonly<Record<string, Entry>> }>('GET', `/vectors/fetch?${query.toString()}`, undefined, signal);
    return new Map(Object.values(vectors).flatMap(({ metadata }) => chunkOf(metadata, owner).map((chunk) => [chunk.id, chunk] as const)));
  }

  /** Short and of plain letters, whatever a tenant is called. */
  function namespaceOf(owner: string): string {
    return index.tenantField === undefined ? index.name : `${index.name}-${createHash('sha256').update(owner).digest('base64url').slice(0, 22)}`;
  }
}

function entryOf({ vector, ...chunk }: StoredChunk, index: PassageIndex): Entry {
  requireVector(vector, index, chunk.id);
  const whole = JSON.stringify(chunk, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value));
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
