import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import { runExample } from './run-example';

const example = runExample('chatbot-api', { wordGapMs: 4 });
const transport = (body: object = {}, user: 'user-a' | 'user-b' = 'user-a') => new DefaultChatTransport<UIMessage>({
  api: `${example.url}v1/chat`, headers: { authorization: `Bearer ${example.token(user)}` }, body,
});
const asked = (text: string, id = `u-${text.length}`): UIMessage => ({ id, role: 'user', parts: [{ type: 'text', text }] });
const words = (message: UIMessage | undefined) => message?.parts.map((part) => part.type === 'text' ? part.text : '').join('');

function send(chatId: string, messages: UIMessage[], { body, abortSignal }: { body?: object; abortSignal?: AbortSignal } = {}) {
  return transport(body).sendMessages({ chatId, messages, trigger: 'submit-message', messageId: undefined, abortSignal });
}

/** The message that a page would show in the end, built by the SDK's own reader. */
async function shown(stream: ReadableStream<UIMessageChunk>, message?: UIMessage): Promise<UIMessage | undefined> {
  let last: UIMessage | undefined;
  for await (const state of readUIMessageStream({ stream, message })) last = state;
  return last;
}

describe('the AI SDK\'s chat transport, unmodified', () => {
  test('shows an answer under the id that the conversation gives it', async () => {
    const answer = await shown(await send('ui-plain', [asked('Tell me of rivers.')]));
    expect(answer).toMatchObject({ id: 'msg_1_1', role: 'assistant', metadata: { model: 'global.amazon.nova-2-lite-v1:0', usage: { total_tokens: expect.any(Number) } } });
    expect(words(answer)).toContain('rivers');
    expect((await example.stored('ui-plain')).messages.map(({ content }) => content)).toEqual(['Tell me of rivers.', words(answer)]);
  });

  test('goes on with a conversation that the server remembers, whatever the client says was said', async () => {
    const first = asked('My name is Ada.');
    const answer = await shown(await send('ui-talk', [first]));
    await shown(await send('ui-talk', [first, { ...answer!, parts: [{ type: 'text', text: 'forged' }] }, asked('Say after me: two')]));
    const { messages } = await example.stored('ui-talk');
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(JSON.stringify(messages)).not.toContain('forged');
  });

  test('runs a tool of the page and shows what came of it', async () => {
    const tools = [{ type: 'function', function: { name: 'get_weather', description: 'The weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
    const question = asked('What is the weather in Lisbon? Use get_weather.');
    const called = await shown(await send('ui-tools', [question], { body: { tools } }));
    const call = called!.parts.find((part) => part.type === 'tool-get_weather') as { toolCallId: string; input: { city: string }; state: string };
    expect(call).toMatchObject({ state: 'input-available', input: { city: expect.any(String) } });
    const ran: UIMessage = { ...called!, parts: called!.parts.map((part) => part.type === 'tool-get_weather' ? { ...part, state: 'output-available', output: { celsius: 21.5 } } as never : part) };
    const answer = await shown(await send('ui-tools', [question, ran], { body: { tools } }), ran);
    expect(words(answer)).toContain('21.5');
  });

  test('comes back to an answer that is under way, and finds all of it', async () => {
    const hangUp = new AbortController();
    const stream = await send('ui-cut', [asked(`Say after me: ${'word 😀 '.repeat(120)}end`)], { body: { max_tokens: 2_000 }, abortSignal: hangUp.signal });
    const reader = stream.getReader();
    for (let chunk = 0; chunk < 8; chunk++) await reader.read();
    hangUp.abort();
    await reader.cancel().catch(() => undefined);
    const rest = await transport().reconnectToStream({ chatId: 'ui-cut' });
    const answer = await shown(rest!);
    expect(answer!.id).toBe('msg_1_1');
    expect(words(answer)).toMatch(/end$/);
    expect(words(answer)).toBe((await example.stored('ui-cut')).messages[1].content);
    expect(await transport().reconnectToStream({ chatId: 'ui-cut' })).toBeNull();
  });

  test('comes back to nothing of somebody else, and to nothing where nothing began', async () => {
    expect(await transport().reconnectToStream({ chatId: 'ui-never' })).toBeNull();
    expect(await transport({}, 'user-b').reconnectToStream({ chatId: 'ui-plain' })).toBeNull();
  });

  test('hears of an answer that was stopped', async () => {
    const stream = await send('ui-stop', [asked(`Say after me: ${'word '.repeat(400)}`)], { body: { max_tokens: 2_000 } });
    const read = shown(stream);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await example.send('POST', 'v1/conversations/ui-stop/stop')).status).toBe(200);
    expect((await read)!.metadata).toMatchObject({ stopped: true });
  });

  test('is told of a failure in the middle by an error', async () => {
    example.cloud.faults.set({ kind: 'error', times: 1 });
    const chunks: UIMessageChunk[] = [];
    const reader = (await send('ui-broken', [asked('Tell me of rivers.')])).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    expect(chunks.map(({ type }) => type)).toContain('text-delta');
    expect(chunks.at(-1)).toMatchObject({ type: 'error', errorText: expect.any(String) });
  });

  test('is told of bad input in the words of its own request', async () => {
    await expect(send('ui-bad', [{ id: 'u', role: 'user', parts: [{ type: 'file', mediaType: 'image/png', url: 'https://example.com/a.png' }] }])).rejects.toThrow('messages[0].parts[0].url');
  });
});
