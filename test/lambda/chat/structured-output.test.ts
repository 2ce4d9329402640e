import { formedAnswer } from '../../../lambda/chat/formed-answer';
import type { Generated, GenerationEvent } from '../../../lambda/generation/generation';
import { jsonSchemas } from '../../../lambda/parts/json-schemas';
import type { ModelEvent } from '../../../lambda/ports/model';
import { ChatApi } from '../fakes/api';
import { collect } from '../fakes/collect';
import { calls, says, stop, text } from '../fakes/model';
import { facts } from '../fakes/policy';

const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const format = (change: object = {}) => ({ response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema, ...change } } });
const asked = { messages: [{ role: 'user', content: 'Who is Ada?' }] };
const ADA = '{"name":"Ada","age":36}';
const said = async (api: ChatApi, more: object = format()) => (await api.chat({ ...asked, ...more })).json();

test('tells the model the schema with its instructions, and gives the document alone', async () => {
  const api = new ChatApi([says('Here it is:\n```json\n', ADA, '\n```')]);
  const { choices: [{ message, finish_reason: reason }] } = await said(api, format({ description: 'A person' }));
  expect([message.content, reason, message.refusal]).toEqual([ADA, 'stop', null]);
  const [prompt] = api.model.prompts;
  expect(prompt.system[0]).toEqual({ text: 'You help.' });
  expect(prompt.system[1].text).toContain(`It is person: A person. It must fit this JSON schema:\n${JSON.stringify(schema)}`);
  expect(prompt.schema).toBeUndefined();
});

test('holds a model to the schema while it writes where it can be', async () => {
  const api = new ChatApi([says(ADA)], { facts: { ...facts, jsonSchema: true } });
  await said(api);
  expect(api.model.prompts[0].schema).toEqual({ name: 'person', schema });
});

test('has an answer that does not fit repaired once, and bills both', async () => {
  const api = new ChatApi([says('{"name":"Ada"}'), says(ADA)]);
  const { choices: [{ message }], usage } = await said(api);
  expect(message.content).toBe(ADA);
  expect(usage).toMatchObject({ prompt_tokens: 260, completion_tokens: 8, prompt_tokens_details: { cached_tokens: 200 } });
  const [first, second] = api.model.prompts;
  expect(second.messages.slice(0, 1)).toEqual(first.messages);
  expect(second.messages.slice(1)).toEqual([
    { role: 'assistant', content: [{ kind: 'text', text: '{"name":"Ada"}' }] },
    { role: 'user', content: [{ kind: 'text', text: expect.stringContaining('age') }] },
  ]);
});

test('asks again within the same message where nothing was said', async () => {
  const api = new ChatApi([says(' '), says(ADA)]);
  expect((await said(api)).choices[0].message.content).toBe(ADA);
  expect(api.model.prompts[1].messages.map(({ role, content }) => [role, content.length])).toEqual([['user', 2]]);
});

