import type { Conversation, ConversationKey, Conversations, OpenTurn, StoredMessage } from '../../../lambda/ports/conversations';

interface Head extends Partial<Conversation> {
  readonly key: ConversationKey;
  attempts: number;
  lock?: { turnId: string; until: number };
}

/** Conversations in memory, held to the same tests as those in DynamoDB. */
export class MemoryConversations implements Conversations {
  readonly heads = new Map<string, Head>();
  readonly messages = new Map<string, StoredMessage[]>();

  async begin(request: Parameters<Conversations['begin']>[0]): Promise<OpenTurn | undefined> {
    const name = nameOf(request.conversation);
    const known = this.heads.get(name);
    const before: Head = known ?? { key: request.conversation, attempts: 0 };
    if (before.lock && before.lock.until >= request.now && before.lock.turnId !== request.turnId) return undefined;
    const expired = before.expiresAt !== undefined && before.expiresAt * 1000 <= request.now;
    const fresh = known === undefined || expired;
    this.heads.set(name, { ...before, attempts: before.attempts + 1, expiresAt: request.expiresAt, lock: { turnId: request.turnId, until: request.until } });
    return { ...request, number: before.attempts + 1, fresh };
  }

  async* newestFirst(key: ConversationKey) {
    yield* [...this.messages.get(nameOf(key)) ?? []].reverse();
  }

  async* oldestFirst(key: ConversationKey, fromTurn: number) {
    yield* (this.messages.get(nameOf(key)) ?? []).filter(({ turn }) => turn >= fromTurn);
  }

  async commit(turn: OpenTurn, messages: readonly StoredMessage[], { title, now }: { title: string; now: number }) {
    const name = nameOf(turn.conversation);
    const head = this.heads.get(name)!;
    this.messages.set(name, [...this.messages.get(name) ?? [], ...messages]);
    const before: Partial<Head> = turn.fresh ? {} : head;
    this.heads.set(name, {
      ...head,
      id: turn.conversation.id,
      title: before.title ?? title,
      createdAt: before.createdAt ?? turn.now,
      updatedAt: now,
      turns: (before.turns ?? 0) + 1,
      lock: undefined,
    });
  }

  async settle({ conversation, number }: OpenTurn, place: number, usage: Record<string, unknown>) {
    const name = nameOf(conversation);
    this.messages.set(name, (this.messages.get(name) ?? []).map((message) => (
      message.turn === number && message.index === place && message.end ? { ...message, end: { ...message.end, usage } } : message
    )));
  }

  async release(turn: OpenTurn) {
    const head = this.heads.get(nameOf(turn.conversation))!;
    if (head.lock?.turnId !== turn.turnId) throw new Error('not your turn');
    head.lock = undefined;
  }

  async find(key: ConversationKey) {
    const head = this.heads.get(nameOf(key));
    return head?.updatedAt === undefined ? undefined : head as unknown as Conversation;
  }

  async* recent(owner: string, after?: { id: string; updatedAt: number }) {
    const heads = [...this.heads.values()].filter(({ key, updatedAt }) => key.owner === owner && updatedAt !== undefined) as unknown as Conversation[];
    heads.sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1));
    yield* heads.filter(({ id, updatedAt }) => !after || updatedAt < after.updatedAt || (updatedAt === after.updatedAt && id < after.id));
  }
}

function nameOf({ owner, id }: ConversationKey) {
  return JSON.stringify([owner, id]);
}
