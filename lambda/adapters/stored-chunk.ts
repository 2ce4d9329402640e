import type { PassageIndex } from '../../lib/contract/passage-stores';
import { termCounts, terms } from '../kit/terms';
import { type StoredChunk, StoreFailure } from '../ports/passage-store';
import type { Scalar } from '../ports/passages';

/** The words that a chunk is found by: of its title, of what leads to it, and its own. */
export function wordsOf({ title, lead, text }: Pick<StoredChunk, 'title' | 'lead' | 'text'>): { readonly counts: ReadonlyMap<string, number>; readonly length: number } {
  const counts = termCounts(`${title}\n${lead}\n${text}`);
  let length = 0;
  for (const count of counts.values()) length += count;
  return { counts, length };
}

/** Each costs a store a search of its own; a question of more is looked up by its first. */
const MOST_WORDS = 64;

/** The words that a search looks up, each once. */
export function askedWords(words: string): string[] {
  return [...new Set(terms(words))].slice(0, MOST_WORDS);
}

/** Whose a chunk or a search is, as one text that tells 7 from '7'; the same for all where chunks belong to nobody. Refuses what names no tenant and has to. */
export function tenantOf(tenant: Scalar | readonly string[] | undefined, { tenantField }: Pick<PassageIndex, 'tenantField'>, chunk?: string): string {
  if (tenantField === undefined) return 'null';
  if (tenant === undefined || typeof tenant === 'object') {
    throw new StoreFailure('refused', chunk === undefined ? `a search must name the tenant whose '${tenantField}' it is for` : `the chunk '${chunk}' must say in '${tenantField}' whose it is, as a text, a number, true or false`);
  }
  return JSON.stringify(tenant);
}

export function requireVector(vector: readonly number[], { dimension }: Pick<PassageIndex, 'dimension'>, chunk?: string): void {
  if (vector.length === dimension && vector.every(Number.isFinite)) return;
  const what = chunk === undefined ? 'the vector that is searched for' : `the vector of the chunk '${chunk}'`;
  throw new StoreFailure('refused', `${what} must have ${dimension} finite numbers, as the index has, got ${vector.length}${vector.length === dimension ? ', not all finite' : ''}`);
}
