import { readJson, readText, Refusal, shortened } from './data';
import { type Grades, ndcgOf, recallOf } from '../lambda/evaluate/relevance';

/** What was found for each query: documents with their scores, the best the highest. */
export type Run = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** How relevant which documents are to a query; what is not named is not. */
export type Judgements = ReadonlyMap<string, Grades>;

/** Judgements as BEIR writes them: query, document and grade between tabs, below a line of headings, or as TREC does, with a column between. */
export function readJudgements(file: string): Judgements {
  const all = new Map<string, Map<string, number>>();
  for (const [at, line] of readText("the file of judgements ('--qrels', or '--dataset')", file).split(/\r?\n/).entries()) {
    const columns = line.trim().split(/\s+/);
    const grade = Number(columns.at(-1));
    if (columns.length < 3 || !Number.isFinite(grade)) {
      if (at === 0 || !line.trim()) continue;
      throw new Refusal(`${file}, line ${at + 1}: must be a query, a document and a grade, with tabs between them, got ${shortened(line)}`);
    }
    const [query, document] = [columns[0], columns[columns.length - 2]];
    all.set(query, (all.get(query) ?? new Map<string, number>()).set(document, grade));
  }
  if (all.size === 0) throw new Refusal(`'${file}' holds no judgements: each line must be a query, a document and a grade, with tabs between them`);
  return all;
}

export function readRun(file: string): Run {
  const run = readJson("a file of '--runs'", file) as Run;
  const odd = Object.entries(run ?? {}).find(([, scores]) => typeof scores !== 'object' || scores === null || Object.values(scores).some((score) => typeof score !== 'number'));
  if (odd || typeof run !== 'object' || run === null || Array.isArray(run)) throw new Refusal(`'${file}' must be {"query": {"document": score}}${odd ? `, got another thing for '${odd[0]}'` : ''}`);
  return run;
}

/** The best first; equal scores by their names, so that every run gives the same figure. */
export function ranked(scores: Readonly<Record<string, number>> = {}): string[] {
  return Object.entries(scores).sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1)).map(([document]) => document);
}

/** The mean of all queries: one without results counts as 0, queries without anything relevant are left out. */
export function ndcg(found: (query: string) => readonly string[], judgements: Judgements, depth = 10): number {
  return mean(judgements, (grades, query) => ndcgOf(found(query), grades, depth));
}

/** How much of what is relevant is among the first, the mean of all queries. */
export function recall(found: (query: string) => readonly string[], judgements: Judgements, depth = 100): number {
  return mean(judgements, (grades, query) => recallOf(found(query), grades, depth));
}

function mean(judgements: Judgements, figure: (grades: Grades, query: string) => number | undefined): number {
  const figures = [...judgements].flatMap(([query, grades]) => figure(grades, query) ?? []);
  return figures.reduce((sum, each) => sum + each, 0) / figures.length;
}
