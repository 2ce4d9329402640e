/** Puts texts into the order in which they answer a question. */
export interface Reranker {
  /** The best first, at most so many of them. One attempt; throws whatever went wrong. */
  rerank(question: string, texts: readonly string[], most: number, signal: AbortSignal): Promise<readonly Judged[]>;
}

export interface Judged {
  /** Of the text, counted from 0. */
  readonly index: number;
  /** How well it answers, from 0 to 1. */
  readonly score: number;
}
