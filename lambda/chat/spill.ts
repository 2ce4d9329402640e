import { conversationPrefix } from './content-keys';
import { messageTokens } from '../generation/tokens';
import type { ChatMessage, OpenTurn, StoredMessage } from '../ports/conversations';
import type { Objects } from '../ports/objects';

/** An item of the table holds 400 KB; what else is in it needs a little room. */
const LARGEST = 300 * 1024;

/** What is read in place of a message whose object has gone before it. */
const GONE = '(This message is no longer kept.)';

/**
 * The messages as a table can hold them: a large one becomes an object, and what names it. The object is written first, so nothing ever
 * names one that is not there; one that nothing came to name goes with its conversation, or when its time is over.
 */
export async function spilled(stored: readonly StoredMessage[], { conversation, turnId }: OpenTurn, objects: Objects): Promise<StoredMessage[]> {
  return Promise.all(stored.map(async ({ message, ...place }) => {
    const json = JSON.stringify(message);
    if (Buffer.byteLength(json) <= LARGEST) return { message, ...place };
    const key = `${conversationPrefix(conversation)}messages/${turnId}-${place.index}`;
    await objects.put(key, json, { contentType: 'application/json' });
    const { role, name, tool_call_id: call } = message as { role: string; name?: string; tool_call_id?: string };
    const named = { role, content: '', ...(name !== undefined && { name }), ...(call !== undefined && { tool_call_id: call }) } as ChatMessage;
    return { message: { ...named, spilled: { key, tokens: messageTokens(message) } }, ...place };
  }));
}

/** The messages as they were said. */
export async function whole<T extends ChatMessage>(messages: readonly T[], objects: Objects): Promise<T[]> {
  return Promise.all(messages.map(async (message) => {
    if (!message.spilled) return message;
    const object = await objects.get(message.spilled.key);
    const { spilled: _, ...rest } = message;
    return object ? JSON.parse(Buffer.from(object.content).toString()) as T : { ...rest, content: GONE } as unknown as T;
  }));
}

/** Kept messages as they were said. */
export async function wholeMessages<T extends StoredMessage>(stored: readonly T[], objects: Objects): Promise<T[]> {
  const messages = await whole(stored.map(({ message }) => message), objects);
  return stored.map((each, position) => ({ ...each, message: messages[position] }));
}
