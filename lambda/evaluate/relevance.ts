/** How relevant what is to a question; what is not named is not. */
export type Grades = ReadonlyMap<string, number>;

/** As trec_eval counts it: grades as they are, against the best order there could be. Undefined where nothing is relevant. */
export function ndcgOf(ranking: readonly string[], grades: Grades, depth: number): number | undefined {
  const gain = (all: readonly number[]) => all.slice(0, depth).reduce((sum, grade, at) => sum + Math.max(0, grade) / Math.log2(at + 2), 0);
  const best = gain([...grades.values()].sort((a, b) => b - a));
  return best > 0 ? gain(ranking.map((name) => grades.get(name) ?? 0)) / best : undefined;
}

/** How much of what is relevant is among the first. Undefined where nothing is. */
export function recallOf(ranking: readonly string[], grades: Grades, depth: number): number | undefined {
  const first = new Set(ranking.slice(0, depth));
  const relevant = [...grades].filter(([, grade]) => grade > 0);
  return relevant.length > 0 ? relevant.filter(([name]) => first.has(name)).length / relevant.length : undefined;
}

/** One by the place of the first that is relevant, counted from 1; 0 where none is found. Undefined where nothing is relevant. */
export function reciprocalRankOf(ranking: readonly string[], grades: Grades, depth: number): number | undefined {
  if (![...grades.values()].some((grade) => grade > 0)) return undefined;
  const at = ranking.slice(0, depth).findIndex((name) => (grades.get(name) ?? 0) > 0);
  return at < 0 ? 0 : 1 / (at + 1);
}
