import type { ConversationEdits, Feedback, Removal } from '../../../lambda/ports/conversation-edits';
import type { Conversation, ConversationKey, Conversations, MessagePlace, OpenTurn, StoredMessage, TurnSummary } from '../../../lambda/ports/conversations';

interface Head extends Partial<Conversation> {
  readonly key: ConversationKey;
  attempts: number;
  newest?: number;
  deleted?: true;
  lock?: { turnId: string; until: number };
}

/** Conversations in memory, held to the same tests as those in DynamoDB. */
export class MemoryConversations implements Conversations, ConversationEdits {
  readonly heads = new Map<string, Head>();
  readonly messages = new Map<string, StoredMessage[]>();
  readonly opinions = new Map<string, Feedback[]>();
  /** What the next calls of `erase` leave undone, at most. */
  refusals: number[] = [];

  async begin(request: Parameters<Conversations['begin']>[0]): Promise<OpenTurn | undefined> {
    const name = nameOf(request.conversation);
    const known = this.heads.get(name);
    const before: Head = known ?? { key: request.conversation, attempts: 0 };
    if (before.deleted || isLocked(before, request.turnId, request.now)) return undefined;
    const expired = before.expiresAt !== undefined && before.expiresAt * 1000 <= request.now;
    const fresh = known === undefined || expired;
    this.heads.set(name, { ...before, attempts: before.attempts + 1, expiresAt: request.expiresAt, lock: { turnId: request.turnId, until: request.until } });
    return { ...request, number: before.attempts + 1, fresh, newest: before.newest };
  }

  async* newestFirst(key: ConversationKey, upToTurn = Infinity) {
    yield* [...this.messages.get(nameOf(key)) ?? []].filter(({ turn }) => turn <= upToTurn).reverse();
  }

  async* outline(key: ConversationKey) {
    for (const { turn, index, parent, expiresAt, end } of this.messages.get(nameOf(key)) ?? []) yield { turn, index, parent, expiresAt, end };
  }

  async* oldestFirst(key: ConversationKey, fromTurn: number) {
    yield* (this.messages.get(nameOf(key)) ?? []).filter(({ turn }) => turn >= fromTurn);
  }

  async commit(turn: OpenTurn, messages: readonly StoredMessage[], { title, now, branches }: TurnSummary) {
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
      newest: turn.number,
      branched: branches || before.branched,
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

  async rename(key: ConversationKey, title: string, now: number) {
    const head = this.heads.get(nameOf(key));
    if (head?.updatedAt === undefined || (head.expiresAt !== undefined && head.expiresAt * 1000 <= now)) return undefined;
    this.heads.set(nameOf(key), { ...head, title });
    return this.find(key);
  }

  async hide({ conversation, runId, now, until }: Removal) {
    const head = this.heads.get(nameOf(conversation));
    if (head && isLocked(head, runId, now)) return 'busy';
    if (!head || (head.updatedAt === undefined && !head.deleted)) return 'unknown';
    const { attempts, expiresAt } = head;
    this.heads.set(nameOf(conversation), { key: conversation, attempts, expiresAt, deleted: true, lock: { turnId: runId, until } });
    return 'hidden';
  }

  async erase(key: ConversationKey, first?: (messages: readonly unknown[]) => Promise<void>) {
    const name = nameOf(key);
    const [messages, opinions] = [this.messages.get(name) ?? [], this.opinions.get(name) ?? []];
    const found = Math.min(25, messages.length + opinions.length);
    const deleted = found - Math.min(found, this.refusals.shift() ?? 0);
    await first?.(messages.slice(0, Math.max(0, found - opinions.length)).map(({ message }) => message));
    this.opinions.set(name, opinions.slice(deleted));
    this.messages.set(name, messages.slice(Math.max(0, deleted - opinions.length)));
    return { found, deleted };
  }

  async forget({ conversation, runId }: Removal) {
    if (this.heads.get(nameOf(conversation))?.lock?.turnId === runId) this.heads.delete(nameOf(conversation));
  }

  async pause({ conversation, runId }: Removal) {
    const head = this.heads.get(nameOf(conversation));
    if (head?.lock?.turnId === runId) head.lock = undefined;
  }

  async rate(key: ConversationKey, feedback: Feedback) {
    const given = this.opinions.get(nameOf(key)) ?? [];
    this.opinions.set(nameOf(key), [...given.filter((each) => !isAt(each, feedback)), feedback]);
    return given.find((each) => isAt(each, feedback))?.rating;
  }

  async withdraw(key: ConversationKey, feedback: Feedback) {
    const given = this.opinions.get(nameOf(key)) ?? [];
    this.opinions.set(nameOf(key), given.filter((each) => !isAt(each, feedback) || each.createdAt !== feedback.createdAt));
  }

  async feedback(key: ConversationKey, from: MessagePlace, to: MessagePlace) {
    return (this.opinions.get(nameOf(key)) ?? []).filter((each) => rank(each) >= rank(from) && rank(each) <= rank(to)).sort((a, b) => rank(a) - rank(b));
  }
}

function isLocked({ lock }: Head, runId: string, now: number) {
  return lock !== undefined && lock.until >= now && lock.turnId !== runId;
}

function isAt(place: MessagePlace, other: MessagePlace) {
  return rank(place) === rank(other);
}

function rank({ turn, index }: MessagePlace) {
  return turn * 10_000 + index;
}

function nameOf({ owner, id }: ConversationKey) {
  return JSON.stringify([owner, id]);
}
