/** What one search found. */
export interface Ranking {
  /** Dense retrieval finds by meaning, sparse by words. */
  readonly by: 'meaning' | 'words';
  /** How much it counts beside the others; 0 leaves it out. */
  readonly weight: number;
  /** The best first, each once. */
  readonly hits: readonly Ranked[];
}

export interface Ranked {
  readonly id: string;
  readonly score: number;
}

/**
 * How rankings become one. reciprocalRank looks at places alone, the more evenly the greater `k` is; minMax and zScore bring the scores of each
 * ranking onto one scale, and so keep how far apart they were; meaning takes rankings by meaning alone, for a strong model that words only disturb.
 */
export type Fusion = { readonly method: 'reciprocalRank'; readonly k: number } | { readonly method: 'minMax' } | { readonly method: 'zScore' } | { readonly method: 'meaning' };

/** As it was published, and what most services use. */
export const USUAL_K = 60;

/**
 * One ranking of all that was found, the best first, with scores from 0 to 1: 1 is what every ranking has at its top. What a ranking does not
 * hold is no better there than its worst. Scores are never simply added: one search counts to 1, another to 30.
 */
export function fuse(rankings: readonly Ranking[], fusion: Fusion): Ranked[] {
  const counted = rankings.filter(({ by, weight, hits }) => weight > 0 && hits.length > 0 && (fusion.method !== 'meaning' || by === 'meaning'));
  const ids = [...new Set(counted.flatMap(({ hits }) => hits.map(({ id }) => id)))];
  const scales = counted.map(({ hits, weight }) => ({ weight, ...scaled(hits, fusion) }));
  const all = scales.reduce((sum, { weight }) => sum + weight, 0);
  const found = ids.map((id) => ({ id, score: scales.reduce((sum, { weight, scores, absent }) => sum + weight * (scores.get(id) ?? absent), 0) / all }));
  if (fusion.method === 'zScore') return sorted(found.map(({ id, score }) => ({ id, score: 1 / (1 + Math.exp(-score)) })));
  return sorted(found);
}

interface Scale {
  readonly scores: ReadonlyMap<string, number>;
  readonly absent: number;
}

function scaled(hits: readonly Ranked[], fusion: Fusion): Scale {
  if (fusion.method === 'reciprocalRank') {
    const { k } = fusion;
    return { scores: new Map(hits.map(({ id }, at) => [id, (k + 1) / (k + at + 1)])), absent: 0 };
  }
  const scores = hits.map(({ score }) => score);
  return fusion.method === 'zScore' ? byDeviation(hits, scores) : byRange(hits, scores);
}

/** From 0, the worst, to 1, the best. Where all are alike, all are best. */
function byRange(hits: readonly Ranked[], scores: readonly number[]): Scale {
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  return { scores: new Map(hits.map(({ id, score }) => [id, most > least ? (score - least) / (most - least) : 1])), absent: 0 };
}

/** By how many deviations a score is above what is usual in its ranking. Where all are alike, what is absent is one below them. */
function byDeviation(hits: readonly Ranked[], scores: readonly number[]): Scale {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
  if (!(deviation > 1e-9 * Math.abs(mean))) return { scores: new Map(hits.map(({ id }) => [id, 0])), absent: -1 };
  return { scores: new Map(hits.map(({ id, score }) => [id, (score - mean) / deviation])), absent: (Math.min(...scores) - mean) / deviation };
}

/** What is equally good stays as the rankings had it. */
function sorted(found: readonly Ranked[]): Ranked[] {
  return [...found].sort((one, other) => other.score - one.score);
}
