import { type FilterActions } from './filter-action';

/** A subject that the conversation must not turn to. */
export interface DeniedTopic extends FilterActions {
  /** The topic's name, 1 to 100 letters, digits, spaces or any of `-_!?.`. */
  readonly name: string;
  /** What belongs to the topic, in one or two sentences, at most 200 characters; 1000 in the standard tier. */
  readonly definition: string;
  /**
   * Prompts that belong to the topic, at most 5, each of at most 100 characters.
   *
   * @default - the definition alone decides
   */
  readonly examples?: string[];
}
