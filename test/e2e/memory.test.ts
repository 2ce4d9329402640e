import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { ChatAuth, ChatbotApi, ConversationMemory } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';

describe('a chat that keeps nothing', () => {
  const assembly = mkdtempSync(join(tmpdir(), 'memory-'));
  let cloud: LocalCloud;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Memory');
    const chat = new ChatbotApi(stack, 'Stateless', { auth: ChatAuth.cognito(new UserPool(stack, 'Users')), conversations: { memory: ConversationMemory.stateless() } });
    new CfnOutput(stack, 'Url', { value: chat.url });
    app.synth();
    cloud = await startCloud({ assembly });
  }, 60_000);

  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const call = (method: string, path: string, body?: object) => fetch(`${cloud.outputs.Memory.Url}${path}`, {
    method, body: JSON.stringify(body), headers: { 'authorization': `Bearer ${cloud.session.users['user-a']}`, 'content-type': 'application/json' },
  });

  test('answers from the history that a request brings', async () => {
    const messages = [{ role: 'user', content: 'Tell me of rivers.' }, { role: 'assistant', content: 'They flow.' }, { role: 'user', content: 'And lakes?' }];
    const response = await call('POST', 'v1/chat/completions', { messages });
    expect(response.status).toBe(200);
    expect(JSON.stringify(await response.json())).toContain('2 messages of yours');
  });

  test('refuses to continue a conversation', async () => {
    const response = await call('POST', 'v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }], conversation_id: 'trip-1' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'conversation_id', code: 'unsupported_parameter' } });
  });

  test.each([['GET', 'v1/conversations'], ['GET', 'v1/conversations/trip-1'], ['DELETE', 'v1/conversations/trip-1'], ['POST', 'v1/conversations/trip-1/stop']])(
    'has no route %s %s, in the envelope that clients read', async (method, path) => {
      const response = await call(method, path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'unknown_url', type: 'invalid_request_error' } });
    });

  test('is granted nothing that it does not use', async () => {
    const { roles } = await cloud.report();
    for (const { denied, unknown, unused } of roles) expect({ denied, unknown, unused }).toEqual({ denied: [], unknown: [], unused: [] });
    expect(roles.flatMap(({ used, unseen }) => [...used, ...unseen].map(({ action }) => action)).filter((action) => action.startsWith('dynamodb:'))).toEqual([]);
  });
});
