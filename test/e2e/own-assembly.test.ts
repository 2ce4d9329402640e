import { type App, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { runStacks } from './run-stacks';
import { ChatbotApi, type ChatbotApiProps, Geography, ManagedRag, Model } from '../../lib';
import { firstScreen } from '../../local/screen';

/** A stack with a chat and a user pool of its own. */
class ChatStack extends Stack {
  constructor(app: App, id: string, { env, chat }: StackProps & { readonly chat?: (stack: Stack) => ChatbotApiProps } = {}) {
    super(app, id, { env });
    new CfnOutput(this, 'Url', { value: new ChatbotApi(this, 'Chat', chat?.(this)).url });
  }
}

/** Deploys stacks to a local cloud of their own, by a path relative to where the tests run. */
function runOwn(define: (app: App) => void) {
  const run = runStacks(define, { from: process.cwd() });
  return {
    get cloud() { return run.cloud; },
    async ask(stack: string, token: string) {
      const response = await fetch(`${run.cloud.outputs[stack].Url}v1/chat/completions`, {
        method: 'POST',
        headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ messages: [{ role: 'user', content: 'Tell me of rivers.' }] }),
      });
      return { status: response.status, body: await response.json() as object };
    },
  };
}

describe('two stacks in Regions of their own', () => {
  const run = runOwn((app) => {
    new ChatStack(app, 'Europe', { env: { region: 'eu-central-1', account: '111122223333' } });
    new ChatStack(app, 'Ireland', { env: { region: 'eu-west-1' }, chat: () => ({ model: Model.foundation('amazon.nova-lite-v1:0') }) });
  });

  test('are reached on this machine, wherever they are pinned to', () => {
    expect(Object.values(run.cloud.outputs).map(({ Url }) => Url)).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/Europe\/\w+\/prod\/$/),
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/Ireland\/\w+\/prod\/$/),
    ]);
  });

  test.each(['Europe', 'Ireland'])('the tokens of %s open its API', async (stack) => {
    expect(await run.ask(stack, run.cloud.session.pools[stack]['user-b'])).toMatchObject({ status: 200, body: { choices: [{ finish_reason: 'stop' }] } });
  });

  test('the first pool\'s tokens are those without a stack, and open no other API', async () => {
    const token = run.cloud.session.users['user-a'];
    expect([(await run.ask('Europe', token)).status, (await run.ask('Ireland', token)).status]).toEqual([200, 401]);
  });
});

describe('models that go by a name of the builder\'s', () => {
  const run = runOwn((app) => {
    new ChatStack(app, 'Billed', {
      chat: (stack) => ({ model: Model.application(stack, 'Team', { source: Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0'), name: 'team-model' }) }),
    });
    new ChatStack(app, 'Renamed', { chat: () => ({ model: Model.foundation('amazon.nova-lite-v1:0', { name: 'house-model' }) }) });
  });

  test.each([['Billed', 'team-model'], ['Renamed', 'house-model']])('the model of %s answers as %s', async (stack, model) => {
    expect(await run.ask(stack, run.cloud.session.pools[stack]['user-a'])).toMatchObject({ status: 200, body: { model, choices: [{ finish_reason: 'stop' }] } });
  });
});

describe('a chat and the documents under it in one stack, each with a user pool of its own', () => {
  const run = runOwn((app) => {
    new ChatStack(app, 'Grounded', {
      chat: (stack) => {
        const knowledge = new ManagedRag(stack, 'Rag');
        new CfnOutput(stack, 'RagUrl', { value: knowledge.url });
        return { knowledge };
      },
    });
  });
  const usersOf = (output: string) => run.cloud.session.apis[run.cloud.outputs.Grounded[output]];

  test('each API is told by its address, with the tokens that open it', async () => {
    expect([usersOf('Url').answers, usersOf('RagUrl').answers]).toEqual(['chat', 'documents']);
    const asked = await Promise.all(['Url', 'RagUrl'].map((output) => run.ask('Grounded', usersOf(output).users!['user-a'])));
    expect(asked.map(({ status }) => status)).toEqual([200, 401]);
  });

  test('an answer for which no model was asked says that it took nothing', async () => {
    const { body } = await run.ask('Grounded', usersOf('Url').users!['user-b']);
    expect(body).toMatchObject({ usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } });
  });

  test('the first screen gives a call that the chat takes', () => {
    expect(firstScreen(run.cloud)).toContain(`require('./.local/session.json').apis['${run.cloud.outputs.Grounded.Url}'].users['user-a']`);
  });
});
