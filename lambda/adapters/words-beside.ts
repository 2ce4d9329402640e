import { passes } from './passes';
import { askedWords, ownerOf, wordsOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import type { PassageIndex } from '../../lib/contract/passage-stores';
import type { StoredChunk, StoreHit, WordSearch } from '../ports/passage-store';

/** Chunks with the words that are looked at for those that pass a filter. */
const MOST_LOOKED_AT = 2_000;

/** An index of words of our own, beside a store that knows none: which chunks have which, and how much that says. */
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

/** What such an index keeps of a chunk. */
export function chunkWords(chunk: StoredChunk, index: PassageIndex): ChunkWords {
  return { id: wellFormed(chunk.id), tenant: ownerOf(chunk, index), ...wordsOf(chunk) };
}

export interface WordsBeside {
  readonly keywords: Keywords;
  readonly owner: string;
  /** Most chunks that are fetched at once. */
  readonly page: number;
  /** Those of the owner's that are there, by their ids. */
  fetch(ids: readonly string[]): Promise<ReadonlyMap<string, StoreHit['chunk']>>;
}

/** Chunks by their words, which lie in such an index. */
export async function foundBeside({ words, most, filter }: Pick<WordSearch, 'words' | 'most' | 'filter'>, beside: WordsBeside, signal: AbortSignal): Promise<StoreHit[]> {
  const { keywords, owner, page, fetch } = beside;
  const asked = askedWords(words);
  const ranked = asked.length === 0 ? [] : await keywords.search(asked, owner, signal);
  const hits: StoreHit[] = [];
  for (let from = 0, size = 0; from < Math.min(ranked.length, MOST_LOOKED_AT) && hits.length < most; from += size) {
    size = filter ? page : Math.min(page, most - hits.length);
    const some = ranked.slice(from, from + size);
    const chunks = await fetch(some.map(({ id }) => id));
    hits.push(...some.flatMap(({ id, score }): StoreHit[] => {
      const chunk = chunks.get(id);
      // Words that a chunk had before it was written over do not find it.
      return chunk && (!filter || passes(filter, chunk.metadata)) && asked.some((term) => wordsOf(chunk).counts.has(term)) ? [{ chunk, score }] : [];
    }));
  }
  return hits.slice(0, most);
}
