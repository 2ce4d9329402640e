import { ChatApi, type ApiRequest } from '../fakes/api';
import { calls, type Script, says, stop, text, usage } from '../fakes/model';

const user = (words: string, id = 'u1') => ({ id, role: 'user', parts: [{ type: 'text', text: words }] });
const chat = (api: ChatApi, messages: unknown, more: object = {}, request: ApiRequest = {}) =>
  api.call({ resource: '/v1/chat', body: { id: 'trip', messages, trigger: 'submit-message', ...more }, ...request });

const twoCalls: Script = [
  ...['look_up', 'other'].flatMap((name, block): Script => [{ type: 'toolStart', block, id: `call-${name}`, name }, { type: 'toolInput', block, json: '{}' }]),
  stop('tool_use'), usage,
];

describe('the stream of UI messages', () => {
  test('opens and closes what it tells, and names the answer', async () => {
    const { status, headers, events } = await chat(new ChatApi([says('Hel', 'lo')]), [user('Hi')]);
    expect([status, headers]).toMatchObject([200, { 'x-vercel-ai-ui-message-stream': 'v1', 'x-conversation-id': 'trip', 'content-type': 'text/event-stream; charset=utf-8' }]);
    expect(events()).toEqual([
      { type: 'start', messageId: 'msg_1_1', messageMetadata: { createdAt: expect.any(Number), model: expect.any(String) } },
      { type: 'start-step' },
      { type: 'text-start', id: 'text-0' },
      { type: 'text-delta', id: 'text-0', delta: 'Hel' },
      { type: 'text-delta', id: 'text-0', delta: 'lo' },
      { type: 'text-end', id: 'text-0' },
      { type: 'finish-step' },
      {
        type: 'finish',
        finishReason: 'stop',
        messageMetadata: { usage: expect.objectContaining({ total_tokens: expect.any(Number) }), userMessageId: 'msg_1_0', parentMessageId: null },
      },
      'DONE',
    ]);
  });

  test('names what is answered and what that stands after, so that a page can edit and answer anew what it has just sent', async () => {
    const api = new ChatApi([says('One.')]);
    const placed = async (answer: ReturnType<typeof chat>) => {
      const [{ messageId }, end] = [(await answer).events()[0], (await answer).events().at(-2)];
      return [messageId, end.messageMetadata.userMessageId, end.messageMetadata.parentMessageId];
    };
    expect(await placed(chat(api, [user('A')]))).toEqual(['msg_1_1', 'msg_1_0', null]);
    expect(await placed(chat(api, [user('B')]))).toEqual(['msg_2_1', 'msg_2_0', 'msg_1_1']);
    const edited = chat(api, [user('A'), { id: 'msg_1_1', role: 'assistant', parts: [{ type: 'text', text: 'One.' }] }, user('C', 'msg_2_0')], { messageId: 'msg_2_0' });
    expect(await placed(edited)).toEqual(['msg_3_1', 'msg_3_0', 'msg_1_1']);
    expect(await placed(chat(api, [user('A')], { trigger: 'regenerate-message', messageId: 'msg_1_1' }))).toEqual(['msg_4_0', 'msg_1_0', null]);
    const { events } = await chat(new ChatApi([says('One.')], { stateless: true }), [user('A')]);
    expect(Object.keys(events().at(-2).messageMetadata)).toEqual(['usage']);
  });

  test('closes the thinking before the words, and the words before a call', async () => {
    const { events } = await chat(new ChatApi([[{ type: 'reasoning', text: 'Hm.' }, text('Wait.'), ...calls('look_up', '{"a":', '1}')]]), [user('Hi')]);
    expect(events().slice(2, -3)).toEqual([
      { type: 'reasoning-start', id: 'reasoning-0' },
      { type: 'reasoning-delta', id: 'reasoning-0', delta: 'Hm.' },
      { type: 'reasoning-end', id: 'reasoning-0' },
      { type: 'text-start', id: 'text-1' },
      { type: 'text-delta', id: 'text-1', delta: 'Wait.' },
      { type: 'text-end', id: 'text-1' },
      { type: 'tool-input-start', toolCallId: 'call-look_up', toolName: 'look_up' },
      { type: 'tool-input-delta', toolCallId: 'call-look_up', inputTextDelta: '{"a":' },
      { type: 'tool-input-delta', toolCallId: 'call-look_up', inputTextDelta: '1}' },
      { type: 'tool-input-available', toolCallId: 'call-look_up', toolName: 'look_up', input: { a: 1 } },
    ]);
  });

  test('offers no call to run that was cut off', async () => {
    const { events } = await chat(new ChatApi([[...calls('look_up', '{"a":').slice(0, -2), stop('max_tokens'), usage]]), [user('Hi')]);
    expect(events().map(({ type }) => type)).not.toContain('tool-input-available');
    expect(events().at(-2)).toMatchObject({ type: 'finish', finishReason: 'length' });
  });

  test('ends a stream that breaks with an error, and no end', async () => {
    const { text: told, events } = await chat(new ChatApi([[text('Hel'), new Error('canary')]]), [user('Hi')]);
    expect(events().at(-1)).toEqual({ type: 'error', errorText: expect.stringContaining('Something went wrong on our side') });
    expect(told).not.toMatch(/canary|DONE/);
  });

  test('tells a client that comes back the rest, to the letter', async () => {
    const api = new ChatApi([says('Hel', 'lo')]);
    const { text: whole } = await chat(api, [user('Hi')]);
    const frames = whole.split(/(?<=\n\n)/);
    for (const read of [0, 3, 6]) {
      const { status, text: rest } = await api.call({ method: 'GET', resource: '/v1/chat/{id}/stream', id: 'trip', headers: { 'last-event-id': `run-1.${read}` } });
      expect(status).toBe(200);
      expect(rest).toBe(frames.slice(read + 1).join(''));
    }
    expect(await api.call({ method: 'GET', resource: '/v1/chat/{id}/stream', id: 'trip' })).toMatchObject({ status: 204, text: '' });
  });
});

