import { ModelFailure } from '../../../lambda/ports/model';
import { CHAT_METRICS } from '../../../lib/contract/chat';
import { ChatApi } from '../fakes/api';
import { calls, says, stop, text, usage } from '../fakes/model';

const hi = { messages: [{ role: 'user', content: 'Hi' }] };
const CANARY = 'canary-7c1e';

test('streams a role, the words, an end and [DONE], all under one id', async () => {
  const { status, headers, events } = await new ChatApi([says('Hel', 'lo')]).chat({ ...hi, stream: true });
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-request-id': 'request-1' });
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: 'chatcmpl-request-1',
    object: 'chat.completion.chunk',
    created: expect.any(Number),
    model: 'some-model',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });
  const opening = chunk({ role: 'assistant', content: '' });
  expect(events()).toEqual([opening, chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), 'DONE']);
});

test('adds usage to a stream only when asked', async () => {
  const events = (await new ChatApi([says('Hello')]).chat({ ...hi, stream: true, stream_options: { include_usage: true } })).events();
  expect(events.at(-2)).toMatchObject({ choices: [], usage: { prompt_tokens: 130, total_tokens: 134, prompt_tokens_details: { cached_tokens: 100 } } });
  expect(events.slice(0, -2).every((chunk: { usage: null }) => chunk.usage === null)).toBe(true);
});

test('streams a tool call with its id and name once', async () => {
  const tools = [{ type: 'function', function: { name: 'weather' } }];
  const events = (await new ChatApi([calls('weather', '{"city":', '"Ulm"}')]).chat({ ...hi, tools, stream: true })).events();
  expect(events.slice(1, 5).map((chunk: any) => [chunk.choices[0].delta, chunk.choices[0].finish_reason])).toEqual([
    [{ tool_calls: [{ index: 0, id: 'call-weather', type: 'function', function: { name: 'weather', arguments: '' } }] }, null],
    [{ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }, null],
    [{ tool_calls: [{ index: 0, function: { arguments: '"Ulm"}' } }] }, null],
    [{}, 'tool_calls'],
  ]);
});

test('answers in one piece from the same events', async () => {
  const { status, headers, json } = await new ChatApi([says('Hel', 'lo')]).chat(hi);
  expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
  expect(json()).toMatchObject({
    id: 'chatcmpl-request-1',
    object: 'chat.completion',
    model: 'some-model',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello', refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage: { total_tokens: 134 },
  });
});

test('ends a stream that breaks with an error and no [DONE]', async () => {
  const { status, events, text: told } = await new ChatApi([[text('Hel')]]).chat({ ...hi, stream: true });
  expect(status).toBe(200);
  expect(events().at(-1)).toEqual({ error: { message: expect.stringContaining('broke off'), type: 'server_error', param: null, code: 'model_unavailable' } });
  expect(told).not.toContain('[DONE]');
});

test('answers with a status when a stream fails before its first word', async () => {
  const { status, json, headers } = await new ChatApi([[]]).chat({ ...hi, stream: true });
  expect([status, headers['retry-after'], headers['content-type']]).toEqual([503, '1', 'application/json; charset=utf-8']);
  expect(json().error.code).toBe('model_unavailable');
});

test('says that time is up before Lambda ends the process', async () => {
  const begun = Date.now();
  const { events } = await new ChatApi([[text('Hel'), 'silence']]).chat({ ...hi, stream: true }, { milliseconds: 1_550 });
  expect(events().at(-1)).toMatchObject({ error: { code: 'timeout' } });
  expect(Date.now() - begun).toBeLessThan(1_000);
});

test('hides an unexpected error behind its id', async () => {
  const api = new ChatApi([[new Error(`secret ${CANARY}`)]]);
  const { status, json } = await api.chat(hi);
  expect(status).toBe(500);
  expect(json().error).toEqual({ message: expect.stringContaining('request-1'), type: 'server_error', param: null, code: 'internal_error' });
  expect(JSON.stringify(json())).not.toContain(CANARY);
});

test('logs what is behind a failure of the model, but not its words', async () => {
  const broken = Object.assign(new Error(`getaddrinfo for ${CANARY}`), { code: 'ENOTFOUND' });
  const refused = Object.assign(new Error(CANARY), { name: 'ValidationException' });
  const api = new ChatApi([[text('Hel'), new ModelFailure('unavailable', 'down', { cause: broken })], [new ModelFailure('refused', CANARY, { cause: refused })]]);
  await api.chat(hi);
  await api.chat(hi);
  expect(api.logged.map(({ fields }) => [fields.status, fields.cause])).toEqual([[503, 'ENOTFOUND'], [400, 'ValidationException']]);
  expect(JSON.stringify(api.logged)).not.toContain(CANARY);
});

test('asks clients not to repeat what ran out of time, for it would again', async () => {
  const { status, headers } = await new ChatApi([['silence']]).chat(hi, { milliseconds: 1_510 });
  expect([status, headers['x-should-retry']]).toEqual([504, 'false']);
});

