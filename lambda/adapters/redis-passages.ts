import { createHash } from 'node:crypto';
import { describedBy, joined, redisFilter, tagOf, wordOf } from './redis-filter';
import { askedWords, cleaned, onceEach, ownerOf, requireVector, tenantOf, wholeOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import { chunkWords, foundBeside, type Keywords } from './words-beside';
import type { PassageIndex } from '../../lib/contract/passage-stores';
import { terms } from '../kit/terms';
import { type MeaningSearch, type PassageStore, type StoredChunk, StoreFailure, type StoreHit, type WordSearch } from '../ports/passage-store';

/** One command of a server with vector search; the answer as the protocol has it. */
export type RedisCommand = (name: string, ...args: readonly (string | number | Buffer)[]) => Promise<unknown>;

/** Commands that are under way at once. */
const AT_ONCE = 100;
/** The service gives no more. */
const MOST_FOUND = 10_000;
const PAGE = 100;

type Chunk = StoreHit['chunk'];

/** What keys of an index begin with, and nothing else does. */
export function keyPrefix(index: string): string {
  return `chunk:${index}:`;
}

/**
 * Chunks as hashes in a server with vector search: Redis with its query engine, which finds by words too, or MemoryDB, whose chunks have their words in an
 * index of our own, or none. A field for the vector, one for each that is filtered by, and one for the whole chunk.
 */
export function redisPassages(command: RedisCommand, index: PassageIndex, words: Keywords | 'own' | 'none' = 'own'): PassageStore {
  const keywords = typeof words === 'object' ? words : undefined;
  const key = (id: string) => `${keyPrefix(index.name)}${createHash('sha256').update(id).digest('base64url')}`;

  return {
    write: async (written) => {
      const chunks = onceEach(written);
      const hashes = chunks.map((chunk) => ({ key: key(wellFormed(chunk.id)), fields: fieldsOf(chunk, index) }));
      await inTurns(hashes, async ({ key: name, fields }) => {
        const entries = Object.entries(fields);
        const gone = entries.filter(([, value]) => value === undefined).map(([field]) => field);
        if (gone.length > 0) await command('HDEL', name, ...gone);
        await command('HSET', name, ...entries.flatMap(([field, value]) => (value === undefined ? [] : [field, value])));
      });
      await keywords?.write(chunks.map((chunk) => chunkWords(chunk, index)));
    },

    remove: async (ids) => {
      const gone = [...new Set(ids.map(wellFormed))];
      await inTurns(gone, async (id) => { await command('DEL', key(id)); });
      await keywords?.remove(gone);
    },

    byMeaning: async (search, signal) => {
      requireVector(search.vector, index);
      const wanted = conditions(search);
      signal.throwIfAborted();
      if (wanted === false) return [];
      const most = Math.min(search.most, MOST_FOUND);
      // A condition that is negated is no part of a search by meaning but in brackets.
      const query = `${wanted === true ? '*' : `(${wanted})`}=>[KNN ${most} @vector $vector AS distance]`;
      const found = await command(
        'FT.SEARCH', index.name, query, 'RETURN', 1, 'distance', 'PARAMS', 2, 'vector', bytesOf(search.vector), 'LIMIT', 0, most, 'DIALECT', 2,
      );
      const places = pairs(found).map(([name, fields]) => ({ name, score: 1 - Number(fields.get('distance')) }));
      return chunksAt(places.sort((one, other) => other.score - one.score), search);
    },

    byWords: words === 'none' ? undefined : keywords ? besides(keywords) : async (search, signal) => {
      const wanted = conditions(search);
      signal.throwIfAborted();
      const asked = askedWords(search.words);
      if (wanted === false || asked.length === 0) return [];
      const query = joined(' ', [wanted === true || `(${wanted})=>{$weight: 0}`, `@words:(${asked.map(wordOf).join('|')})`]) as string;
      const found = await command(
        'FT.SEARCH', index.name, query, 'NOCONTENT', 'WITHSCORES', 'SCORER', 'BM25STD', 'LIMIT', 0, Math.min(search.most, MOST_FOUND), 'DIALECT', 2,
      ) as readonly unknown[];
      const places = found.slice(1).flatMap((name, at, all) => (at % 2 === 0 ? [{ name: String(name), score: Number(all[at + 1]) }] : []));
      return chunksAt(places, search);
    },
  };

  function besides(beside: Keywords): (search: WordSearch, signal: AbortSignal) => Promise<StoreHit[]> {
    return async (search, signal) => {
      const owner = tenantOf(search.tenant, index);
      signal.throwIfAborted();
      const filter = search.filter && cleaned(search.filter);
      // Refused alike by both searches.
      if (filter && redisFilter(filter, index.fields) === false) return [];
      const fetch = async (ids: readonly string[]) => {
        const hits = await chunksAt(ids.map((id) => ({ name: key(id), score: 0 })), search);
        return new Map(hits.map(({ chunk }) => [chunk.id, chunk]));
      };
      return foundBeside({ words: search.words, most: search.most, filter }, { keywords: beside, owner, page: PAGE, fetch }, signal);
    };
  }

  function conditions({ filter, tenant }: MeaningSearch | WordSearch): string | boolean {
    const owner = tenantOf(tenant, index);
    return joined(' ', [index.tenantField === undefined || `@tenant:{${tagOf(owner)}}`, !filter || redisFilter(filter, index.fields)]);
  }

  /** Looked at again after the server has: whatever it gives, nothing of another tenant leaves here. */
  async function chunksAt(places: readonly { readonly name: string; readonly score: number }[], { tenant }: Pick<WordSearch, 'tenant'>): Promise<StoreHit[]> {
    const owner = tenantOf(tenant, index);
    const hits = new Map<string, StoreHit>();
    await inTurns(places, async ({ name, score }) => {
      const [whole, whose] = await command('HMGET', name, 'chunk', 'owner') as readonly (string | null)[];
      if (whole !== null && whose === owner) hits.set(name, { chunk: JSON.parse(whole) as Chunk, score });
    });
    return places.flatMap(({ name }) => hits.get(name) ?? []);
  }
}

function fieldsOf({ vector, ...chunk }: StoredChunk, index: PassageIndex): Record<string, string | Buffer | undefined> {
  requireVector(vector, index, chunk.id);
  const whole = wholeOf(chunk);
  const clean = JSON.parse(whole) as Chunk;
  const owner = ownerOf(chunk, index);
  return {
    ...describedBy(clean.metadata, index.fields),
    chunk: whole,
    owner,
    tenant: tagOf(owner),
    words: terms(`${clean.title}\n${clean.lead}\n${clean.text}`).map(wordOf).join(' '),
    vector: bytesOf(vector),
  };
}

/** Keys with their fields, as a search answers. */
function pairs(found: unknown): [string, ReadonlyMap<string, string>][] {
  return (found as readonly unknown[]).slice(1).flatMap((name, at, all): [string, ReadonlyMap<string, string>][] => {
    if (at % 2 === 1) return [];
    const flat = all[at + 1] as readonly string[];
    return [[String(name), new Map(flat.flatMap((field, place) => (place % 2 === 0 ? [[field, flat[place + 1]] as const] : [])))]];
  });
}

function bytesOf(vector: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(vector).buffer);
}

/** Where one fails no other begins, and none is left under way. */
async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const ends = await Promise.allSettled(all.slice(from, from + AT_ONCE).map(work));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

/** What servers say by which a command passes another time. */
const PASSING = /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|MOVED|ASK|OOM)\b/;

/** What they say to whom they do not let in, or not do this. */
const FORBIDDEN = /^(NOAUTH|WRONGPASS|NOPERM|DENIED)\b/;

/** Tells failures as the port does; a server that refuses a command for what it holds is not told from one that is another than it should be. */
export function redisTold(command: RedisCommand): RedisCommand {
  return async (name, ...args) => {
    try {
      return await command(name, ...args);
    } catch (error) {
      if (error instanceof StoreFailure) throw error;
      const { message } = error as Error;
      const kind = PASSING.test(message) ? 'throttled' : FORBIDDEN.test(message) ? 'forbidden' : 'unavailable';
      throw new StoreFailure(kind, `Redis: ${name}: ${message}`, { cause: error });
    }
  };
}
