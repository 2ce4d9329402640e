/** What a filter does when it finds something. */
export enum FilterAction {
  /** Answer with the guardrail's blocked message instead. */
  BLOCK = 'BLOCK',
  /** Replace what was found by its kind, such as `{EMAIL}`. For sensitive information only. */
  ANONYMIZE = 'ANONYMIZE',
  /** Let it pass, and report it in the trace. */
  NONE = 'NONE',
  /** Do not look, and do not pay for looking. */
  SKIP = 'SKIP',
}

/** What a filter does with prompts and with answers. */
export interface FilterActions {
  /**
   * What happens when a prompt matches.
   *
   * @default FilterAction.BLOCK
   */
  readonly inputAction?: FilterAction;
  /**
   * What happens when an answer matches.
   *
   * @default FilterAction.BLOCK
   */
  readonly outputAction?: FilterAction;
}
