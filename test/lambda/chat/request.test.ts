import { isConversationId, parseChatRequest } from '../../../lambda/chat/request';
import { ApiError } from '../../../lambda/kit/http';
import { facts } from '../fakes/policy';

const hi = { role: 'user', content: 'Hi' };
const PNG = 'data:image/png;base64,iVBORw0KGgo=';

test('takes the least that a request can be', () => {
  expect(parse({ messages: [hi] })).toEqual({
    messages: [hi],
    attached: [],
    stream: false,
    includeUsage: false,
    stop: [],
    tools: [],
    toolChoice: 'auto',
    conversationId: undefined,
    maxTokens: undefined,
    temperature: undefined,
    topP: undefined,
  });
});

test.each([
  [{}, '\'messages\' must be given.'],
  [{ messages: 'hello' }, '\'messages\' must be a list, got \'hello\'.'],
  [{ messages: [hi], stream: 'yes' }, '\'stream\' must be a boolean, got \'yes\'.'],
  [{ messages: [{ role: 'wizard', content: 'x' }] }, '\'messages[0].role\' must be \'system\' or \'developer\' or \'user\' or \'assistant\' or \'tool\', got \'wizard\'.'],
  [{ messages: [hi], tools: [{ name: 'x' }] }, '\'tools[0].type\' must be given.'],
])('refuses %j in words that say what to send', (body, message) => {
  expect(() => parse(body)).toThrow(message);
});

test('takes what clients send and nobody needs', () => {
  const idle = {
    user: 'u',
    metadata: { a: 'b' },
    store: true,
    seed: 7,
    prediction: { type: 'content', content: 'x' },
    safety_identifier: 's',
    prompt_cache_key: 'k',
    n: 1,
    logprobs: false,
    top_logprobs: null,
    frequency_penalty: 0,
    presence_penalty: 0,
    logit_bias: {},
    modalities: ['text'],
    parallel_tool_calls: true,
    response_format: { type: 'text' },
    service_tier: 'auto',
    audio: null,
    stream: null,
    stop: null,
    temperature: null,
    unheard_of: { of: 1 },
  };
  expect(parse({ messages: [hi], ...idle })).toEqual(parse({ messages: [hi] }));
});

test.each<[string, unknown]>([
  ['n', 2], ['logprobs', true], ['top_logprobs', 3], ['logit_bias', { 50256: -100 }], ['frequency_penalty', 0.5], ['presence_penalty', -1],
  ['audio', { voice: 'alloy', format: 'wav' }], ['modalities', ['text', 'audio']],
  ['parallel_tool_calls', false], ['functions', []], ['function_call', 'auto'],
  ['web_search_options', {}], ['reasoning_effort', 'high'], ['verbosity', 'low'], ['service_tier', 'flex'], ['moderation', {}],
])('refuses %s %j, whose meaning would be lost', (field, value) => {
  expect(refusal({ messages: [hi], [field]: value })).toMatchObject({ status: 400, param: field, code: 'unsupported_parameter', message: expect.stringContaining(`'${field}'`) });
});

