import { cosine, embed } from './embedding';
import { type Filter, passes } from './filter';
import type { Chunk, IndexedDocument, IndexStore } from './index-store';
import type { Metadata } from './metadata';
import { terms } from './words';

/** A passage that was found. */
export interface Hit {
  readonly document: IndexedDocument;
  readonly chunk: Chunk;
  /** What is given back: the parent of a chunk where it has one. */
  readonly text: string;
  /** From 0, for no word in common, to 1. */
  readonly score: number;
  readonly metadata: Metadata;
}

export interface Search {
  readonly text: string;
  readonly hybrid: boolean;
  readonly filter?: Filter;
  /** Who asks, as access control lists know them. */
  readonly user?: string;
  readonly most: number;
}

/** The best passages of a knowledge base, the best first. */
export function search(store: IndexStore, dimension: number, { text, hybrid, filter, user, most }: Search): Hit[] {
  const shown = store.all().filter((document) => mayFind(document, user));
  const chunks = shown.flatMap((document) => document.chunks.map((chunk) => ({ document, chunk, metadata: metadataOf(document, chunk) })));
  const found = filter ? chunks.filter(({ metadata }) => passes(filter, metadata)) : chunks;
  const query = embed(text, dimension);
  // Vectors of words lie further apart than those of models: the root brings their scores to where thresholds stand.
  const near = (chunk: Chunk) => Math.sqrt(Math.max(0, cosine(query, chunk.vector)));
  const words = hybrid ? keywordScores(text, found.map(({ chunk }) => chunk)) : undefined;
  const scored = found.map(({ document, chunk, metadata }) => ({
    document, chunk, metadata, text: chunk.parent ?? chunk.text, score: words ? (near(chunk) + words(chunk)) / 2 : near(chunk),
  }));
  return distinct(scored.sort(byScore)).slice(0, most);
}

/** Of what has an access control list nobody finds anything whom it does not let, or who is not named. Groups are their source's own, and unknown here. */
function mayFind({ access }: IndexedDocument, user: string | undefined): boolean {
  const entries = (access ?? []).filter(({ Type, Name }) => Type === 'USER' && Name.toLowerCase() === user?.toLowerCase());
  return access === undefined || (entries.length > 0 && entries.every(({ Access }) => Access === 'ALLOW'));
}

export function byScore(one: Hit, other: Hit): number {
  return other.score - one.score || (one.chunk.id < other.chunk.id ? -1 : 1);
}

/** How much of a question a text answers, as a model that reranks would see it: from 0 to 1. */
export function relevance(question: string, text: string): number {
  const asked = new Set(terms(question));
  if (asked.size === 0) return 0;
  const said = new Set(terms(text));
  const covered = [...asked].filter((term) => said.has(term)).length / asked.size;
  return Math.min(1, 0.8 * covered + 0.2 * Math.sqrt(Math.max(0, cosine(embed(question, 1024), embed(text, 1024)))));
}

/** What filters see, and what is given back with a passage. */
export function metadataOf({ dataSourceId, identifier }: IndexedDocument, chunk: Chunk): Metadata {
  return {
    ...chunk.metadata,
    ...identifier.s3 && { 'x-amz-bedrock-kb-source-uri': identifier.s3.uri },
    'x-amz-bedrock-kb-chunk-id': chunk.id,
    'x-amz-bedrock-kb-data-source-id': dataSourceId,
    ...chunk.page !== undefined && { 'x-amz-bedrock-kb-document-page-number': chunk.page },
  };
}

/** BM25 over the passages that the filter leaves. */
function keywordScores(question: string, chunks: readonly Chunk[]): (chunk: Chunk) => number {
  const asked = [...new Set(terms(question))];
  const average = chunks.reduce((sum, { length }) => sum + length, 0) / Math.max(1, chunks.length);
  const rarity = new Map(asked.map((term) => {
    const containing = chunks.filter((chunk) => chunk.terms.has(term)).length;
    return [term, Math.log(1 + (chunks.length - containing + 0.5) / (containing + 0.5))];
  }));
  return (chunk) => {
    const sum = asked.reduce((total, term) => {
      const count = chunk.terms.get(term) ?? 0;
      return total + (rarity.get(term) ?? 0) * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * chunk.length / average));
    }, 0);
    return sum / (sum + 2);
  };
}

/** Children of one parent are one passage. */
function distinct(hits: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter(({ chunk, document, text }) => {
    if (chunk.parent === undefined) return true;
    const key = JSON.stringify([document.dataSourceId, document.identifier, text]);
    return !seen.has(key) && seen.add(key);
  });
}
