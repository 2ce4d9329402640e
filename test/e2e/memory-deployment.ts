import type { Stack } from 'aws-cdk-lib';
import { runChats, type User } from './run-stacks';
import type { ChatbotApiProps } from '../../lib';

/** A chat with a memory of its own on a local cloud of its own, for the tests of one block. */
export function deployMemory(props: (stack: Stack) => ChatbotApiProps) {
  const notices: string[] = [];
  const chats = runChats((stack) => ({ Memory: props(stack) }), { wordGapMs: 15, onNotice: (line) => notices.push(line) });
  const call = (method: string, path: string, body?: object, user: User = 'user-a', headers: Record<string, string> = {}) =>
    chats.call('Memory', method, path, body, { authorization: `Bearer ${chats.token(user)}`, ...headers });
  return {
    get cloud() { return chats.cloud; },
    notices,
    call,
    /** What is answered to a message in a conversation. */
    async say(content: string, conversation: string, user: User = 'user-a'): Promise<string> {
      const response = await call('POST', 'v1/chat/completions', { messages: [{ role: 'user', content }], conversation_id: conversation }, user);
      const body = await response.json() as { choices: [{ message: { content: string } }] };
      expect(response.status).toBe(200);
      return body.choices[0].message.content;
    },
    async read<T>(path: string, user: User = 'user-a'): Promise<{ status: number; body: T }> {
      const response = await call('GET', path, undefined, user);
      return { status: response.status, body: await response.json() as T };
    },
  };
}