describe('what a client of UI messages sends', () => {
  test('is new from the last answer on, for the server keeps the rest', async () => {
    const api = new ChatApi([says('One.'), says('Two.')]);
    await chat(api, [user('First')]);
    await chat(api, [user('First'), { id: 'msg_1_1', role: 'assistant', parts: [{ type: 'text', text: 'Not what was said' }] }, user('Second', 'u2')]);
    expect(api.model.prompts[1].messages.map(({ content }) => content.map((block) => 'text' in block ? block.text : block.kind))).toEqual([['First'], ['One.'], ['Second']]);
  });

  test('stands where the page cut its messages off', async () => {
    const api = new ChatApi([says('One.'), says('Two.'), says('Three.'), says('Four.'), says('Five.')]);
    const heard = (position: number) => api.model.prompts[position].messages.flatMap(({ content }) => content.map((block) => 'text' in block ? block.text : block.kind)).join(' ');
    const answer = (turn: number) => ({ id: `msg_${turn}_1`, role: 'assistant', parts: [{ type: 'text', text: '…' }] });
    await chat(api, [user('A')]);
    await chat(api, [user('A'), answer(1), user('B', 'u2')]);
    await chat(api, [user('A'), answer(1), user('C', 'u2')], { messageId: 'u2' });
    expect(heard(2)).toBe('A One. C');
    await chat(api, [user('A'), answer(1), user('B', 'u2')], { trigger: 'regenerate-message', messageId: 'msg_2_1' });
    expect(heard(3)).toBe('A One. B');
    await chat(api, [user('D')], { messageId: 'u1' });
    expect(heard(4)).toBe('D');
    expect((await api.call({ method: 'GET', resource: '/v1/conversations/{id}', id: 'trip' })).json().messages.map(({ content }: { content: string }) => content)).toEqual(['D', 'Five.']);
  });

  test('goes on with the newest answer where the page knows of none, or only of a greeting of its own', async () => {
    const api = new ChatApi([says('One.'), says('Two.'), says('Three.')]);
    await chat(api, [user('A')]);
    await chat(api, [user('B')]);
    await chat(api, [{ id: 'welcome', role: 'assistant', parts: [{ type: 'text', text: 'Hello!' }] }, user('C')]);
    expect(api.model.prompts[2].messages).toHaveLength(5);
  });

  test('answers anew what was answered last, where the page names no answer', async () => {
    const api = new ChatApi([says('One.'), says('Two.')]);
    await chat(api, [user('A')]);
    await chat(api, [user('A')], { trigger: 'regenerate-message' });
    expect(api.model.prompts[1].messages).toEqual(api.model.prompts[0].messages);
  });

  test('may be the results of tools, each of the last step once', async () => {
    const tools = [{ type: 'function', function: { name: 'look_up' } }];
    const api = new ChatApi([calls('look_up', '{}'), says('Done.')]);
    await chat(api, [user('Hi')], { tools });
    const parts = [
      { type: 'step-start' }, { type: 'tool-look_up', toolCallId: 't0', state: 'output-available', input: {}, output: 'earlier' },
      { type: 'step-start' }, { type: 'tool-look_up', toolCallId: 'call-look_up', state: 'output-available', input: {}, output: { found: 7 } },
    ];
    const { status } = await chat(api, [user('Hi'), { id: 'msg_1_1', role: 'assistant', parts }], { tools });
    expect(status).toBe(200);
    expect(api.model.prompts[1].messages.at(-1)).toEqual({ role: 'user', content: [{ kind: 'toolResult', id: 'call-look_up', text: '{"found":7}' }] });
  });

  test('tells the model of tools that failed and of calls that were not allowed', async () => {
    const tools = [{ type: 'function', function: { name: 'look_up' } }];
    const api = new ChatApi([twoCalls, says('Done.')]);
    await chat(api, [user('Hi')], { tools });
    const parts = [
      { type: 'dynamic-tool', toolName: 'look_up', toolCallId: 'call-look_up', state: 'output-error', errorText: 'no such thing' },
      { type: 'tool-look_up', toolCallId: 'call-other', state: 'output-denied' },
    ];
    await chat(api, [user('Hi'), { id: 'msg_1_1', role: 'assistant', parts }], { tools });
    expect(JSON.stringify(api.model.prompts[1].messages)).toContain('The tool failed: no such thing');
    expect(JSON.stringify(api.model.prompts[1].messages)).toContain('The user did not allow this call.');
  });

  test('holds an image as a part', async () => {
    const api = new ChatApi([says('Nice.')]);
    const { status } = await chat(api, [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'See' }, { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,iVBORw0KGgo=' }, { type: 'data-mood', data: 1 }] }]);
    expect(status).toBe(200);
    expect(api.model.prompts[0].messages[0].content.map(({ kind }) => kind)).toEqual(['text', 'image']);
  });

  test.each<[string, object, string, string]>([
    ['no id', { id: undefined }, 'id', "'id' must be given."],
    ['an id that cannot stand in an address', { id: 'a b' }, 'id', "'id' must be 1 to 64 letters"],
    ['no messages', { messages: [] }, 'messages', "'messages' must hold at least one message."],
    ['a role of nobody', { messages: [{ role: 'tool', parts: [] }] }, 'messages[0].role', "'messages[0].role' must be 'system' or 'user' or 'assistant', got 'tool'."],
    ['nothing new', { messages: [user('Hi'), { role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] }] }, 'messages', "'messages' must end with something new"],
    ['a text without words', { messages: [{ role: 'user', parts: [{ type: 'text' }] }] }, 'messages[0].parts[0].text', "'messages[0].parts[0].text' must be a text."],
    ['silence', { messages: [user('Hi'), { role: 'assistant', parts: [] }, user('  ')] }, 'messages[2].parts', "'messages[2].parts' must hold something that can be seen"],
    ['a picture from elsewhere', { messages: [{ role: 'user', parts: [{ type: 'file', mediaType: 'image/png', url: 'https://example.com/a.png' }] }] }, 'messages[0].parts[0].url', "'messages[0].parts[0].url' must be a data: URL"],
    ['a field of OpenAI that is not supported', { n: 2 }, 'n', "'n' is not supported here"],
  ])('refuses %s', async (_, change, param, message) => {
    const api = new ChatApi([says('Hello')]);
    const answer = await chat(api, [user('Hi')], change);
    expect([answer.status, answer.json().error.param]).toEqual([400, param]);
    expect(answer.json().error.message).toContain(message);
    expect(api.model.prompts).toEqual([]);
  });
});

test('one name of a request stands for one place in the conversation', async () => {
  const api = new ChatApi([says('One.'), says('Two.')]);
  const key = { headers: { 'idempotency-key': 'k1' } };
  await chat(api, [user('A')], {}, key);
  const anew = await chat(api, [user('A')], { trigger: 'regenerate-message', messageId: 'msg_1_1' }, key);
  expect(anew.status).toBe(422);
  expect(api.model.prompts).toHaveLength(1);
});

describe('a page that comes back', () => {
  const read = (api: ChatApi) => api.call({ method: 'GET', resource: '/v1/chat/{id}', id: 'trip' });

  test('says to whoever GETs the address of completions that it takes POST', async () => {
    const { status, headers, json } = await new ChatApi([]).call({ method: 'GET', resource: '/v1/chat/{id}', id: 'completions' });
    expect([status, headers.allow, json().error]).toEqual([405, 'POST', {
      message: 'This address takes POST only: send the request as POST.', type: 'invalid_request_error', param: null, code: 'method_not_allowed',
    }]);
  });

  test('is shown what was said, tools and their results as steps of one answer', async () => {
    const api = new ChatApi([calls('look_up', '{"a":1}'), says('Seven.')]);
    const tools = [{ type: 'function', function: { name: 'look_up' } }];
    await chat(api, [user('How many?')], { tools });
    const parts = [{ type: 'tool-look_up', toolCallId: 'call-look_up', state: 'output-available', input: { a: 1 }, output: { found: 7 } }];
    await chat(api, [user('How many?'), { id: 'msg_1_1', role: 'assistant', parts }], { tools });
    await api.call({ resource: '/v1/conversations/{id}/messages/{messageId}/feedback', id: 'trip', messageId: 'msg_2_1', body: { rating: 'up' } });
    const { status, json } = await read(api);
    expect(status).toBe(200);
    expect(json()).toMatchObject({ id: 'trip', has_more: false, next_cursor: null });
    expect(json().messages).toEqual([
      { id: 'msg_1_0', role: 'user', metadata: { createdAt: expect.any(Number) }, parts: [{ type: 'text', text: 'How many?' }] },
      {
        id: 'msg_2_1',
        role: 'assistant',
        metadata: expect.objectContaining({ finishReason: 'stop', feedback: 'up' }),
        parts: [
          { type: 'step-start' },
          { type: 'tool-look_up', toolCallId: 'call-look_up', state: 'output-available', input: { a: 1 }, output: { found: 7 } },
          { type: 'step-start' },
          { type: 'text', text: 'Seven.' },
        ],
      },
    ]);
  });

  test('goes on from what it was shown', async () => {
    const api = new ChatApi([says('One.'), says('Two.')]);
    await chat(api, [user('A')]);
    const { messages } = (await read(api)).json();
    expect((await chat(api, [...messages, user('B', 'u2')])).status).toBe(200);
    expect(api.model.prompts[1].messages).toHaveLength(3);
  });

  test('finds nothing of somebody else', async () => {
    const api = new ChatApi([says('One.')]);
    await chat(api, [user('A')]);
    expect((await api.call({ method: 'GET', resource: '/v1/chat/{id}', id: 'trip', caller: 'eve' })).status).toBe(404);
  });
});
