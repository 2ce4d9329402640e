/** How rows of a database are looked up, and which of them an answer is given from. */
export interface RowsOptions {
  /**
   * Most rows of one query that an answer is given from, from 1 to 100.
   *
   * @default 25
   */
  readonly rows?: number;

  /**
   * Most questions that one question is taken apart into, each a query of its own, from 1 to 5.
   *
   * @default 1
   */
  readonly questions?: number;

  /**
   * What is answered where a query finds no rows: the model is not asked then.
   *
   * @default - that no rows answer this, in English
   */
  readonly unanswered?: string;
}
