import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { type ErrorBody, runExample, userMessage } from './run-example';

interface Told {
  readonly message_id: string;
  readonly user_message_id: string;
  readonly parent_message_id: string | null;
}

interface Message {
  readonly id: string;
  readonly parent_id: string | null;
  readonly siblings?: readonly string[];
  readonly role: string;
  readonly content: string;
}

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;

describe('conversations with branches, by the openai client', () => {
  const example = runExample('chatbot-api');
  const client = (baseURL = example.baseUrl, maxRetries = 0) => new OpenAI({ baseURL, apiKey: example.token('user-a'), maxRetries });
  /** Fields of ours travel beside OpenAI's. */
  const say = async (id: string, content: string | undefined, fields: object = {}) => {
    const body = { model: 'global.amazon.nova-2-lite-v1:0', messages: content === undefined ? [] : [{ role: 'user', content }], conversation_id: id, ...fields } as Body;
    return await client().chat.completions.create(body) as OpenAI.ChatCompletion & Told;
  };
  const read = async (id: string, query = '') => (await (await example.get(`v1/conversations/${id}?limit=100${query}`)).json() as { messages: Message[] }).messages;
  const textOf = ({ choices: [{ message }] }: OpenAI.ChatCompletion) => message.content;
  const words = async (id: string, query?: string) => (await read(id, query)).filter(({ role }) => role === 'user').map(({ content }) => content);

  test('are edited and gone on with: the model hears the branch and nothing else', async () => {
    const first = await say('edited', 'One');
    const second = await say('edited', 'Two');
    expect(second).toMatchObject({ parent_message_id: first.message_id });
    const edited = await say('edited', 'Two, but better', { edit_message_id: second.user_message_id });
    expect(edited).toMatchObject({ parent_message_id: first.message_id });
    expect(textOf(await say('edited', 'Three'))).toContain('3 messages of yours');
    expect(await words('edited')).toEqual(['One', 'Two, but better', 'Three']);
    expect(await words('edited', `&branch=${second.message_id}`)).toEqual(['One', 'Two']);
    const back = await say('edited', 'Back', { parent_message_id: second.message_id });
    expect(textOf(back)).toContain('3 messages of yours');
    expect(await words('edited')).toEqual(['One', 'Two', 'Back']);
  });

  test('give an answer anew, told in a stream with its ids, which can be rated at once', async () => {
    const { message_id: answer, user_message_id: question } = await say('anew', 'Hello');
    const stream = client().chat.completions.stream({ model: 'global.amazon.nova-2-lite-v1:0', messages: [], conversation_id: 'anew', regenerate_message_id: answer } as never);
    let told: Partial<Told> = {};
    for await (const chunk of stream) told = { ...told, ...(chunk as unknown as Partial<Told>) };
    expect(told).toMatchObject({ user_message_id: question, parent_message_id: null });
    expect((await example.send('POST', `v1/conversations/anew/messages/${told.message_id}/feedback`, { rating: 'up' })).status).toBe(200);
    expect(await read('anew')).toMatchObject([{ id: question, parent_id: null }, { id: told.message_id, parent_id: question, siblings: [answer, told.message_id], feedback: { rating: 'up' } }]);
  });

  test('refuse a second edit while one runs, and nothing mixes', async () => {
    const { user_message_id: question } = await say('contested', 'Hello');
    example.cloud.faults.set({ kind: 'slow', times: 1 });
    const running = example.chat({ ...userMessage('Slowly'), conversation_id: 'contested', edit_message_id: question, max_tokens: 4 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const refused = await example.chat({ ...userMessage('Me too'), conversation_id: 'contested', edit_message_id: question });
    expect([refused.status, (await refused.json() as ErrorBody).error.code]).toEqual([409, 'conversation_busy']);
    expect((await running).status).toBe(200);
    example.cloud.faults.set({ kind: 'none' });
    expect(await words('contested')).toEqual(['Slowly']);
    expect(await words('contested', '&branch=all')).toEqual(['Hello', 'Slowly']);
  }, 30_000);

  test('keep messages of megabytes, read them again and remember them where they fit', async () => {
    const long = 'wörd '.repeat(500_000);
    expect((await example.chat({ ...userMessage(long), conversation_id: 'long' })).status).toBe(200);
    const [question] = await read('long');
    expect(question.content === long).toBe(true);
    expect(textOf(await say('long', 'Short'))).toContain('1 message of yours');
    expect((await example.send('DELETE', 'v1/conversations/long')).status).toBe(200);
  }, 60_000);

  describe('with an idempotency key', () => {
    const key = (name: string) => ({ headers: { 'idempotency-key': name } });

    test('take one turn when a client whose connection died retries by itself', async () => {
      const proxy = await cutting(new URL(example.url), 2);
      try {
        const completion = await client(`${proxy.url}${new URL(example.baseUrl).pathname}`, 3).chat.completions.create(
          { ...userMessage('Only once'), model: 'global.amazon.nova-2-lite-v1:0', conversation_id: 'retried' } as Body, key('retry-1'),
        );
        expect(textOf(completion)).toContain('Only once');
        expect(proxy.requests()).toBe(3);
      } finally {
        await proxy.stop();
      }
      expect(await read('retried', '&branch=all')).toHaveLength(2);
      expect(await (await example.get('v1/conversations/retried')).json()).toMatchObject({ turns: 1 });
    }, 30_000);

    test('follow the turn while it runs, tell it again after it, streamed or whole', async () => {
      const body = { ...userMessage('Slowly, please'), conversation_id: 'keyed', max_tokens: 6 };
      example.cloud.faults.set({ kind: 'slow', times: 1 });
      const first = await example.chat({ ...body, stream: true }, key('key-1'));
      const [one, two] = await Promise.all([first.text(), example.chat({ ...body, stream: true }, key('key-1')).then((response) => response.text())]);
      expect(two).toBe(one);
      example.cloud.faults.set({ kind: 'none' });
      const whole = await (await example.chat(body, key('key-1'))).json() as OpenAI.ChatCompletion;
      expect(one).toContain(whole.id);
      expect(await read('keyed', '&branch=all')).toHaveLength(2);
      const other = await example.chat({ ...body, max_tokens: 7 }, key('key-1'));
      expect([other.status, (await other.json() as ErrorBody).error.code]).toEqual([422, 'idempotency_key_reused']);
    }, 30_000);
  });

  test('took every permission that the template gives, and no more', async () => {
    const { roles } = await example.cloud.report();
    for (const { denied, unknown } of roles) expect({ denied, unknown }).toEqual({ denied: [], unknown: [] });
  });
});

/** A proxy before the API that hangs up on its client so many times, after the API has got the request. */
async function cutting(target: URL, times: number): Promise<{ url: string; requests(): number; stop(): Promise<void> }> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    const position = ++count;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name)));
      const answer = fetch(new URL(request.url ?? '', target), { method: request.method, headers: headers as Record<string, string>, body: Buffer.concat(chunks) });
      if (position <= times) return void setTimeout(() => request.socket.destroy(), 100);
      return void answer.then(async (told) => response.writeHead(told.status, { 'content-type': told.headers.get('content-type') ?? '' }).end(await told.text()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