test.each<[string, object]>([
  ['messages', {}],
  ['messages', { messages: 'Hi' }],
  ['messages', { messages: [] }],
  ['messages[0]', { messages: ['Hi'] }],
  ['messages[0].role', { messages: [{ content: 'Hi' }] }],
  ['messages[0].role', { messages: [{ role: 'function', content: 'Hi' }] }],
  ['messages[1].content', { messages: [hi, { role: 'user', content: 5 }] }],
  ['messages[0].content', { messages: [{ role: 'user' }] }],
  ['messages[0].content', { messages: [{ role: 'user', content: [] }] }],
  ['messages[0].content', { messages: [{ role: 'user', content: ' \n\u200b' }] }],
  ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
  ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] }],
  ['messages[0].content[0].image_url.url', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.org/a.png' } }] }] }],
  ['messages[0].name', { messages: [{ ...hi, name: 'two words' }] }],
  ['messages[0].name', { messages: [{ ...hi, name: '' }] }],
  ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
  ['messages[0].tool_calls[0].function.name', { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'a b', arguments: '' } }] }, hi] }],
  ['messages[0].tool_calls[0].function.arguments', { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'a', arguments: '{"a":' } }] }, hi] }],
  ['model', { messages: [hi], model: 5 }],
  ['stream', { messages: [hi], stream: 'yes' }],
  ['stream_options', { messages: [hi], stream_options: true }],
  ['stream_options.include_usage', { messages: [hi], stream_options: { include_usage: 1 } }],
  ['max_tokens', { messages: [hi], max_tokens: 0 }],
  ['max_completion_tokens', { messages: [hi], max_completion_tokens: 1.5 }],
  ['max_tokens', { messages: [hi], max_tokens: 5, max_completion_tokens: 6 }],
  ['temperature', { messages: [hi], temperature: 2.1 }],
  ['temperature', { messages: [hi], temperature: '1' }],
  ['top_p', { messages: [hi], top_p: -0.1 }],
  ['stop', { messages: [hi], stop: ['a', 'b', 'c', 'd', 'e'] }],
  ['stop', { messages: [hi], stop: '' }],
  ['stop[1]', { messages: [hi], stop: ['a', 5] }],
  ['tools', { messages: [hi], tools: {} }],
  ['tools[0].type', { messages: [hi], tools: [{ type: 'custom', custom: { name: 'x' } }] }],
  ['tools[0].function.name', { messages: [hi], tools: [{ type: 'function', function: { name: 'a b' } }] }],
  ['tools[0].function.parameters', { messages: [hi], tools: [{ type: 'function', function: { name: 'a', parameters: 'x' } }] }],
  ['tools[1].function.name', { messages: [hi], tools: [{ type: 'function', function: { name: 'a' } }, { type: 'function', function: { name: 'a' } }] }],
  ['tool_choice', { messages: [hi], tool_choice: 'always' }],
  ['tool_choice', { messages: [hi], tool_choice: 'required' }],
  ['tool_choice', { messages: [hi], tools: [{ type: 'function', function: { name: 'a' } }], tool_choice: { type: 'function', function: { name: 'b' } } }],
  ['conversation_id', { messages: [hi], conversation_id: 5 }],
  ['conversation_id', { messages: [hi], conversation_id: '../etc' }],
  ['conversation_id', { messages: [hi], conversation_id: '' }],
  ['messages[0].content', { messages: [{ role: 'user', content: '\ud800' }] }],
  ['tools[0].function.parameters.title', { messages: [hi], tools: [{ type: 'function', function: { name: 'a', parameters: { title: '\udc00' } } }] }],
  ['messages[0].role', { messages: [{ role: 'assistant', content: 'Hi' }, hi], conversation_id: 'c' }],
  ['messages', { messages: Array.from({ length: 101 }, () => hi), conversation_id: 'c' }],
  ['tools', { messages: [hi], tools: Array.from({ length: 129 }, (_, index) => ({ type: 'function', function: { name: `t${index}` } })) }],
])('refuses a wrong %s and names it', (param, body) => {
  const error = refusal(body);
  expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param });
  expect(error.message).toContain(`'${param}'`);
});

test.each(['', 'Hi', '{', '[]', 'null', '5', '{"messages":'])('refuses the body %j, which is no JSON object', (body) => {
  expect(thrown(() => parseChatRequest({ body, headers: {} }, facts))).toMatchObject({ status: 400, code: 'invalid_json' });
});

