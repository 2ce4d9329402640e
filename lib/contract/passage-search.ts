/** How chunks of an index of our own are found. */
export interface PassageSearch {
  /** By what they mean, by their words, or by both, fused. */
  readonly by: 'meaning' | 'words' | 'both';
  /** How many each search looks up; the fusion chooses among them. */
  readonly candidates: number;
  /** How two rankings become one; asked with `both` alone. */
  readonly fusion: FusionPolicy;
  /** How much each counts in it. */
  readonly weights: { readonly meaning: number; readonly words: number };
  /** From 0, difference alone, to 1, the order as it is: passages that say much the same give way to others. Absent leaves the order. */
  readonly relevance?: number;
  /** Passages of a lower cosine similarity, from -1 to 1, are taken for not found by their meaning. */
  readonly leastSimilarity?: number;
  /** Who puts what was found into another order; absent leaves it. */
  readonly rerank?: RerankPolicy;
}

export interface RerankPolicy {
  readonly modelArn: string;
  /** How long its order is waited for; the one before it stands where it comes later. */
  readonly milliseconds: number;
  /** What it gives a lower score, from 0 to 1, is taken for not found; where it gave no order nothing is held to it. */
  readonly leastScore?: number;
}

/** reciprocalRank looks at places, minMax and zScore at scores. */
export type FusionPolicy = { readonly method: 'reciprocalRank'; readonly k: number } | { readonly method: 'minMax' } | { readonly method: 'zScore' };
