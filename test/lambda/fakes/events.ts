import type { Events } from '../../../lambda/adapters/agentcore-events';
import type { ChatMessage, ConversationKey, StoredMessage } from '../../../lambda/ports/conversations';

interface Kept {
  readonly id: string;
  readonly token: string;
  readonly at: number;
  readonly message: ChatMessage;
}

/** Events of an AgentCore memory in this process: a list that may lag behind, and messages that are too long for it. */
export class MemoryEvents implements Events {
  readonly asked: string[] = [];
  /** How many of the newest events the list does not show yet. */
  lag = 0;
  longest = Infinity;
  private readonly sessions = new Map<string, Kept[]>();
  private made = 0;

  async keep(conversation: ConversationKey, { message, createdAt, index }: StoredMessage, token: string) {
    if (JSON.stringify(message).length > this.longest) return undefined;
    const events = this.of(conversation);
    const known = events.find((event) => event.token === token);
    if (known) return known.id;
    const event = { id: `event-${++this.made}`, token, at: createdAt + index, message };
    events.push(event);
    return event.id;
  }

  async find(conversation: ConversationKey, ids: readonly string[]) {
    this.asked.push(...ids);
    return new Map(this.of(conversation).filter(({ id }) => ids.includes(id)).map(({ id, message }) => [id, message]));
  }

  async* all(conversation: ConversationKey): AsyncGenerator<[string, ChatMessage], void> {
    const events = [...this.of(conversation)].sort((a, b) => b.at - a.at);
    for (const { id, message } of events.slice(this.lag)) yield [id, message];
  }

  async delete(conversation: ConversationKey, ids: readonly string[]) {
    const events = this.of(conversation);
    events.splice(0, events.length, ...events.filter(({ id }) => !ids.includes(id)));
  }

  async deleteSome(conversation: ConversationKey, most: number) {
    const events = this.of(conversation);
    return events.splice(0, Math.min(most, events.length - this.lag)).length;
  }

  count(conversation: ConversationKey): number {
    return this.of(conversation).length;
  }

  private of({ owner, id }: ConversationKey): Kept[] {
    const name = JSON.stringify([owner, id]);
    const known = this.sessions.get(name) ?? [];
    this.sessions.set(name, known);
    return known;
  }
}
