import type { Events } from './agentcore-events';
import type { ConversationEdits, ReferringEdits } from '../ports/conversation-edits';
import type { ChatMessage, ConversationKey, Conversations, RememberedMessage, StoredMessage } from '../ports/conversations';

/** As many events as are read by their ids at once. */
const CHUNK = 10;
/** As many as one step deletes. */
const BATCH = 25;

/** What stands in the table for a message that is an event. */
interface Reference {
  readonly event: string;
}

/**
 * Conversations whose messages are events of AgentCore; the table keeps all that AgentCore has no place for: the order of messages and what
 * each turn ended with, the lock of a turn, titles. See docs/decisions/0009-agentcore-memory.md.
 */
export function agentCoreConversations(table: Conversations, events: Events): Conversations {
  return {
    begin: (turn) => table.begin(turn),
    settle: (turn, index, usage) => table.settle(turn, index, usage),
    release: (turn) => table.release(turn),
    find: (conversation) => table.find(conversation),
    recent: (owner, after) => table.recent(owner, after),
    outline: (conversation) => table.outline(conversation),

    async commit(turn, messages, summary) {
      // A turn that fails here leaves events that nothing refers to; they go with the conversation.
      const kept = await Promise.all(messages.map(async (stored) => {
        const event = await events.keep(turn.conversation, stored, `${turn.turnId}-${stored.turn}-${stored.index}`);
        return event === undefined ? stored : { ...stored, message: { event } as unknown as ChatMessage };
      }));
      await table.commit(turn, kept, summary);
    },

    async* newestFirst(conversation, upToTurn) {
      const source = new Listed(conversation, events);
      for await (const remembered of table.newestFirst(conversation, upToTurn)) yield* withMessage(remembered, await source.find(remembered));
    },

    async* oldestFirst(conversation, fromTurn) {
      let waiting: StoredMessage[] = [];
      const found = table.oldestFirst(conversation, fromTurn)[Symbol.asyncIterator]();
      while ((waiting = await collect(found, CHUNK)).length > 0) {
        const messages = await events.find(conversation, waiting.flatMap((stored) => referenceOf(stored) ?? []));
        for (const stored of waiting) yield* withMessage(stored, messages.get(referenceOf(stored) ?? ''));
      }
    },
  };
}

/** Edits of such conversations. What was said goes before the items that know where it is. */
export function agentCoreEdits(table: ReferringEdits, events: Events): ConversationEdits {
  return {
    rename: (conversation, title, now) => table.rename(conversation, title, now),
    hide: (removal) => table.hide(removal),
    forget: (removal) => table.forget(removal),
    pause: (removal) => table.pause(removal),
    rate: (conversation, feedback) => table.rate(conversation, feedback),
    withdraw: (conversation, feedback) => table.withdraw(conversation, feedback),
    feedback: (conversation, from, to) => table.feedback(conversation, from, to),

    async erase(conversation) {
      // By the ids that the table has, for the list may not show yet what was written a moment ago.
      const erased = await table.erase(conversation, (messages) => events.delete(conversation, messages.flatMap((message) => eventOf(message) ?? [])));
      if (erased.found > 0) return erased;
      // Then what nothing refers to, which turns that failed have left.
      const deleted = await events.deleteSome(conversation, BATCH);
      return { found: deleted, deleted };
    },
  };
}

/** Messages as the list of a session gives them, read on until the one is there that is looked for. */
class Listed {
  private readonly read = new Map<string, ChatMessage>();
  private readonly list: AsyncIterator<[string, ChatMessage]>;
  private ended = false;

  constructor(private readonly conversation: ConversationKey, private readonly events: Events) {
    this.list = events.all(conversation)[Symbol.asyncIterator]();
  }

  async find(remembered: RememberedMessage): Promise<ChatMessage | undefined> {
    const id = referenceOf(remembered);
    if (id === undefined) return undefined;
    while (!this.ended && !this.read.has(id)) {
      const { done, value } = await this.list.next();
      if (done) this.ended = true;
      else this.read.set(...value);
    }
    // A list may lag behind what was written a moment ago.
    return this.read.get(id) ?? (await this.events.find(this.conversation, [id])).get(id);
  }
}

/** The event that holds a message, where it is not the table. */
function referenceOf({ message }: RememberedMessage): string | undefined {
  return eventOf(message);
}

function eventOf(message: unknown): string | undefined {
  return (message as Partial<Reference> | undefined)?.event;
}

/** A message whose event is gone is left out, and with it its turn. */
function withMessage<Stored extends RememberedMessage>(stored: Stored, message: ChatMessage | undefined): Stored[] {
  if (referenceOf(stored) === undefined) return [stored];
  return message ? [{ ...stored, message }] : [];
}

async function collect<T>(source: AsyncIterator<T>, most: number): Promise<T[]> {
  const items: T[] = [];
  while (items.length < most) {
    const { done, value } = await source.next();
    if (done) break;
    items.push(value);
  }
  return items;
}
