import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { addExamples } from '../../examples/app';
import { type LocalCloud, startCloud } from '../../local/cloud';

type User = 'user-a' | 'user-b';

/** One example, deployed to a local cloud of its own for the tests of one file. */
export function runExample(example: string, options: { readonly wordGapMs?: number } = {}) {
  const assembly = mkdtempSync(join(tmpdir(), 'e2e-'));
  let cloud: LocalCloud;
  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    addExamples(app, example);
    app.synth();
    cloud = await startCloud({ assembly, example, ...options });
  }, 60_000);
  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const url = () => Object.values(cloud.outputs)[0].Url;
  const token = (user: User) => cloud.session.users[user];
  return {
    get cloud() { return cloud; },
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
