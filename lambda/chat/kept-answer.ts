import { TooLarge } from '../kit/http';
import type { AssistantMessage } from '../ports/conversations';

/** An item of the table holds 400 KB; what else is in it needs a little room. */
const STORED_BYTES = 380 * 1024;

/** An answer as messages that the table can hold: nearly always the one, else its text in parts and its tool calls after them. */
export function keptAnswer(message: AssistantMessage): AssistantMessage[] {
  if (bytesOf(message) <= STORED_BYTES) return [message];
  const { content, tool_calls: calls } = message;
  const text = typeof content === 'string' ? content : '';
  const parts = inParts(text).map((part): AssistantMessage => ({ role: 'assistant', content: part }));
  if (!calls) return parts;
  const called: AssistantMessage = { role: 'assistant', content: null, tool_calls: calls };
  if (bytesOf(called) > STORED_BYTES) {
    throw new TooLarge('max_tokens', 'The tool calls of the answer are too long to be kept in a conversation. Ask for shorter ones with \'max_tokens\', or without a conversation.');
  }
  return [...parts, called];
}

function bytesOf(message: AssistantMessage): number {
  return Buffer.byteLength(JSON.stringify(message));
}

/** Cut by bytes, but never within a character: the bytes that continue one lie between 0x80 and 0xbf. */
function inParts(text: string): string[] {
  const bytes = Buffer.from(text);
  const parts: string[] = [];
  for (let start = 0, end; start < bytes.length; start = end) {
    end = Math.min(start + STORED_BYTES, bytes.length);
    while (bytes[end] >= 0x80 && bytes[end] < 0xc0) end--;
    parts.push(bytes.toString('utf8', start, end));
  }
  return parts;
}
