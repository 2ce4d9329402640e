import * as http from 'http';
import { AddressInfo } from 'net';
import { ConverseCommand, ConverseCommandInput, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { asks, eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';
import { OpenAiServer } from '../../../local/bedrock/openai-server';

/** A small server of OpenAI's shape: answers what `next` says and keeps what it was asked. */
let next: (response: http.ServerResponse) => void;
let asked: { path: string; body: any; authorization?: string }[];
let server: http.Server;
let bedrock: LocalBedrock;

beforeAll(async () => {
  server = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.url === '/v1/models') {
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'small-model' }] }));
      return;
    }
    asked.push({ path: request.url ?? '', body: JSON.parse(Buffer.concat(parts).toString()), authorization: request.headers.authorization });
    next(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bedrock = await startLocalBedrock({ answerer: new OpenAiServer({ url: `${address()}/v1/`, apiKey: 'secret' }) });
});
afterAll(async () => {
  await bedrock.stop();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => { asked = []; });

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const chunk = (delta: object, finish_reason: string | null = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
const streams = (...chunks: object[]) => {
  next = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end([': ping', ...chunks.map((one) => `data: ${JSON.stringify(one)}`), 'data: [DONE]', ''].join('\n\n'));
  };
};
const usage = { choices: [], usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, prompt_tokens_details: { cached_tokens: 5 } } };
const stream = async (input: Partial<ConverseCommandInput> = {}) => eventsOf(await bedrock.client.send(new ConverseStreamCommand({ ...asks('Hello'), ...input })));

test('streams text and usage of the server as Converse events', async () => {
  streams(chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hi ' }), chunk({ content: 'there' }), chunk({}, 'stop'), usage);
  expect(await stream()).toEqual([
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi ' } } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'there' } } },
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: 'end_turn' } },
    {
      metadata: {
        usage: { inputTokens: 7, outputTokens: 3, totalTokens: 15, cacheReadInputTokens: 5, cacheWriteInputTokens: 0 },
        metrics: { latencyMs: expect.any(Number) },
      },
    },
  ]);
});

test('asks with the server\'s first model, the key, and everything the request holds', async () => {
  streams(chunk({ content: 'ok' }, 'stop'), usage);
  await bedrock.client.send(new ConverseCommand({
    ...asks(''),
    system: [{ text: 'Be brief.' }],
    inferenceConfig: { maxTokens: 50, temperature: 0.3, topP: 0.9, stopSequences: ['END'] },
    toolConfig: { tools: [{ toolSpec: { name: 'get_weather', description: 'Weather', inputSchema: { json: { type: 'object' } } } }], toolChoice: { any: {} } },
    messages: [
      { role: 'user', content: [{ text: 'Weather?' }, { image: { format: 'png', source: { bytes: new Uint8Array([1, 2]) } } }] },
      { role: 'assistant', content: [{ text: 'I look.' }, { toolUse: { toolUseId: 'a', name: 'get_weather', input: { city: 'Oslo' } } }] },
      { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ json: { sky: 'clear' } }] } }, { text: 'And?' }] },
    ],
  }));
  expect(asked).toEqual([{
    path: '/v1/chat/completions',
    authorization: 'Bearer secret',
    body: {
      model: 'small-model',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 50,
      temperature: 0.3,
      top_p: 0.9,
      stop: ['END'],
      tools: [{ type: 'function', function: { name: 'get_weather', description: 'Weather', parameters: { type: 'object' } } }],
      tool_choice: 'required',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AQI=' } }] },
        { role: 'assistant', content: 'I look.', tool_calls: [{ id: 'a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }] },
        { role: 'tool', tool_call_id: 'a', content: '{"sky":"clear"}' },
        { role: 'user', content: 'And?' },
      ],
    },
  }]);
});

test('passes thoughts and several tool calls on as blocks of their own', async () => {
  streams(
    chunk({ reasoning_content: 'hm' }),
    chunk({ content: 'Looking.' }),
    chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'a', arguments: '' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"x":' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }),
    chunk({ tool_calls: [{ index: 1, id: 'bad id', type: 'function', function: { name: 'b', arguments: '{}' } }] }),
    chunk({}, 'tool_calls'),
    usage,
  );
  const answer = await bedrock.client.send(new ConverseCommand(asks('Go')));
  expect(answer.stopReason).toBe('tool_use');
  expect(answer.output?.message?.content).toEqual([
    { reasoningContent: { reasoningText: { text: 'hm' } } },
    { text: 'Looking.' },
    { toolUse: { toolUseId: 'call_1', name: 'a', input: { x: 1 } } },
    { toolUse: { toolUseId: expect.stringMatching(/^tooluse_/), name: 'b', input: {} } },
  ]);
});

test.each([['length', 'max_tokens'], ['content_filter', 'content_filtered']])('translates the finish reason %s to %s', async (finish, stopReason) => {
  streams(chunk({ content: 'x' }), chunk({}, finish), usage);
  expect((await bedrock.client.send(new ConverseCommand(asks('Go')))).stopReason).toBe(stopReason);
});

test('leaves a stream without a finish reason unfinished', async () => {
  streams(chunk({ content: 'half an ans' }));
  const events = await stream();
  expect(textIn(events)).toBe('half an ans');
  expect(events.some((event) => event.messageStop)).toBe(false);
});

test('counts by itself when the server reports no usage', async () => {
  streams(chunk({ content: 'x' }), chunk({}, 'stop'));
  expect((await stream()).at(-1)?.metadata?.usage?.inputTokens).toBeGreaterThan(0);
});

test('turns an error inside the stream into a typed exception', async () => {
  streams(chunk({ content: 'x' }), { error: { message: 'out of memory' } });
  await expect(stream()).rejects.toMatchObject({ name: 'ModelStreamErrorException', message: 'out of memory' });
});

test.each([[429, 'ThrottlingException'], [400, 'ValidationException'], [401, 'AccessDeniedException'], [500, 'ServiceUnavailableException']])('turns status %d into %s', async (status, name) => {
  next = (response) => response.writeHead(status).end('{"error":{"message":"no"}}');
  await expect(stream()).rejects.toMatchObject({ name, message: expect.stringContaining(`answered ${status}: {"error"`) });
});

test('says in the terminal that the server cannot be reached', async () => {
  const lost = await startLocalBedrock({ answerer: new OpenAiServer({ url: 'http://127.0.0.1:1/v1?model=m' }) });
  await expect(lost.client.send(new ConverseCommand(asks('Hello')))).rejects.toMatchObject({ name: 'ServiceUnavailableException' });
  expect(lost.notices).toEqual([expect.stringContaining('no answer from http://127.0.0.1:1/v1/chat/completions')]);
  await lost.stop();
});
