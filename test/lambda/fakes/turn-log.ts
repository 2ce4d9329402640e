import type { MemoryConversations } from './conversations';
import type { ConversationKey, OpenTurn } from '../../../lambda/ports/conversations';
import type { LogEntry, TurnLog } from '../../../lambda/ports/turn-log';
import { TURN_LOG_SECONDS } from '../../../lib/contract/conversations';

/** Logs in memory, held to the same tests as those in DynamoDB. */
export class MemoryTurnLog implements TurnLog {
  readonly logs = new Map<string, LogEntry[]>();
  /** How many of the next writes fail. */
  broken = 0;

  constructor(private readonly conversations: MemoryConversations) {}

  async running(key: ConversationKey, now: number) {
    const { lock, deleted } = this.conversations.heads.get(JSON.stringify([key.owner, key.id])) ?? {};
    return lock && !deleted && lock.until >= now ? lock.turnId : undefined;
  }

  async append({ conversation, turnId }: OpenTurn, entry: LogEntry) {
    if (this.broken > 0) {
      this.broken--;
      throw new Error('the table is away');
    }
    const log = this.of(conversation, turnId);
    const taken = log[entry.place];
    if (taken && taken.text === '') return false;
    log[entry.place] = entry;
    return true;
  }

  async* read(key: ConversationKey, turnId: string, from: number, now: number) {
    yield* this.of(key, turnId).slice(from).filter(({ at }) => at + TURN_LOG_SECONDS * 1000 > now);
  }

  async stop(key: ConversationKey, turnId: string, at: number) {
    const log = this.of(key, turnId);
    if (log.at(-1)?.last) return false;
    if (log.at(-1)?.text !== '') log.push({ place: log.length, at, text: '', last: false });
    return true;
  }

  private of({ owner, id }: ConversationKey, turnId: string): LogEntry[] {
    const name = JSON.stringify([owner, id, turnId]);
    return this.logs.get(name) ?? this.logs.set(name, []).get(name)!;
  }
}
