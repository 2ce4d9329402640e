import type { ModelFacts } from './model';

/** How the older part of a conversation is summed up. */
export interface SummaryPolicy {
  readonly facts: ModelFacts;
  /** Most tokens of a summary. */
  readonly maxTokens: number;
}
