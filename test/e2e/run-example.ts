import { type RunOptions, runStacks, type User } from './run-stacks';
import { addExamples } from '../../examples/app';

/** One example, deployed to a local cloud of its own for the tests of one file. */
export function runExample(example: string, options: RunOptions = {}) {
  const run = runStacks((app) => addExamples(app, example), { example, ...options });

  const url = () => Object.values(run.cloud.outputs)[0].Url;
  const token = (user: User) => run.cloud.session.users[user];
  return {
    get cloud() { return run.cloud; },
    /** The API's base URL, with a slash at its end. */
    get url() { return url(); },
    /** What OpenAI clients take as base URL. */
    get baseUrl() { return `${url()}v1`; },
    token,
    get(path: string, user: User = 'user-a') {
      return fetch(`${url()}${path}`, { headers: { authorization: `Bearer ${token(user)}` } });
    },
    /** Any other request, with a body as JSON where there is one. */
    send(method: string, path: string, body?: unknown, user: User = 'user-a') {
      const headers = { authorization: `Bearer ${token(user)}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
      return fetch(`${url()}${path}`, { method, headers, body: JSON.stringify(body) });
    },
    /** Sends a chat request as it is: a string is sent to the letter, anything else as JSON. */
    chat(body: unknown, { user = 'user-a' as User, headers = {} as Record<string, string> } = {}) {
      return fetch(`${url()}v1/chat/completions`, {
        method: 'POST',
        headers: { 'authorization': `Bearer ${token(user)}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
    /** The stored messages of a conversation, or the status of the refusal. */
    async stored(conversation: string, user: User = 'user-a'): Promise<{ status: number; messages: { role: string; content: string; name?: string }[] }> {
      const response = await fetch(`${url()}v1/conversations/${encodeURIComponent(conversation)}?limit=100`, { headers: { authorization: `Bearer ${token(user)}` } });
      const body = await response.json() as { messages?: [] };
      return { status: response.status, messages: body.messages ?? [] };
    },
  };
}

export interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null };
}

export const userMessage = (content: unknown) => ({ messages: [{ role: 'user', content }] });
