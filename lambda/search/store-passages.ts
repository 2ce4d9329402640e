import { distinct, diverse } from './diversity';
import { fuse, type Ranking } from './fusion';
import { reranked } from './reranking';
import type { PassageSearch } from '../../lib/contract/passage-search';
import type { Clock } from '../ports/clock';
import { type Embeddings, isEmbeddingFailure } from '../ports/embeddings';
import { isStoreFailure, type PassageStore, type StoreHit } from '../ports/passage-store';
import { type Passage, type Passages, PassagesFailure, type Placements, type Search, type SearchStage, type Tell } from '../ports/passages';
import type { Reranker } from '../ports/reranker';

export interface StorePorts {
  readonly store: Pick<PassageStore, 'byMeaning' | 'byWords'>;
  readonly embeddings: Embeddings;
  /** Asked where the search says so. */
  readonly reranker?: Reranker;
  readonly clock: Pick<Clock, 'now' | 'every'>;
}

/**
 * Passages of a store of our own, by what they mean, by their words, or both fused into one order, which a model may put into another. One
 * attempt: whoever looks up tries again.
 */
export function storePassages(ports: StorePorts, terms: PassageSearch): Passages {
  return {
    async search(search, signal, tell = () => undefined) {
      const round: Round = { search, terms, ports, signal, tell, timed: stopwatch(ports.clock, tell) };
      try {
        const rankings = await Promise.all([...(terms.by === 'words' ? [] : [byMeaning(round)]), ...(terms.by === 'meaning' ? [] : [byWords(round)])]);
        const found = await round.timed('fuse', async () => distinct(fused(rankings, terms)));
        const ordered = terms.rerank ? await round.timed('rerank', () => inBetterOrder(found, round)) : found;
        return picked(ordered, terms, search.most);
      } catch (error) {
        throw translated(error);
      }
    },
  };
}

/** One search under way. */
interface Round {
  readonly search: Search;
  readonly terms: PassageSearch;
  readonly ports: StorePorts;
  readonly signal: AbortSignal;
  readonly tell: Tell;
  readonly timed: <T>(stage: SearchStage, work: () => Promise<T>) => Promise<T>;
}

function stopwatch(clock: Pick<Clock, 'now'>, tell: Tell): Round['timed'] {
  return async (stage, work) => {
    const began = clock.now();
    const result = await work();
    tell({ stage, milliseconds: clock.now() - began });
    return result;
  };
}

interface Found extends Ranking {
  readonly found: readonly StoreHit[];
}

async function byMeaning({ search: { question, imagined, ...search }, terms, ports: { store, embeddings }, signal, timed }: Round): Promise<Found> {
  // What is imagined is a document, and near to such.
  const [text, as] = imagined === undefined ? [question, 'query' as const] : [imagined, 'document' as const];
  const [vector] = await timed('embed', () => embeddings.embed([text], as, signal));
  const { leastSimilarity = -1 } = terms;
  const hits = await timed('vector', () => store.byMeaning({ vector, ...within(search, terms) }, signal));
  return rankingOf('meaning', terms.weights.meaning, hits.filter(({ score }) => score >= leastSimilarity));
}

async function byWords({ search: { question, imagined: _, ...search }, terms, ports: { store }, signal, timed }: Round): Promise<Found> {
  if (!store.byWords) throw new Error('a store without a search by words is asked for one');
  return rankingOf('words', terms.weights.words, await timed('keyword', () => store.byWords!({ words: question, ...within(search, terms) }, signal)));
}

/** Several may say the same, and all of those but one are left out: so at least as many are looked up as the policy says. */
function within({ filter, tenant, most }: Omit<Search, 'question'>, { candidates }: PassageSearch) {
  return { most: Math.max(candidates, most), ...(filter && { filter }), ...(tenant !== undefined && { tenant }) };
}

