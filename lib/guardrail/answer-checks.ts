import { type FilterAction } from './filter-action';

/** Blocks answers that their sources do not bear out, or that miss the question. Works where sources travel with the prompt, as in RAG. */
export interface ContextualGrounding {
  /**
   * Least score of an answer's faithfulness to its sources, from 0 to 0.99: an answer below it is acted on.
   *
   * @default - grounding is not checked
   */
  readonly groundingThreshold?: number;
  /**
   * Least score of an answer's relevance to the question, from 0 to 0.99: an answer below it is acted on.
   *
   * @default - relevance is not checked
   */
  readonly relevanceThreshold?: number;
  /**
   * What happens to an answer below a threshold: BLOCK or NONE.
   *
   * @default FilterAction.BLOCK
   */
  readonly action?: FilterAction;
}

/** Checks answers against rules that you have written down as Automated Reasoning policies. */
export interface AutomatedReasoning {
  /** ARNs of one or two Automated Reasoning policies. */
  readonly policyArns: string[];
  /**
   * Least confidence with which a violation counts, from 0 to 1.
   *
   * @default - the service's own
   */
  readonly confidenceThreshold?: number;
}
