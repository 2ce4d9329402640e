import type { ConversationKey, OpenTurn } from './conversations';

/** What was told in short of the older parts of conversations. */
export interface Summaries {
  /** Those of a conversation that may matter, of whichever branch, the newest first. */
  newestFirst(conversation: ConversationKey): Promise<readonly Summary[]>;
  /**
   * Keeps one, unless there is one up to the same turn or the conversation has been deleted.
   * @param turn that was kept last by whoever writes the summary
   */
  keep(turn: OpenTurn, summary: Summary): Promise<void>;
}

export interface Summary {
  /**
   * Number of the last turn that it tells of. It tells of all that came before that turn on its branch, so it holds for exactly the branches
   * that the turn belongs to.
   */
  readonly turn: number;
  readonly text: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
}