test.each([true, false])('a second answer that does not fit is an error that says what did not hold (stream: %s)', async (stream) => {
  const api = new ChatApi([says('{"name":"Ada"}'), says('{"name":"Ada","age":-1}')]);
  const answer = await api.chat({ ...asked, ...format(), stream, conversation_id: 'c' });
  expect([answer.status, answer.headers['x-should-retry'], answer.json().error.code]).toEqual([502, 'false', 'invalid_output']);
  expect(answer.json().error.message).toMatch(/#\/age: .*-1/);
  expect(api.conversations.messages.size).toBe(0);
  expect(api.metrics).toEqual([expect.objectContaining({ OutputTokens: 8, Errors: 1 })]);
});

test('counts the first answer of a repair that is stopped before it begins', async () => {
  const took = { input: 10, output: 4, cacheRead: 0, cacheWrite: 0 };
  const end = (content: string | null): Generated => ({ type: 'finish', reason: 'stop', facts, message: { role: 'assistant', content } });
  async function* ask(repair?: object): AsyncGenerator<GenerationEvent, void> {
    if (repair) return yield { ...end(null), stopped: Promise.resolve({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }) };
    yield { type: 'text', text: 'No.' };
    yield { ...end('No.'), tokens: took };
  }
  const { items } = await collect(formedAnswer(ask, {}, jsonSchemas));
  expect(await (items.at(-1) as Generated).stopped).toEqual(took);
});

test('counts the first answer where the second fails', async () => {
  const api = new ChatApi([says('No.'), [new Error('broken')]], { quotas: { user: [{ windowSeconds: 60, tokens: 10_000 }], groups: [] } });
  expect((await api.chat({ ...asked, ...format() })).status).toBe(500);
  expect(api.metrics).toEqual([expect.objectContaining({ OutputTokens: 4, Errors: 1 })]);
  expect(Object.values(api.quotas.taken)).toEqual([expect.objectContaining({ tokens: 134 })]);
});

test('a stream says nothing before all of it holds', async () => {
  const api = new ChatApi([says('No.'), says('{"name":', '"Ada","age":36}')]);
  const answer = await api.chat({ ...asked, ...format(), stream: true, stream_options: { include_usage: true } });
  const words = answer.events().filter((event) => event !== 'DONE').map(({ choices }) => choices[0]?.delta.content).filter(Boolean);
  expect(words.join('')).toBe(ADA);
  expect(answer.events().at(-2).usage).toMatchObject({ completion_tokens: 8 });
});

test('any JSON object will do where no schema is given', async () => {
  const api = new ChatApi([says('[1]'), says('{"a":1}')]);
  expect((await said(api, { response_format: { type: 'json_object' } })).choices[0].message.content).toBe('{"a":1}');
  expect(api.model.prompts[0].system[1].text).toContain('It must be a JSON object');
});

test('plain text is plain text', async () => {
  const api = new ChatApi([says('Hi')]);
  expect((await said(api, { response_format: { type: 'text' } })).choices[0].message.content).toBe('Hi');
  expect(api.model.prompts[0].system).toHaveLength(1);
});

test.each<[string, readonly ModelEvent[], string]>([
  ['was cut off', [text('{"name":'), stop('max_tokens')], 'length'],
  ['was blocked', [text('I cannot say.'), stop('guardrail_intervened')], 'content_filter'],
])('an answer that %s is told as it is, and says so', async (_, script, reason) => {
  const api = new ChatApi([script]);
  expect((await said(api)).choices[0].finish_reason).toBe(reason);
  expect(api.model.prompts).toHaveLength(1);
});

test('a call of a tool is no document', async () => {
  const api = new ChatApi([calls('look', '{}')]);
  const { choices: [{ message }] } = await said(api, { ...format(), tools: [{ type: 'function', function: { name: 'look' } }] });
  expect(message.tool_calls).toHaveLength(1);
});

test('the kept message is the document', async () => {
  const api = new ChatApi([says(`Sure: ${ADA}`)]);
  await said(api, { ...format(), conversation_id: 'c' });
  expect([...api.conversations.messages.values()].flat().map(({ message }) => message.content)).toContain(ADA);
});

test('a guardrail reads what the caller says of the form', async () => {
  const api = new ChatApi([says(ADA)], { guardrail: { id: 'g', version: '1' } });
  await said(api);
  expect(api.model.prompts[0].system[1]).toMatchObject({ guarded: true });
});

test.each<[string, object, string]>([
  ['a name that is none', { name: 'a b' }, 'response_format.json_schema.name'],
  ['a reference that leads out', { schema: { $ref: 'https://example.com/schema.json' } }, 'response_format.json_schema.schema.$ref'],
  ['a reference that leads nowhere', { schema: { $ref: '#/$defs/none' } }, 'response_format.json_schema.schema'],
  ['a pattern that is none', { schema: { type: 'string', pattern: '(' } }, 'response_format.json_schema.schema.pattern'],
  ['a pattern that may never end', { schema: { properties: { a: { pattern: '^(a+)+$' } } } }, 'response_format.json_schema.schema.properties.a.pattern'],
  ['a type that there is not', { schema: { type: 'strnig' } }, 'response_format.json_schema.schema.type'],
  ['a type that there is not, deep inside', { schema: { properties: { a: { items: { anyOf: [true, { type: ['string', 'nul'] }] } } } } }, 'response_format.json_schema.schema.properties.a.items.anyOf.1.type'],
  ['no types', { schema: { type: [] } }, 'response_format.json_schema.schema.type'],
  ['a type in the place of a schema', { schema: { properties: { a: 'string' } } }, 'response_format.json_schema.schema.properties.a'],
  ['properties in a list', { schema: { properties: ['a'] } }, 'response_format.json_schema.schema.properties'],
  ['one alternative without a list', { schema: { oneOf: { type: 'string' } } }, 'response_format.json_schema.schema.oneOf'],
  ['a property that says itself that it is required', { schema: { properties: { a: { required: true } } } }, 'response_format.json_schema.schema.properties.a.required'],
  ['one value without a list', { schema: { enum: 'a' } }, 'response_format.json_schema.schema.enum'],
  ['a schema that is too large', { schema: { description: 'x'.repeat(70_000) } }, 'response_format.json_schema.schema'],
])('refuses %s', async (_, change, param) => {
  const api = new ChatApi([says(ADA)]);
  const answer = await api.chat({ ...asked, ...format(change) });
  expect([answer.status, answer.json().error.param]).toEqual([400, param]);
  expect(api.model.prompts).toEqual([]);
});

test('says which types there are', async () => {
  const answer = await new ChatApi([]).chat({ ...asked, ...format({ schema: { type: 'strnig' } }) });
  expect(answer.json().error).toMatchObject({
    code: 'invalid_value',
    message: "'response_format.json_schema.schema.type' must be one of array, boolean, integer, null, number, object, string, or a list of these, got \"strnig\".",
  });
});

test('takes properties that are called like keywords, data that looks like a schema, and types in a list', async () => {
  const taken = {
    type: ['object', 'null'],
    properties: { type: { const: { type: 'strnig' } }, required: { type: 'boolean', examples: [{ type: 'x' }] }, items: { items: [{ type: 'string' }, false] } },
    required: ['type'],
  };
  expect((await new ChatApi([says('null')]).chat({ ...asked, ...format({ schema: taken }) })).status).toBe(200);
});

test('refuses a form that it does not know', async () => {
  const answer = await new ChatApi([says('')]).chat({ ...asked, response_format: { type: 'xml' } });
  expect([answer.status, answer.json().error.param]).toEqual([400, 'response_format.type']);
});
