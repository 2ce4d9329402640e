import { type ErrorBody, runExample, userMessage } from './run-example';

const example = runExample('chatbot-api');

/** Field, what is sent, and what the refusal must name. */
const wrongTypes: [string, unknown][] = [
  ['messages', 'hello'], ['messages', []], ['messages', [42]], ['messages', null],
  ['messages[0].role', 'wizard'], ['messages[0].content', 7], ['messages[0].content', [{ type: 'sculpture' }]], ['messages[0].name', 7], ['messages[0].name', 'two words'],
  ['model', 7], ['model', 'gpt-none'], ['stream', 'yes'], ['stream_options', 'usage'], ['stream_options.include_usage', 'yes'],
  ['temperature', 'hot'], ['temperature', 9], ['top_p', '1'], ['top_p', 2], ['max_tokens', 'many'], ['max_tokens', 0], ['max_tokens', 1.5], ['max_completion_tokens', -1],
  ['stop', 5], ['stop', [5]], ['n', 'two'], ['n', 2], ['tools', 'hammer'], ['tools', [{}]], ['tool_choice', 5], ['tool_choice', 'perhaps'],
  ['conversation_id', 5], ['conversation_id', 'a b'], ['conversation_id', '../other'], ['conversation_id', 'x'.repeat(65)], ['conversation_id', ''],
  ['response_format', 'xml'],
];

function withField(field: string, value: unknown): unknown {
  const body = { model: 'global.amazon.nova-2-lite-v1:0', ...userMessage('hello') } as Record<string, unknown>;
  if (field.startsWith('messages[0].')) return { ...body, messages: [{ role: 'user', content: 'hello', [field.slice(12)]: value }] };
  if (field === 'stream_options.include_usage') return { ...body, stream: true, stream_options: { include_usage: value } };
  return { ...body, [field]: value };
}

describe('bad input', () => {
  afterEach(async () => {
    // Whatever was refused, the next request works and nothing was stored.
    expect((await example.chat(userMessage('still there?'))).status).toBe(200);
    const { data } = await (await example.get('v1/conversations')).json() as { data: unknown[] };
    expect(data).toEqual([]);
  });

  test.each(wrongTypes)('refuses %s of %j and names the field', async (field, value) => {
    const body = withField(field, value) as Record<string, unknown>;
    const response = await example.chat('conversation_id' in body ? body : { ...body, conversation_id: 'refused' });
    const { error } = await response.json() as ErrorBody;
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(error.param).toContain(field.replace(/\[0\].*/, ''));
    expect(error.message).toContain(field.split('.').at(-1)!.replace('[0]', ''));
    expect(response.headers.get('x-request-id')).toMatch(/./);
  });

  test.each(['', '{', '{"messages": [', 'null', '[]', '"hello"', '\u0000', '{"messages": undefined}'])('refuses the body %j with the reason', async (body) => {
    const response = await example.chat(body);
    expect(response.status).toBe(400);
    expect((await response.json() as ErrorBody).error).toMatchObject({ type: 'invalid_request_error', message: expect.stringContaining('body') });
  });

  test('refuses a body of 5 MB and says how much is allowed', async () => {
    const response = await example.chat({ ...userMessage('x'.repeat(5 * 1024 * 1024)), conversation_id: 'huge' });
    const { error } = await response.json() as ErrorBody;
    expect(response.status).toBe(413);
    expect(error.param).toBe('messages');
    expect(error.message).toMatch(/4 MiB/);
  });

  test('refuses a body of 11 MB at the gateway in the same envelope', async () => {
    const response = await example.chat(userMessage('x'.repeat(11 * 1024 * 1024)));
    expect(response.status).toBe(413);
    expect((await response.json() as ErrorBody).error.message).toMatch(/./);
    expect(response.headers.get('x-request-id')).toMatch(/./);
  });

  test('refuses an unknown route in the same envelope', async () => {
    const response = await example.get('v1/nothing-here');
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect((await response.json() as ErrorBody).error.message).toMatch(/./);
  });

  test('refuses an assistant message when the server keeps the history', async () => {
    const response = await example.chat({ conversation_id: 'refused', messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: 'b' }, { role: 'user', content: 'c' }] });
    expect(response.status).toBe(400);
    expect((await response.json() as ErrorBody).error).toMatchObject({ param: 'messages[1].role', message: expect.stringContaining('assistant') });
  });

  test('refuses a header and a field that name two conversations', async () => {
    const response = await example.chat({ ...userMessage('x'), conversation_id: 'one' }, { headers: { 'x-conversation-id': 'two' } });
    expect(response.status).toBe(400);
    expect((await response.json() as ErrorBody).error.param).toBe('conversation_id');
  });
});

describe('hostile strings', () => {
  // Of our own making: control characters, scripts, bidirectional marks, joined emoji, injection attempts, lone surrogates.
  const hostile = [
    'undefined', 'NULL', '-1e1000', '1/0', '\\', '\\\\', '`', '\'; DROP TABLE turns; --', '"><script>alert(1)</script>', '${jndi:ldap://x}', '{{7*7}}', '%s%n%x', '../../etc/passwd',
    '\u0001\u0008\u001f', '\u200b\u200d\ufeff', '\u202eright to left\u202c', 'é vs e\u0301', 'ｆｕｌｌ', '👩‍👩‍👧‍👦🏳️‍🌈', '田中さん', 'مرحبا', 'Z͑ͫ̓a̴l̷g̸o', '\ud83d\ude00', '\ud83d', '\u0000', ' leading and trailing ', 'a\r\nb\tc',
    'data: [DONE]\n\n', ': comment', 'owner#x#conversation#y', '__proto__', 'constructor',
  ];

  test.each(hostile)('stores %j exactly as a message, or refuses it with a reason', async (text) => {
    const id = `hostile-${Buffer.from(text).toString('hex').slice(0, 40)}`;
    const response = await example.chat({ ...userMessage(text), conversation_id: id });
    if (response.status === 200) expect((await example.stored(id)).messages[0].content).toBe(text);
    else expect(await response.json()).toMatchObject({ error: { param: expect.stringContaining('messages'), message: expect.stringMatching(/./) } });
    expect([200, 400]).toContain(response.status);
  });

  test.each(hostile)('keeps %j exactly as a name, or refuses it with a reason', async (name) => {
    const id = `named-${Buffer.from(name).toString('hex').slice(0, 40)}`;
    const response = await example.chat({ messages: [{ role: 'user', content: 'hello', name }], conversation_id: id });
    if (response.status === 200) expect((await example.stored(id)).messages[0].name).toBe(name);
    else expect(await response.json()).toMatchObject({ error: { param: 'messages[0].name' } });
    expect([200, 400]).toContain(response.status);
  });

  test.each(hostile)('takes %j as a conversation id, or refuses it with a reason', async (id) => {
    const response = await example.chat({ ...userMessage('hello'), conversation_id: id });
    if (response.status === 200) expect((await example.stored(id)).messages[0].content).toBe('hello');
    else expect(await response.json()).toMatchObject({ error: { param: 'conversation_id' } });
    expect([200, 400]).toContain(response.status);
  });
});
