import type { ModelFacts } from './model';

/** none: a question is looked up as it came. history: behind the one before it, and once more by itself. model: as a model says what it asks. */
export type RewritingPolicy = { readonly by: 'none' } | { readonly by: 'history' } | { readonly by: 'model' } & AskedModel;

/**
 * What is looked up besides a question, or in its place. paraphrases: so many other ways to ask it. passage: where meaning is searched, a passage as a
 * document might answer it.
 */
export type ExpansionPolicy = ({ readonly by: 'paraphrases'; readonly queries: number } | { readonly by: 'passage' }) & AskedModel;

/** A model that is asked before the search. */
export interface AskedModel {
  /** Absent asks the one that answers. */
  readonly model?: ModelFacts;
  /** What it has not said by then is done without. */
  readonly milliseconds: number;
}

/** As long as a short answer of a busy model takes. */
export const REWRITING_MS = 8_000;

/** Metrics of models that are asked before the search, with the dimension `Service`; of a question that needs none there are none. */
export const REWRITE_METRICS = {
  /** Calls of a model that say what to look up. */
  rewrites: 'QuestionRewrites',
  /** Those that failed or were late: the question was looked up without them. */
  rewritesFailed: 'QuestionRewritesFailed',
  /** How long they held up the search, together. */
  rewriteDuration: 'QuestionRewriteDuration',
} as const;