function rankingOf(by: Ranking['by'], weight: number, found: readonly StoreHit[]): Found {
  return { by, weight, found, hits: found.map(({ chunk: { id }, score }) => ({ id, score })) };
}

/** What may become a passage. */
interface Candidate extends Pick<StoreHit, 'chunk' | 'vector'> {
  readonly id: string;
  readonly text: string;
  readonly lead: string;
  /** From 0 to 1. */
  readonly score: number;
  readonly placements: Placements;
}

/** One ranking out of all, the best first, each with its place in those before. */
function fused(rankings: readonly Found[], { by, fusion }: PassageSearch): readonly Candidate[] {
  const hits = new Map(rankings.flatMap(({ found }) => found.map((hit) => [hit.chunk.id, hit] as const)));
  // The hit by meaning is the one that may have a vector.
  for (const { found } of rankings.filter((ranking) => ranking.by === 'meaning')) for (const hit of found) hits.set(hit.chunk.id, hit);
  const before = new Map<string, Placements>();
  for (const { by: how, hits: list } of rankings) {
    list.forEach(({ id, score }, at) => before.set(id, { ...before.get(id), [how === 'meaning' ? 'vector' : 'keyword']: { rank: at + 1, score } }));
  }
  const candidate = ({ id, score }: { readonly id: string; readonly score: number }, placements: Placements): Candidate => {
    const { chunk, vector } = hits.get(id)!;
    return { id, text: chunk.text, lead: chunk.lead, score, chunk, vector, placements: { ...before.get(id), ...placements } };
  };
  if (by === 'both') return fuse(rankings, fusion).map((one, at) => candidate(one, { fused: { rank: at + 1, score: one.score } }));
  const [{ hits: [best], hits: list }] = rankings;
  // What BM25 counts to has no upper end; shown as a share of the best, it is at least comparable within its list.
  return list.map(({ id, score }) => candidate({ id, score: by === 'meaning' ? Math.max(0, score) : score / (best.score || 1) }, {}));
}

/** The best of what was found as the reranker sees it, or as it was. */
async function inBetterOrder(found: readonly Candidate[], { search: { question, most }, terms, ports: { reranker, clock }, signal, tell }: Round) {
  if (!reranker || !terms.rerank) throw new Error('a search that has its passages reranked is opened without a reranker');
  const few = found.slice(0, Math.max(terms.candidates, most));
  if (few.length === 0) return few;
  const { rerank: { leastScore = 0 } } = terms;
  const judged = await reranked(few.map(({ chunk }) => chunk), question, terms.rerank, { reranker, clock }, signal, tell);
  if (!judged) return few;
  tell({ bestScore: judged[0].score });
  return judged.map(({ index, score }, at): Candidate => {
    const { [index]: one } = few;
    return { ...one, score, placements: { ...one.placements, reranked: { rank: at + 1, score } } };
  }).filter(({ score }) => score >= leastScore);
}

function picked(found: readonly Candidate[], { relevance }: PassageSearch, most: number): readonly Passage[] {
  return (relevance === undefined ? found.slice(0, most) : diverse(found, { relevance, most })).map(passageOf);
}

function passageOf({ chunk, score, placements }: Candidate): Passage {
  const { id, text, lead, document, title, page, start, end, metadata } = chunk;
  return { id, text, ...(lead !== '' && { lead }), score, placements, source: { uri: document, title, ...(page !== undefined && { page }), start, end }, metadata };
}

function translated(error: unknown): unknown {
  if (!isStoreFailure(error) && !isEmbeddingFailure(error)) return error;
  // The deployment's fault, and neither the caller's nor one that passes: told as it is. What a model does not embed, no filter is to blame for.
  if (error.kind === 'forbidden' || (error.kind === 'refused' && isEmbeddingFailure(error))) return error;
  const passes = error.kind === 'throttled' || error.kind === 'unavailable';
  return new PassagesFailure(passes ? error.kind : 'refused', error.message, { cause: error });
}
