import OpenAI from 'openai';
import { runExample, userMessage } from './run-example';
import { SocketClient } from './socket-client';

const CODE = 'Why does this fail?\n```ts\nconst a: number = "b";\n```';

describe('the example of a routed chat', () => {
  const example = runExample('routed-chat');
  afterEach(() => example.cloud.faults.set({ kind: 'none' }));
  const client = (apiKey = example.token('user-a')) => new OpenAI({ baseURL: example.baseUrl, apiKey, maxRetries: 0 });
  const ask = async (content: string, { model = 'auto', conversation }: { model?: string; conversation?: string } = {}) => {
    const headers = conversation ? { 'x-conversation-id': conversation } : {};
    const { data, response } = await client().chat.completions.create({ model, messages: [{ role: 'user', content }] }, { headers }).withResponse();
    return { model: data.model, route: response.headers.get('x-model-route'), content: data.choices[0].message.content! };
  };

  test('takes the careful model for code, and says why', async () => {
    expect(await ask(CODE)).toMatchObject({ model: 'careful', route: 'rule:code' });
  });

  test('shares what no rule takes between two models, and stays with one in a conversation', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => ask('Tell me of rivers.', { conversation: `share-${at}` })));
    expect([...new Set(answers.map(({ model }) => model))].sort()).toEqual(['global.amazon.nova-2-lite-v1:0', 'trial']);
    const trials = answers.flatMap(({ model }, at) => model === 'trial' ? `share-${at}` : []);
    expect(trials.length).toBeLessThan(30);
    expect(await ask('And lakes?', { conversation: trials[0] })).toMatchObject({ model: 'trial', route: 'default', content: expect.stringContaining('2 messages of yours') });
  });

  test('asks another model where the one for everything is throttled', async () => {
    example.cloud.faults.set({ kind: 'throttle', model: 'nova' });
    const { model, route } = await ask('Tell me of hills.', { model: 'auto', conversation: 'share-throttled' });
    expect([model, route]).toEqual(model === 'trial' ? ['trial', 'default'] : ['careful', 'fallback:throttled']);
    await expect(ask('Tell me of hills.', { model: 'global.amazon.nova-2-lite-v1:0' })).rejects.toMatchObject({ status: 429 });
  });

  test('lists its models, and lets a caller name one', async () => {
    expect((await client().models.list()).data.map(({ id }) => id)).toEqual(expect.arrayContaining(['auto', 'careful', 'trial']));
    expect(await ask('Tell me of rivers.', { model: 'careful' })).toMatchObject({ model: 'careful', route: 'named' });
  });

  test('uses every grant for a model, and lacks none', async () => {
    const { roles } = await example.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.flatMap(({ unused }) => unused).filter(({ action }) => action.startsWith('bedrock:'))).toEqual([]);
  });
});

describe('the example of a chat over a socket', () => {
  const example = runExample('socket-chat');
  const clients: SocketClient[] = [];
  afterAll(() => clients.forEach(({ socket }) => socket.terminate()));
  const open = async () => {
    const client = await SocketClient.open(example.url, ['chat.v1', `bearer.${example.token('user-a')}`]);
    clients.push(client);
    return client;
  };

  test('has two turns over one connection, and lists their conversation over another', async () => {
    const client = await open();
    for (const [content, told] of [['Tell me of rivers.', '1 message of yours'], ['And lakes?', '2 messages of yours']]) {
      const messages = await client.answer(client.ask({ type: 'chat.completions', body: { ...userMessage(content), stream: true, conversation_id: 'trip' } }));
      expect(messages.at(-1)).toMatchObject({ type: 'end', complete: true });
      expect(messages.flatMap(({ events = [] }) => events.map(({ data }) => data.choices?.[0]?.delta.content ?? '')).join('')).toContain(told);
    }
    const other = await open();
    const list = (await other.answer(other.ask({ type: 'request', method: 'GET', path: '/v1/conversations' }))).at(-1);
    expect(list?.body).toMatchObject({ data: [{ id: 'trip', turns: 2 }] });
  });

  test('lacks no permission', async () => {
    const { roles } = await example.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
  });
});
