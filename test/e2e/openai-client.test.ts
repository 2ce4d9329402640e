import OpenAI, { APIError, NotFoundError, BadRequestError } from 'openai';
import { runExample } from './run-example';

const example = runExample('chatbot-api');
const client = (user: 'user-a' | 'user-b' = 'user-a') => new OpenAI({ baseURL: example.baseUrl, apiKey: example.token(user), maxRetries: 0 });
const model = 'global.amazon.nova-2-lite-v1:0';
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

describe('the openai client, unmodified', () => {
  test('streams with create, many chunks under one id', async () => {
    const stream = await client().chat.completions.create({ model, stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'Say something long about rivers.' }] });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);

    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toContain('rivers');
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.content).length).toBeGreaterThan(5);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('streams with the stricter helper', async () => {
    const completion = await client().chat.completions.stream({ model, messages: [{ role: 'user', content: 'Hello there' }] }).finalChatCompletion();
    expect(completion.choices[0].message.content).toContain('Hello there');
    expect(completion.choices[0].finish_reason).toBe('stop');
  });

  test('answers as JSON with usage that adds up', async () => {
    const completion = await client().chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello there' }] });
    expect(completion.object).toBe('chat.completion');
    expect(completion.choices[0].message).toMatchObject({ role: 'assistant', content: expect.stringContaining('Hello there') });
    expect(completion.usage!.prompt_tokens + completion.usage!.completion_tokens).toBe(completion.usage!.total_tokens);
  });

  test.each(['create', 'helper'])('calls a tool and takes its result (%s)', async (way) => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is the weather in Lisbon? Use get_weather.' }];
    const first = way === 'create'
      ? await client().chat.completions.create({ model, messages, tools: [weather] })
      : await client().chat.completions.stream({ model, messages, tools: [weather] }).finalChatCompletion();
    expect(first.choices[0].finish_reason).toBe('tool_calls');
    const [call] = first.choices[0].message.tool_calls!;
    if (call.type !== 'function') throw new Error('expected a function call');
    expect(call.function.name).toBe('get_weather');
    expect(Object.keys(JSON.parse(call.function.arguments))).toEqual(['city']);

    const second = await client().chat.completions.create({
      model, tools: [weather], messages: [...messages, first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '{"celsius": 21.5}' }],
    });
    expect(second.choices[0].finish_reason).toBe('stop');
    expect(second.choices[0].message.content).toContain('21.5');
  });

  test('follows max_tokens with finish reason length', async () => {
    const completion = await client().chat.completions.create({ model, max_tokens: 3, messages: [{ role: 'user', content: 'Count as far as you can.' }] });
    expect(completion.choices[0].finish_reason).toBe('length');
    expect(completion.usage!.completion_tokens).toBeLessThanOrEqual(3);
  });

  test('takes developer messages, temperature and stop', async () => {
    const completion = await client().chat.completions.create({
      model, temperature: 0.2, stop: ['rivers'], messages: [{ role: 'developer', content: 'Be brief.' }, { role: 'user', content: 'Tell me of rivers and lakes' }],
    });
    expect(completion.choices[0].finish_reason).toBe('stop');
    expect(completion.choices[0].message.content).not.toContain('rivers');
  });

  test('lists the model it answers with', async () => {
    const models = await client().models.list();
    expect(models.data.map(({ id }) => id)).toEqual([model]);
  });

  test('refuses an unknown model with a typed error', async () => {
    const refused = await client().chat.completions.create({ model: 'gpt-none', messages: [{ role: 'user', content: 'x' }] }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NotFoundError);
    expect(refused).toMatchObject({ status: 404, code: 'model_not_found', param: 'model', requestID: expect.stringMatching(/./) });
  });

  test('refuses a bad message with a typed error that names the field', async () => {
    const refused = await client().chat.completions.create({ model, messages: [{ role: 'user', content: 42 as never }] }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect((refused as APIError).param).toContain('messages');
  });

  test('stops reading when the client aborts, and answers the next request', async () => {
    example.cloud.faults.set({ kind: 'slow', times: 1 });
    const stream = await client().chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'A long story, please.' }] });
    let seen = 0;
    for await (const _chunk of stream) if (++seen === 3) stream.controller.abort();
    expect(seen).toBeGreaterThanOrEqual(3);
    await expect(client().chat.completions.create({ model, messages: [{ role: 'user', content: 'Still there?' }] })).resolves.toBeDefined();
  });

  test('keeps the history of a conversation on the server', async () => {
    const headers = { 'x-conversation-id': `history-${Date.now()}` };
    await client().chat.completions.create({ model, messages: [{ role: 'user', content: 'My name is Ada.' }] }, { headers });
    const second = await client().chat.completions.create({ model, messages: [{ role: 'user', content: 'What did I say?' }] }, { headers });
    const alone = await client().chat.completions.create({ model, messages: [{ role: 'user', content: 'What did I say?' }] });
    expect(second.usage!.prompt_tokens).toBeGreaterThan(alone.usage!.prompt_tokens);
  });
});
