import { distinct, diverse } from './diversity';
import { fuse, type Ranking } from './fusion';
import type { PassageSearch } from '../../lib/contract/passage-search';
import { type Embeddings, isEmbeddingFailure } from '../ports/embeddings';
import { isStoreFailure, type PassageStore, type StoreHit } from '../ports/passage-store';
import { type Passage, type Passages, PassagesFailure, type Search } from '../ports/passages';

export interface StorePorts {
  readonly store: Pick<PassageStore, 'byMeaning' | 'byWords'>;
  readonly embeddings: Embeddings;
}

/** Passages of a store of our own, by what they mean, by their words, or both fused into one order. One attempt: whoever looks up tries again. */
export function storePassages({ store, embeddings }: StorePorts, terms: PassageSearch): Passages {
  return {
    async search(search, signal) {
      try {
        const rankings = await Promise.all([
          ...(terms.by === 'words' ? [] : [byMeaning(search, terms, { store, embeddings }, signal)]),
          ...(terms.by === 'meaning' ? [] : [byWords(search, terms, store, signal)]),
        ]);
        return chosen(rankings, terms, search.most);
      } catch (error) {
        throw translated(error);
      }
    },
  };
}

interface Found extends Ranking {
  readonly found: readonly StoreHit[];
}

async function byMeaning({ question, ...search }: Search, terms: PassageSearch, { store, embeddings }: StorePorts, signal: AbortSignal): Promise<Found> {
  const [vector] = await embeddings.embed([question], 'query', signal);
  const { leastSimilarity = -1 } = terms;
  const hits = await store.byMeaning({ vector, ...within(search, terms) }, signal);
  return rankingOf('meaning', terms.weights.meaning, hits.filter(({ score }) => score >= leastSimilarity));
}

async function byWords({ question, ...search }: Search, terms: PassageSearch, store: StorePorts['store'], signal: AbortSignal): Promise<Found> {
  if (!store.byWords) throw new Error('a store without a search by words is asked for one');
  return rankingOf('words', terms.weights.words, await store.byWords({ words: question, ...within(search, terms) }, signal));
}

/** Several may say the same, and all of those but one are left out: so at least as many are looked up as the policy says. */
function within({ filter, tenant, most }: Omit<Search, 'question'>, { candidates }: PassageSearch) {
  return { most: Math.max(candidates, most), ...(filter && { filter }), ...(tenant !== undefined && { tenant }) };
}

function rankingOf(by: Ranking['by'], weight: number, found: readonly StoreHit[]): Found {
  return { by, weight, found, hits: found.map(({ chunk: { id }, score }) => ({ id, score })) };
}

function chosen(rankings: readonly Found[], { by, fusion, relevance }: PassageSearch, most: number): readonly Passage[] {
  const hits = new Map(rankings.flatMap(({ found }) => found.map((hit) => [hit.chunk.id, hit] as const)));
  // The hit by meaning is the one that may have a vector.
  for (const { found } of rankings.filter((ranking) => ranking.by === 'meaning')) for (const hit of found) hits.set(hit.chunk.id, hit);
  const ranked = by === 'both' ? fuse(rankings, fusion) : rankings[0].hits.map(({ id, score }) => ({ id, score: by === 'meaning' ? Math.max(0, score) : score }));
  const best = ranked[0]?.score ?? 0;
  // What BM25 counts to has no upper end; shown as a share of the best, it is at least comparable within its list.
  const scores = by === 'words' && best > 0 ? ranked.map(({ id, score }) => ({ id, score: score / best })) : ranked;
  const found = distinct(scores.map(({ id, score }) => {
    const { chunk: { text, lead }, vector } = hits.get(id)!;
    return { id, score, text, lead, vector };
  }));
  const picked = relevance === undefined ? found.slice(0, most) : diverse(found, { relevance, most });
  return picked.map(({ id, score }) => passageOf(hits.get(id)!, score));
}

function passageOf({ chunk }: StoreHit, score: number): Passage {
  const { id, text, lead, document, title, page, start, end, metadata } = chunk;
  return { id, text, ...(lead !== '' && { lead }), score, source: { uri: document, title, ...(page !== undefined && { page }), start, end }, metadata };
}

function translated(error: unknown): unknown {
  if (!isStoreFailure(error) && !isEmbeddingFailure(error)) return error;
  const passes = error.kind === 'throttled' || error.kind === 'unavailable';
  return new PassagesFailure(passes ? error.kind : 'refused', error.message, { cause: error });
}
