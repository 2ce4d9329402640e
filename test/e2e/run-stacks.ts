import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import OpenAI from 'openai';
import { ApiAuth, ChatbotApi, type ChatbotApiProps } from '../../lib';
import { type CloudOptions, type LocalCloud, startCloud } from '../../local/cloud';

export type User = 'user-a' | 'user-b';

export interface RunOptions extends Omit<CloudOptions, 'assembly'> {
  /** The assembly is named by its path from here. @default - by its whole path */
  readonly from?: string;
}

/** Stacks of a test's own, deployed to a local cloud of their own for the tests of one file or block. */
export function runStacks(define: (app: App) => void, { from, ...options }: RunOptions = {}) {
  const assembly = mkdtempSync(join(tmpdir(), 'e2e-'));
  const own: { cloud?: LocalCloud } = {};
  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    define(app);
    app.synth();
    own.cloud = await startCloud({ assembly: from === undefined ? assembly : relative(from, assembly), ...options });
  }, 120_000);
  afterAll(async () => {
    await own.cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });
  return { get cloud() { return own.cloud!; } };
}

/** A stack for each chat, with the user pool that the chat makes for itself; its name is the stack's. */
export function defineChats(app: App, chats: Readonly<Record<string, ChatbotApiProps>>): void {
  for (const [name, props] of Object.entries(chats)) {
    const stack = new Stack(app, name);
    new CfnOutput(stack, 'Url', { value: new ChatbotApi(stack, 'Chat', props).url });
  }
}

/** Chats by their names, in one stack and with one user pool. */
export function runChats(chats: (stack: Stack) => Readonly<Record<string, ChatbotApiProps>>, options?: RunOptions) {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Chats');
    const auth = ApiAuth.cognito(new UserPool(stack, 'Users'));
    for (const [name, props] of Object.entries(chats(stack))) {
      new CfnOutput(stack, name, { value: new ChatbotApi(stack, `${name}Chat`, { auth, ...props }).url });
    }
  }, options);
  const url = (name: string) => run.cloud.outputs.Chats[name];
  const token = (user: User = 'user-a') => run.cloud.session.users[user];
  return {
    get cloud() { return run.cloud; },
    /** The API's base URL, with a slash at its end. */
    url,
    token,
    openai: (name: string, apiKey = token()) => new OpenAI({ apiKey, baseURL: `${url(name)}v1`, maxRetries: 0 }),
    /** A request with a body as JSON where there is one. */
    call: (name: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => fetch(`${url(name)}${path}`, {
      method, body: JSON.stringify(body), headers: { 'authorization': `Bearer ${token()}`, 'content-type': 'application/json', ...headers },
    }),
    /** The stored messages of a conversation. */
    async stored(name: string, conversation: string) {
      const response = await fetch(`${url(name)}v1/conversations/${conversation}?limit=100`, { headers: { authorization: `Bearer ${token()}` } });
      return ((await response.json()) as { messages: { role: string; content: string }[] }).messages;
    },
  };
}
