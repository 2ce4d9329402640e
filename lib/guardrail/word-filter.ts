import { type IConstruct } from 'constructs';
import { type FilterActions } from './filter-action';
import { refuseAnonymize, renderActions, type RenderedWords } from './filter-rendering';
import { requireCount, requireLength } from '../internal/validation';

/**
 * Words that a guardrail looks for, matched exactly.
 *
 * @example
 *
 * new Guardrail(this, 'Guardrail', {
 *   wordFilters: [WordFilter.profanity(), WordFilter.words(['Project Nightingale'], { inputAction: FilterAction.NONE })],
 * });
 */
export class WordFilter {
  /**
   * Words and short phrases of your own.
   *
   * @param words 1 to 10000 words or phrases, each of at most 100 characters
   * @param actions what happens when one is found
   */
  public static words(words: string[], actions: FilterActions = {}): WordFilter {
    return new WordFilter(words, actions);
  }

  /**
   * Swear words, from the list that AWS keeps.
   *
   * @param actions what happens when one is found
   */
  public static profanity(actions: FilterActions = {}): WordFilter {
    return new WordFilter(undefined, actions);
  }

  private constructor(private readonly words: string[] | undefined, private readonly actions: FilterActions) {}

  /** @internal */
  public _render(scope: IConstruct): RenderedWords {
    refuseAnonymize(scope, 'a word filter', this.actions);
    const actions = renderActions(this.actions);
    if (this.words === undefined) return { words: [], lists: [{ type: 'PROFANITY', ...actions }] };
    requireCount(scope, 'wordFilters.words', this.words, 1, 10_000);
    this.words.forEach((word) => requireLength(scope, 'wordFilters.words', word, 1, 100));
    return { words: this.words.map((text) => ({ text, ...actions })), lists: [] };
  }
}
