import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { ApiAuth, ChatbotApi, type ChatbotApiProps } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';

type User = 'user-a' | 'user-b';

/** A chat with a memory of its own on a local cloud of its own, for the tests of one block. */
export function deployMemory(props: (stack: Stack) => ChatbotApiProps) {
  const assembly = mkdtempSync(join(tmpdir(), 'memory-'));
  const notices: string[] = [];
  let cloud: LocalCloud;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Memory');
    const chat = new ChatbotApi(stack, 'Chat', { auth: ApiAuth.cognito(new UserPool(stack, 'Users')), ...props(stack) });
    new CfnOutput(stack, 'Url', { value: chat.url });
    app.synth();
    cloud = await startCloud({ assembly, wordGapMs: 15, onNotice: (line) => notices.push(line) });
  }, 60_000);

  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const call = (method: string, path: string, body?: object, user: User = 'user-a', headers: Record<string, string> = {}) => fetch(`${cloud.outputs.Memory.Url}${path}`, {
    method, body: JSON.stringify(body), headers: { 'authorization': `Bearer ${cloud.session.users[user]}`, 'content-type': 'application/json', ...headers },
  });
  return {
    get cloud() { return cloud; },
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
