import type { ConversationKey, OpenTurn } from '../../../lambda/ports/conversations';
import type { KeyedTurn, TurnKey, TurnKeys } from '../../../lambda/ports/turn-keys';
import { TURN_LOG_SECONDS } from '../../../lib/contract/conversations';

/** Keys of turns in memory, held to the same tests as those in DynamoDB. */
export class MemoryTurnKeys implements TurnKeys {
  readonly keys = new Map<string, KeyedTurn & { readonly until: number }>();

  async find(conversation: ConversationKey, name: string, now: number) {
    const { until, ...turn } = this.keys.get(nameOf(conversation, name)) ?? { until: -1 };
    return until > now ? turn as KeyedTurn : undefined;
  }

  async claim({ conversation, turnId, number, now, expiresAt = Infinity }: OpenTurn, { name, hash }: TurnKey, before: KeyedTurn | undefined) {
    const held = await this.find(conversation, name, now);
    if (held && held.turnId !== turnId && held.turnId !== before?.turnId) return false;
    this.keys.set(nameOf(conversation, name), { turnId, number, hash, until: Math.min(expiresAt * 1000, now + TURN_LOG_SECONDS * 1000) });
    return true;
  }
}

function nameOf({ owner, id }: ConversationKey, name: string) {
  return JSON.stringify([owner, id, name]);
}
