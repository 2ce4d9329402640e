import { randomUUID } from 'node:crypto';
import { openSearchFilter, type Query } from './open-search-filter';
import { kindOf, type Send } from './signed-json';
import { askedWords, onceEach, ownerOf, requireVector, tenantOf, wholeOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import type { PassageIndex } from '../../lib/contract/passage-stores';
import { terms } from '../kit/terms';
import { type MeaningSearch, type PassageStore, type StoredChunk, StoreFailure, type StoreHit, type WordSearch } from '../ports/passage-store';

/** Chunks in a request: some megabytes of the ten that are taken. */
const BATCH = 100;
/** As many as a search gives. */
const FOUND = 10_000;
/** After so long a search has seen what was written: twice what is usual. */
const SEEN_MS = 120_000;

interface Hit {
  readonly _id: string;
  readonly _score: number;
  readonly _source: { readonly id: string; readonly tenant: string; readonly chunk: string; readonly written: number };
}

/** A document that a chunk stands in, or may. */
export interface Place {
  readonly id: string;
  /** Tells it from others of the chunk. */
  readonly mark: string;
  /** When it was begun, in milliseconds since 1970. */
  readonly at: number;
  /** As the collection calls it; absent while nobody knows. */
  readonly document?: string;
}

/** Where chunks stand, read as it was written last. */
export interface Places {
  find(ids: readonly string[]): Promise<Place[]>;
  write(places: readonly Place[]): Promise<void>;
  forget(places: readonly Place[]): Promise<void>;
}

export interface OpenSearchOptions {
  readonly places: Places;
  readonly now: () => number;
}

interface Changed {
  readonly _id: string;
  readonly status: number;
  readonly error?: unknown;
}

interface Found {
  readonly hits: { readonly hits: readonly Hit[] };
}

/**
 * Chunks in OpenSearch Serverless. Its collections for vectors choose the ids of documents themselves, so that what is written again stands twice until the
 * older one is deleted; and a search sees changes a while later, up to a minute, so that it cannot be asked what there is. A table knows where each chunk
 * stands: that one is being made is written there before, and what it is called after.
 */
export function openSearchPassages(send: Send, index: PassageIndex, { places, now }: OpenSearchOptions): PassageStore {
  return {
    write: async (written) => {
      const chunks = onceEach(written);
      const documents = chunks.map((chunk) => documentOf(chunk, index, now()));
      for (let from = 0; from < documents.length; from += BATCH) await make(documents.slice(from, from + BATCH));
    },

    remove: async (ids) => {
      const gone = [...new Set(ids.map(wellFormed))];
      const unseen: Place[] = [];
      for (let from = 0; from < gone.length; from += BATCH) unseen.push(...await clear(await places.find(gone.slice(from, from + BATCH))));
      if (unseen.length === 0) return;
      throw new StoreFailure('unavailable', `whoever wrote ${unseen.length} of the chunks a moment ago was cut short: they are removed as soon as the collection shows them, after ${SEEN_MS / 1_000} seconds`);
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
      const asked = askedWords(search.words).join(' ');
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

  /** First it is known that a document of a chunk may be there, so that it can be removed whenever this is cut short. */
  async function make(documents: readonly Written[]): Promise<void> {
    const mine = documents.map(({ id, written }): Place => ({ id, mark: randomUUID(), at: written }));
    await places.write(mine);
    const answers = await bulk(documents.flatMap((document) => [{ index: {} }, document]));
    await places.write(mine.flatMap((place, at) => (answers[at].status < 300 ? [{ ...place, document: answers[at]._id }] : [])));
    await places.forget(mine.filter((_, at) => answers[at].status >= 300));
    requireTaken(answers);
    // Whoever comes last of several that write one chunk sees what all of them made.
    await clear(older(await places.find(documents.map(({ id }) => id))));
  }

  /** Takes documents out; gives the places of which nobody knows yet whether there is one. */
  async function clear(all: readonly Place[]): Promise<Place[]> {
    const [known, unknown] = [all.filter(({ document }) => document !== undefined), all.filter(({ document }) => document === undefined)];
    const [shown, unseen] = [unknown.filter(({ at }) => at + SEEN_MS <= now()), unknown.filter(({ at }) => at + SEEN_MS > now())];
    const found = shown.length > 0 ? await made(shown) : [];
    const gone = [...new Set([...known.map(({ document }) => document!), ...found])];
    for (let from = 0; from < gone.length; from += FOUND) requireTaken(await bulk(gone.slice(from, from + FOUND).map((_id) => ({ delete: { _id } }))));
    await places.forget([...known, ...shown]);
    return unseen;
  }

  /** Documents that were made at some places, by whoever could not say so any more. */
  async function made(where: readonly Place[]): Promise<string[]> {
    const some = (field: string, values: readonly unknown[]) => ({ terms: { [field]: [...new Set(values)] } });
    const filter = [some('id', where.map(({ id }) => id)), some('written', where.map(({ at }) => at))];
    const { hits: { hits } } = await send<Found>('POST', `/${index.name}/_search`, { query: { bool: { filter } }, size: FOUND, _source: ['id', 'written'] });
    return hits.filter(({ _source: { id, written } }) => where.some((place) => place.id === id && place.at === written)).map(({ _id }) => _id);
  }

  /** What became of each line, in their order. */
  async function bulk(lines: readonly object[]): Promise<Changed[]> {
    const { items } = await send<{ readonly items: readonly Readonly<Record<string, Changed>>[] }>(
      'POST', `/${index.name}/_bulk`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return items.flatMap((item) => Object.values(item));
  }
}

/** What is deleted and was not there is as good as deleted. */
function requireTaken(changed: readonly Changed[]): void {
  const failed = changed.filter(({ status }) => status >= 300 && status !== 404);
  if (failed.length === 0) return;
  const { status, error } = failed.find((one) => kindOf(one.status) !== 'refused') ?? failed[0];
  throw new StoreFailure(kindOf(status), `OpenSearch took ${changed.length - failed.length} of ${changed.length}: HTTP ${status}: ${JSON.stringify(error).slice(0, 500)}`);
}

type Written = ReturnType<typeof documentOf>;

function documentOf({ vector, ...chunk }: StoredChunk, index: PassageIndex, written: number) {
  requireVector(vector, index, chunk.id);
  const whole = wholeOf(chunk);
  const clean = JSON.parse(whole) as StoreHit['chunk'];
  const described = index.fields.flatMap(({ name }) => (Object.hasOwn(clean.metadata, name) ? [[name, clean.metadata[name]] as const] : []));
  const tenant = ownerOf(chunk, index);
  const words = terms(`${clean.title}\n${clean.lead}\n${clean.text}`).join(' ');
  return { id: clean.id, tenant, chunk: whole, written, words, described: Object.fromEntries(described), embedding: unit(vector) };
}

/** All but the newest of each chunk that is there. */
function older(all: readonly Place[]): Place[] {
  const sorted = [...all].sort((one, other) => other.at - one.at || (one.mark < other.mark ? 1 : -1));
  const newest = new Set<string>();
  return sorted.filter(({ id, document }) => newest.has(id) || (document !== undefined && !newest.add(id)));
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
