import type { ConversationKey, OpenTurn } from '../../../lambda/ports/conversations';
import type { Summaries, Summary } from '../../../lambda/ports/summaries';

/** Summaries in memory, of one conversation. */
export class MemorySummaries implements Summaries {
  readonly kept: Summary[] = [];

  async newestFirst(_: ConversationKey) {
    return [...this.kept].sort((a, b) => b.turn - a.turn);
  }

  async keep(_: OpenTurn, summary: Summary) {
    if (!this.kept.some(({ turn }) => turn === summary.turn)) this.kept.push(summary);
  }
}
