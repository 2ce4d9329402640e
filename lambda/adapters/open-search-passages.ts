import { openSearchFilter, type Query } from './open-search-filter';
import { kindOf, type Send } from './signed-json';
import { requireVector, tenantOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import type { PassageIndex } from '../../lib/contract/passage-stores';
import { terms } from '../kit/terms';
import { type MeaningSearch, type PassageStore, type StoredChunk, StoreFailure, type StoreHit, type WordSearch } from '../ports/passage-store';

/** Chunks in a request: some megabytes of the ten that are taken. */
const BATCH = 100;
/** As many as a search gives. */
const FOUND = 10_000;

interface Hit {
  readonly _id: string;
  readonly _score: number;
  readonly _source: { readonly id: string; readonly tenant: string; readonly chunk: string; readonly written: number };
}

/** Where a chunk stands. */
interface Place {
  readonly _id: string;
  readonly id: string;
  readonly written: number;
}

interface Changed {
  readonly _id: string;
  readonly status: number;
  readonly error?: unknown;
}

interface Found {
  readonly hits: { readonly hits: readonly Hit[] };
}

/** Fields of an index for chunks, as `CreateIndex` takes them. Words are those of lambda/kit/terms.ts, so that all stores find alike: OpenSearch only splits them at spaces. */
export function openSearchSchema({ dimension, fields }: Pick<PassageIndex, 'dimension' | 'fields'>): object {
  const types = { string: 'keyword', stringList: 'keyword', number: 'double', boolean: 'boolean' } as const;
  return {
    settings: { index: { knn: true } },
    mappings: {
      dynamic: false,
      properties: {
        id: { type: 'keyword' },
        tenant: { type: 'keyword' },
        chunk: { type: 'keyword', index: false, doc_values: false },
        written: { type: 'long' },
        words: { type: 'text', analyzer: 'whitespace' },
        described: { properties: Object.fromEntries(fields.map(({ name, type }) => [name, { type: types[type] }])) },
        embedding: { type: 'knn_vector', dimension, method: { name: 'hnsw', engine: 'faiss', space_type: 'l2', parameters: { m: 16, ef_construction: 128 } } },
      },
    },
  };
}

/**
 * Chunks in OpenSearch Serverless. Its collections for vectors choose the ids of documents themselves: what is written again stands twice
 * until the older one is deleted, and a search sees changes a while later (up to a minute), so the newest of each chunk is the one that counts.
 */
export function openSearchPassages(send: Send, index: PassageIndex, now: () => number): PassageStore {
  return {
    write: async (written) => {
      const chunks = [...new Map(written.map((chunk) => [wellFormed(chunk.id), chunk])).values()];
      const documents = chunks.map((chunk) => documentOf(chunk, index, now()));
      for (let from = 0; from < documents.length; from += BATCH) {
        const some = documents.slice(from, from + BATCH);
        const made = await bulk(some.flatMap((document) => [{ index: {} }, document]));
        const mine = some.map(({ id, written: at }, place): Place => ({ _id: made[place], id, written: at }));
        const olds = older([...mine, ...await known(some.map(({ id }) => id))]);
        if (olds.length > 0) await bulk(olds.map((_id) => ({ delete: { _id } })));
      }
    },

    remove: async (ids) => {
      const gone = [...new Set(ids.map(wellFormed))];
      for (let from = 0; from < gone.length; from += BATCH) {
        const there = await known(gone.slice(from, from + BATCH));
        if (there.length > 0) await bulk(there.map(({ _id }) => ({ delete: { _id } })));
      }
    },

    byMeaning: async (search, signal) => {
      requireVector(search.vector, index);
      const filter = conditions(search);
      // Those that stand twice take the place of others.
      const k = Math.min(FOUND, search.most * 2);
      const query = { knn: { embedding: { vector: unit(search.vector), k, ...filter.length > 0 && { filter: { bool: { filter } } } } } };
      return find(search, { query, size: k }, signal, cosineOf);
    },

    byWords: async (search, signal) => {
      const filter = conditions(search);
      signal.throwIfAborted();
      const asked = [...new Set(terms(search.words))].join(' ');
      if (asked === '') return [];
      const match = { match: { words: { query: asked, operator: 'or' } } };
      return find(search, { query: { bool: { must: [match], filter } }, size: Math.min(FOUND, search.most * 2) }, signal, (score) => score);
    },
  };

  function conditions({ filter, tenant }: Pick<WordSearch, 'filter' | 'tenant'>): Query[] {
    const owner = tenantOf(tenant, index);
    return [...index.tenantField === undefined ? [] : [{ term: { tenant: { value: owner } } }], ...filter ? [openSearchFilter(filter, index.fields)] : []];
  }

  async function find({ most, tenant }: MeaningSearch | WordSearch, body: object, signal: AbortSignal, scored: (score: number) => number): Promise<StoreHit[]> {
    const owner = tenantOf(tenant, index);
    const { hits: { hits } } = await send<Found>('POST', `/${index.name}/_search`, { ...body, _source: ['id', 'tenant', 'chunk', 'written'] }, signal);
    const newest = new Map<string, Hit>();
    for (const hit of hits) if (hit._source.written > (newest.get(hit._source.id)?._source.written ?? -1)) newest.set(hit._source.id, hit);
    return hits.filter((hit) => newest.get(hit._source.id) === hit && hit._source.tenant === owner).slice(0, most)
      .map(({ _score, _source: { chunk } }) => ({ chunk: JSON.parse(chunk) as StoreHit['chunk'], score: scored(_score) }));
  }

  /** Documents that chunks stand in, whatever ids OpenSearch gave them. */
  async function known(ids: readonly string[]): Promise<Place[]> {
    const { hits: { hits } } = await send<Found>('POST', `/${index.name}/_search`, { query: { terms: { id: ids } }, size: FOUND, _source: ['id', 'written'] });
    return hits.map(({ _id, _source: { id, written } }) => ({ _id, id, written }));
  }

  /** Ids of the documents that were changed, in their order. */
  async function bulk(lines: readonly object[]): Promise<string[]> {
    const { items } = await send<{ readonly items: readonly Readonly<Record<string, Changed>>[] }>(
      'POST', `/${index.name}/_bulk`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    // What is deleted and was not there is as good as deleted.
    const changed = items.flatMap((item) => Object.values(item));
    const failed = changed.filter(({ status }) => status >= 300 && status !== 404);
    if (failed.length === 0) return changed.map(({ _id }) => _id);
    const { status, error } = failed.find((one) => kindOf(one.status) !== 'refused') ?? failed[0];
    throw new StoreFailure(kindOf(status), `OpenSearch took ${items.length - failed.length} of ${items.length}: HTTP ${status}: ${JSON.stringify(error).slice(0, 500)}`);
  }
}

function documentOf({ vector, ...chunk }: StoredChunk, index: PassageIndex, written: number) {
  requireVector(vector, index, chunk.id);
  const whole = JSON.stringify(chunk, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value));
  const clean = JSON.parse(whole) as StoreHit['chunk'];
  const described = index.fields.flatMap(({ name }) => (Object.hasOwn(clean.metadata, name) ? [[name, clean.metadata[name]] as const] : []));
  const tenant = tenantOf(index.tenantField === undefined ? undefined : chunk.metadata[index.tenantField], index, chunk.id);
  const words = terms(`${clean.title}\n${clean.lead}\n${clean.text}`).join(' ');
  return { id: clean.id, tenant, chunk: whole, written, words, described: Object.fromEntries(described), embedding: unit(vector) };
}

/** All but the newest of each chunk. */
function older(places: readonly Place[]): string[] {
  const each = [...new Map(places.map((place) => [place._id, place])).values()];
  const sorted = each.sort((one, other) => other.written - one.written || (one._id < other._id ? 1 : -1));
  const newest = new Set<string>();
  return sorted.filter(({ id }) => newest.has(id) || !newest.add(id)).map(({ _id }) => _id);
}

/** Of length 1: then the nearest by distance are the nearest by direction, which not every engine can tell. */
function unit(vector: readonly number[]): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  return vector.map((value) => value / length);
}

/** The score is one over one and the squared distance. */
function cosineOf(score: number): number {
  return 1 - (1 / score - 1) / 2;
}
