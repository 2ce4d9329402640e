import type { Spent } from '../generation/usage';

export interface Said {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** One search. */
export interface Sought {
  readonly question: string;
  /** How much its ranking counts beside others, 1 where it is not said. */
  readonly weight?: number;
  /** What stands for the question where meaning is searched. */
  readonly imagined?: string;
}

export interface Asked {
  /** What is asked, each understood without the others and without the conversation, as far as could be found out. */
  readonly questions: readonly string[];
  /** What is looked up for it, fused into one ranking. */
  readonly searches: readonly Sought[];
  /** What finding that out took. */
  readonly spent: readonly Spent[];
  /** Calls of a model, those of them that were of no help, and how long they held up the search; absent where no model was asked. */
  readonly calls?: { readonly all: number; readonly failed: number; readonly milliseconds: number };
  /** Whether a follow-up is understood by itself: what answers it answers whoever asks so. */
  readonly standalone: boolean;
}