test('refuses a body that is nested too deeply', () => {
  const body = `{"messages":[{"role":"user","content":"Hi"}],"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(thrown(() => parseChatRequest({ body, headers: {} }, facts))).toMatchObject({ status: 400, code: 'invalid_json' });
});

test('does not repeat a long wrong value in its refusal', () => {
  expect(refusal({ messages: [hi], stream: 'x'.repeat(10_000) }).message.length).toBeLessThan(200);
});

test('refuses an unknown model as OpenAI does', () => {
  expect(refusal({ messages: [hi], model: 'gpt-4o' })).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
  expect(parse({ messages: [hi], model: 'some-model' })).toBeDefined();
});

test('takes the conversation from the header or the body, and refuses two that differ', () => {
  expect(parse({ messages: [hi] }, { 'x-conversation-id': 'c1' }).conversationId).toBe('c1');
  expect(parse({ messages: [hi], conversation_id: 'c1' }, { 'x-conversation-id': 'c1' }).conversationId).toBe('c1');
  expect(refusal({ messages: [hi], conversation_id: 'c2' }, { 'x-conversation-id': 'c1' })).toMatchObject({ status: 400, param: 'conversation_id' });
});

test('takes what is attached out of the messages, with where it stood', () => {
  const text = { type: 'text', text: 'What is this?' };
  const { messages, attached } = parse({
    messages: [{
      role: 'user',
      content: [
        text,
        { type: 'image_url', image_url: { url: PNG } },
        { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,aGk=' } },
        { type: 'file', file: { file_id: 'file-1' } },
      ],
    }],
  });
  expect(messages).toEqual([{ role: 'user', content: [text, ...['inline-0', 'inline-1', 'file-1'].map((id) => ({ type: 'file', file: { file_id: id } }))] }]);
  expect(attached).toEqual([
    { path: 'messages[0].content[1].image_url.url', id: 'inline-0', content: expect.any(Buffer), image: true },
    { path: 'messages[0].content[2].file.file_data', id: 'inline-1', content: Buffer.from('hi'), filename: 'a.txt' },
    { path: 'messages[0].content[3].file.file_id', id: 'file-1' },
  ]);
});

test.each<[string, object, string]>([
  ['a file from elsewhere', { file_data: 'https://169.254.169.254/latest/meta-data' }, 'file.file_data'],
  ['a file of this machine', { file_data: 'file:///etc/passwd' }, 'file.file_data'],
  ['a data URL that is not base64', { file_data: 'data:text/plain,hi' }, 'file.file_data'],
  ['base64 with something else in it', { file_data: 'data:text/plain;base64,aG k=' }, 'file.file_data'],
  ['an id that leads elsewhere', { file_id: 'file-../../other' }, 'file.file_id'],
  ['an id of another kind', { file_id: 'batch-1' }, 'file.file_id'],
  ['neither bytes nor an id', { filename: 'a.txt' }, 'file'],
  ['bytes and an id', { file_data: 'data:text/plain;base64,aGk=', file_id: 'file-1' }, 'file'],
])('refuses %s', (_, file, field) => {
  expect(refusal({ messages: [{ role: 'user', content: [{ type: 'file', file }] }] })).toMatchObject({ status: 400, param: `messages[0].content[0].${field}` });
});

test.each(['NUL \u0000 and \u001b', '田中さんにあげて下さい', 'א٠ֿ', '👩‍👩‍👧‍👦', '\ufeffBOM', 'Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè', '<script>alert(0)</script>', '{{7*7}}', '__proto__', '$HOME'])('takes the hostile text %j as it is', (content) => {
  expect(parse({ messages: [{ role: 'user', content }], conversation_id: 'c' }).messages).toEqual([{ role: 'user', content }]);
});

test.each(['a', 'A-1_b.c', '0'.repeat(64)])('accepts the conversation id %s', (id) => expect(isConversationId(id)).toBe(true));
test.each(['', '-a', '.a', 'a b', 'a/b', 'ä', '0'.repeat(65), 'a\n', '__proto__'])('refuses the conversation id %j', (id) => expect(isConversationId(id)).toBe(false));

function parse(body: object, headers: Record<string, string> = {}) {
  return parseChatRequest({ body: JSON.stringify(body), headers }, facts);
}

function refusal(body: object, headers: Record<string, string> = {}): ApiError {
  return thrown(() => parse(body, headers));
}

function thrown(act: () => unknown): ApiError {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
