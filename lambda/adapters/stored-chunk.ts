import { wellFormed } from './well-formed';
import type { PassageIndex } from '../../lib/contract/passage-stores';
import { termCounts, terms } from '../kit/terms';
import { type StoredChunk, StoreFailure, type StoreHit } from '../ports/passage-store';
import type { Filter, Scalar } from '../ports/passages';

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

/** Whose a chunk is, likewise. */
export function ownerOf({ id, metadata }: Pick<StoredChunk, 'id' | 'metadata'>, index: PassageIndex): string {
  return tenantOf(index.tenantField === undefined ? undefined : metadata[index.tenantField], index, id);
}

/** Chunks of a batch, each once: where it has one twice, the later one stays. */
export function onceEach(written: readonly StoredChunk[]): StoredChunk[] {
  return [...new Map(written.map((chunk) => [wellFormed(chunk.id), chunk])).values()];
}

/** A chunk as one text, for stores that keep it whole beside what they find it by. */
export function wholeOf(chunk: StoreHit['chunk']): string {
  return JSON.stringify(chunk, cleaning);
}

/** A filter whose texts are as those of chunks are written. */
export function cleaned(filter: Filter): Filter {
  return JSON.parse(JSON.stringify(filter, cleaning)) as Filter;
}

function cleaning(_: string, value: unknown): unknown {
  return typeof value === 'string' ? wellFormed(value) : value;
}

/** The names under which a service keeps, beside a vector, whose its chunk is and the whole of it. */
interface WholeKeys {
  readonly tenant: string;
  readonly chunk: string;
}

/** The chunk beside a vector, looked at again after the service has: whatever it gives, nothing of another tenant leaves here. */
export function chunkIn(metadata: unknown, owner: string, keys: WholeKeys): StoreHit['chunk'][] {
  const { [keys.chunk]: whole, [keys.tenant]: tenant = 'null' } = (metadata ?? {}) as Readonly<Record<string, string | undefined>>;
  return whole === undefined || tenant !== owner ? [] : [JSON.parse(whole) as StoreHit['chunk']];
}

export function requireVector(vector: readonly number[], { dimension }: Pick<PassageIndex, 'dimension'>, chunk?: string): void {
  if (vector.length === dimension && vector.every(Number.isFinite)) return;
  const what = chunk === undefined ? 'the vector that is searched for' : `the vector of the chunk '${chunk}'`;
  throw new StoreFailure('refused', `${what} must have ${dimension} finite numbers, as the index has, got ${vector.length}${vector.length === dimension ? ', not all finite' : ''}`);
}
