import { createHash } from 'node:crypto';
import {
  type BedrockAgentCoreClient, CreateEventCommand, DeleteEventCommand, type Event, GetEventCommand, ListEventsCommand, type PayloadType,
  ResourceNotFoundException, type Role,
} from '@aws-sdk/client-bedrock-agentcore';
import type { ChatMessage, ConversationKey, StoredMessage } from '../ports/conversations';

/** As much as an event is asked to hold; a longer message has to stay elsewhere. */
const EVENT_BYTES = 90_000;
/** As many as AgentCore gives at once. */
const PAGE = 100;

/** The messages of conversations as events of an AgentCore memory: its actor is the owner, its session the conversation. */
export interface Events {
  /** Keeps a message, once for each token, and gives the event's id. Undefined for a message that an event has no room for. */
  keep(conversation: ConversationKey, message: StoredMessage, token: string): Promise<string | undefined>;
  /** Messages by the ids of their events; what is gone is missing. */
  find(conversation: ConversationKey, ids: readonly string[]): Promise<Map<string, ChatMessage>>;
  /** All messages with their events' ids, in AgentCore's order, read no further than they are asked for. */
  all(conversation: ConversationKey): AsyncIterable<[id: string, message: ChatMessage]>;
  /** Deletes messages by the ids of their events; what is gone already is no failure. */
  delete(conversation: ConversationKey, ids: readonly string[]): Promise<void>;
  /** Deletes some events of those that AgentCore lists, and tells how many there were. */
  deleteSome(conversation: ConversationKey, most: number): Promise<number>;
}

export function agentCoreEvents(client: BedrockAgentCoreClient, memoryId: string): Events {
  const find = async (conversation: ConversationKey, eventId: string): Promise<[string, ChatMessage][]> => {
    try {
      const { event } = await client.send(new GetEventCommand({ memoryId, ...sessionOf(conversation), eventId }));
      return messagesIn(event);
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return [];
      throw error;
    }
  };

  /** Whether there was such an event; a list may show what is gone. */
  const remove = async (conversation: ConversationKey, eventId: string | undefined): Promise<boolean> => {
    try {
      await client.send(new DeleteEventCommand({ memoryId, ...sessionOf(conversation), eventId }));
      return true;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return false;
      throw error;
    }
  };

  return {
    async keep(conversation, { message, createdAt, turn, index }, token) {
      if (Buffer.byteLength(JSON.stringify(message)) > EVENT_BYTES) return undefined;
      const { event } = await client.send(new CreateEventCommand({
        memoryId,
        ...sessionOf(conversation),
        // Messages of one moment have an order too.
        eventTimestamp: new Date(createdAt + index),
        payload: payloadOf(message),
        clientToken: token,
        metadata: { turn: { stringValue: String(turn) }, index: { stringValue: String(index) } },
      }));
      return event!.eventId;
    },

    async find(conversation, ids) {
      return new Map((await Promise.all(ids.map((id) => find(conversation, id)))).flat());
    },

    async* all(conversation) {
      let nextToken: string | undefined;
      do {
        const page = await client.send(new ListEventsCommand({ memoryId, ...sessionOf(conversation), includePayloads: true, maxResults: PAGE, nextToken }));
        for (const event of page.events ?? []) yield* messagesIn(event);
        ({ nextToken } = page);
      } while (nextToken);
    },

    async delete(conversation, ids) {
      await Promise.all(ids.map((id) => remove(conversation, id)));
    },

    async deleteSome(conversation, most) {
      let nextToken: string | undefined;
      do {
        const page = await client.send(new ListEventsCommand({ memoryId, ...sessionOf(conversation), includePayloads: false, maxResults: most, nextToken }));
        const removed = await Promise.all((page.events ?? []).map(({ eventId }) => remove(conversation, eventId)));
        const there = removed.filter(Boolean).length;
        if (there > 0) return there;
        ({ nextToken } = page);
      } while (nextToken);
      return 0;
    },
  };
}

/** Names that AgentCore takes; no owner and no conversation can spell another's. */
export function sessionOf({ owner, id }: ConversationKey): { actorId: string; sessionId: string } {
  return { actorId: plain(owner), sessionId: plain(id) };
}

function plain(name: string): string {
  return /^[a-zA-Z0-9-]{1,90}$/.test(name) ? `n-${name}` : `h-${createHash('sha256').update(name).digest('hex')}`;
}

const ROLES: Readonly<Record<ChatMessage['role'], Role>> = { system: 'OTHER', developer: 'OTHER', user: 'USER', assistant: 'ASSISTANT', tool: 'TOOL' };

/** What was said in words is what memories are made of; whatever else a message is lies beside it, and is what we read again. */
function payloadOf(message: ChatMessage): PayloadType[] {
  const { role, content } = message;
  const text = typeof content === 'string' ? content : content?.flatMap((part) => part.type === 'text' ? [part.text] : []).join('\n') ?? '';
  return [
    ...text.trim() === '' ? [] : [{ conversational: { role: ROLES[role], content: { text } } }],
    { blob: JSON.stringify(message) },
  ];
}

function messagesIn(event: Event | undefined): [string, ChatMessage][] {
  const blob = event?.payload?.find((each) => each.blob !== undefined)?.blob;
  // Others may write to the memory too; what is not a message of ours is left to them.
  return event && typeof blob === 'string' ? [[event.eventId!, JSON.parse(blob) as ChatMessage]] : [];
}