test('says which conversation was continued, and continues it', async () => {
  const api = new ChatApi([says('Hello')]);
  const { headers } = await api.chat({ ...hi, stream: true }, { headers: { 'X-Conversation-Id': 'c1' } });
  expect(headers['x-conversation-id']).toBe('c1');
  await api.chat({ ...hi, conversation_id: 'c1' });
  expect(api.model.prompts[1].messages).toHaveLength(3);
});

test('does not let two turns in that bear the same request id, for a caller may choose it', async () => {
  const api = new ChatApi([says('Hello')]);
  const headers = { 'x-conversation-id': 'c1' };
  const answers = await Promise.all([api.chat(hi, { headers, requestId: 'chosen' }), api.chat(hi, { headers, requestId: 'chosen' })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('refuses a request that does not say who asks', async () => {
  const { status, json } = await new ChatApi([says('Hello')]).chat(hi, { caller: null });
  expect(status).toBe(401);
  expect(json().error).toMatchObject({ type: 'authentication_error', code: 'unauthorized' });
});

test('refuses a body over 4 MiB and names what to make shorter', async () => {
  const api = new ChatApi([says('Hello')]);
  const { status, json } = await api.chat({ messages: [{ role: 'user', content: 'x'.repeat(4 * 1024 * 1024) }] });
  expect([status, json().error.param]).toEqual([413, 'messages']);
  expect((await api.chat(hi)).status).toBe(200);
});

test('reads a body that came as base64, and refuses one that is no text', async () => {
  const api = new ChatApi([says('Hello')]);
  const base64 = (bytes: Buffer) => api.call({ raw: bytes.toString('base64'), base64: true });
  expect((await base64(Buffer.from(JSON.stringify(hi)))).status).toBe(200);
  expect((await base64(Buffer.from([0x7b, 0xff, 0x7d]))).status).toBe(400);
});

test('lets only the origins that were named read answers', async () => {
  const api = new ChatApi([says('Hello')]);
  const origin = async (value: string) => (await api.chat(hi, { headers: { Origin: value } })).headers['access-control-allow-origin'];
  expect(await origin('https://app.example')).toBe('https://app.example');
  expect(await origin('https://app.example.evil')).toBeUndefined();
  const refused = await api.chat({ ...hi, n: 2 }, { headers: { origin: 'https://app.example' } });
  expect(refused.headers).toMatchObject({ 'access-control-allow-origin': 'https://app.example', 'vary': 'origin' });
});

test('lists its one model', async () => {
  const { json } = await new ChatApi([]).call({ method: 'GET', resource: '/v1/models' });
  expect(json()).toEqual({ object: 'list', data: [{ id: 'some-model', object: 'model', created: 0, owned_by: 'aws-bedrock' }] });
});

test('refuses an address that is not there', async () => {
  expect((await new ChatApi([]).call({ method: 'GET', resource: '/v1/nothing' })).status).toBe(404);
});

test('counts every metric of its contract', async () => {
  const api = new ChatApi([says('Hello')]);
  await api.chat(hi);
  expect(Object.keys(api.metrics[0]).sort()).toEqual(Object.values(CHAT_METRICS).sort());
  expect(api.metrics[0]).toMatchObject({ Turns: 1, Errors: 0, Throttles: 0, GuardrailBlocks: 0, InputTokens: 130, OutputTokens: 4, CacheReadTokens: 100 });
});

test('counts blocks and errors', async () => {
  const api = new ChatApi([[text('No.'), stop('guardrail_intervened'), usage], [text('Hel')]]);
  await api.chat(hi);
  await api.chat(hi);
  expect(api.metrics).toMatchObject([{ Turns: 1, GuardrailBlocks: 1, Errors: 0 }, { Turns: 0, GuardrailBlocks: 0, Errors: 1 }]);
});

test('writes one line a request, with no word of what was said', async () => {
  const api = new ChatApi([says(`answer ${CANARY}`), [text(CANARY), new TypeError(CANARY)], [new SyntaxError(`in ${CANARY}`)]]);
  const words = { messages: [{ role: 'user', content: CANARY, name: CANARY }], conversation_id: 'c1' };
  await api.chat(words);
  await api.chat({ ...words, stream: true });
  await api.chat(words);
  await api.chat({ ...words, stream: CANARY });
  await api.call({ raw: `{"${CANARY}` });
  expect(api.logged.filter(({ level }) => level === 'info').map(({ message, fields }) => [message, fields.status, fields.errorCode])).toEqual([
    ['request', 200, undefined], ['request', 200, 'internal_error'], ['request', 500, 'internal_error'], ['request', 400, 'invalid_value'], ['request', 400, 'invalid_json'],
  ]);
  expect(JSON.stringify([api.logged, api.metrics])).not.toContain(CANARY);
});
