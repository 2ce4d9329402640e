import { rarity, weight } from '../../../lambda/adapters/bm25';
import { passes } from '../../../lambda/adapters/passes';
import { termCounts, terms } from '../../../lambda/kit/terms';
import { type MeaningSearch, type PassageIndexes, type PassageStore, type StoredChunk, StoreFailure, type StoreHit, type WordSearch } from '../../../lambda/ports/passage-store';
import type { PassageIndex } from '../../../lib/contract/passage-stores';

/** Chunks in memory, searched one by one: what every store is held against. */
export class MemoryPassageStore implements PassageStore {
  readonly kept = new Map<string, StoredChunk>();

  constructor(private readonly index: { readonly dimension: number; readonly tenantField?: string }) {}

  async write(chunks: readonly StoredChunk[]) {
    const { dimension, tenantField } = this.index;
    for (const { id, vector, metadata } of chunks) {
      if (vector.length !== dimension) throw new StoreFailure('refused', `${id}: ${vector.length} numbers, not ${dimension}`);
      if (tenantField && !(tenantField in metadata)) throw new StoreFailure('refused', `${id}: no ${tenantField}`);
    }
    for (const chunk of chunks) this.kept.set(chunk.id, structuredClone(chunk));
  }

  async remove(ids: readonly string[]) {
    for (const id of ids) this.kept.delete(id);
  }

  async byMeaning({ vector, ...search }: MeaningSearch, signal: AbortSignal) {
    signal.throwIfAborted();
    if (vector.length !== this.index.dimension) throw new StoreFailure('refused', `${vector.length} numbers, not ${this.index.dimension}`);
    return this.best(search, (chunk) => cosine(vector, chunk.vector), () => true);
  }

  async byWords({ words, ...search }: WordSearch, signal: AbortSignal) {
    signal.throwIfAborted();
    const chunks = this.of(search).map((chunk) => ({ chunk, counts: termCounts(textOf(chunk)), length: terms(textOf(chunk)).length }));
    const statistics = { texts: chunks.length, average: chunks.reduce((sum, { length }) => sum + length, 0) / chunks.length };
    const scores = new Map<StoredChunk, number>();
    for (const term of new Set(terms(words))) {
      const found = chunks.filter(({ counts }) => counts.has(term));
      const rare = rarity(found.length, statistics);
      for (const { chunk, counts, length } of found) scores.set(chunk, (scores.get(chunk) ?? 0) + rare * weight(counts.get(term)!, length, statistics));
    }
    return this.best(search, (chunk) => scores.get(chunk) ?? 0, (chunk) => scores.has(chunk));
  }

  private best(search: Omit<WordSearch, 'words'>, score: (chunk: StoredChunk) => number, found: (chunk: StoredChunk) => boolean): StoreHit[] {
    return this.of(search).filter((chunk) => found(chunk) && (!search.filter || passes(search.filter, chunk.metadata)))
      .map((chunk) => ({ score: score(chunk), ...apart(chunk) }))
      .sort((one, other) => other.score - one.score).slice(0, search.most);
  }

  private of({ tenant }: { readonly tenant?: unknown }): StoredChunk[] {
    const { tenantField } = this.index;
    if (tenantField && tenant === undefined) throw new StoreFailure('refused', 'no tenant');
    return [...this.kept.values()].filter(({ metadata }) => !tenantField || metadata[tenantField] === tenant);
  }
}

/** Such stores beside each other, by their names. */
export class MemoryPassageIndexes implements PassageIndexes {
  readonly stores = new Map<string, { readonly index: PassageIndex; readonly store: MemoryPassageStore }>();

  async make(index: PassageIndex) {
    const made = this.stores.get(index.name);
    if (made && made.index.dimension !== index.dimension) throw new StoreFailure('refused', `${index.name}: ${made.index.dimension} numbers, not ${index.dimension}`);
    if (!made) this.stores.set(index.name, { index, store: new MemoryPassageStore(index) });
  }

  async drop(name: string) {
    this.stores.delete(name);
    return { done: true };
  }

  open(name: string): MemoryPassageStore {
    const made = this.stores.get(name);
    if (!made) throw new StoreFailure('unavailable', `${name} is not there`);
    return made.store;
  }
}

function apart({ vector, ...chunk }: StoredChunk): Omit<StoreHit, 'score'> {
  return structuredClone({ chunk, vector });
}

function textOf({ title, lead, text }: StoredChunk): string {
  return `${title}\n${lead}\n${text}`;
}

function cosine(one: readonly number[], other: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  return dot(one, other) / (Math.sqrt(dot(one, one) * dot(other, other)) || 1);
}
