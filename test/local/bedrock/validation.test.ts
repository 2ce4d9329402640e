import { ConverseCommand, ConverseCommandInput, ConverseStreamCommand, Message } from '@aws-sdk/client-bedrock-runtime';
import { asks, LocalBedrock, startLocalBedrock } from './local-bedrock';
import { ModelRules } from '../../../local/bedrock/model-rules';

const RULES: ModelRules = { contextTokens: 100_000, outputTokens: 10_000, tools: 'streaming', sampling: 'both', inputs: ['text', 'image', 'document'], cacheMinimum: 50 };
const MODELS: Readonly<Record<string, ModelRules>> = {
  'amazon.nova-2-lite-v1:0': { ...RULES, needsProfile: true },
  'acme.text-only': { ...RULES, inputs: ['text'], cacheMinimum: undefined, contextTokens: 20 },
  'acme.no-tools': { ...RULES, tools: 'none', sampling: 'none' },
  'acme.buffered': { ...RULES, tools: 'buffered', sampling: 'one' },
  'acme.retired': { ...RULES, retired: true },
  'anthropic.claude-sonnet-4-6': RULES,
};

let bedrock: LocalBedrock;
beforeAll(async () => { bedrock = await startLocalBedrock({ models: (id) => MODELS[id] }); });
afterAll(() => bedrock.stop());

const user = (...content: Message['content'] & object): Message => ({ role: 'user', content });
const assistant = (...content: Message['content'] & object): Message => ({ role: 'assistant', content });
const hello = user({ text: 'Hello' });
const toolConfig = { tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: { type: 'object' } } } }] };
const use = (toolUseId: string) => ({ toolUse: { toolUseId, name: 'get_weather', input: {} } });
const result = (toolUseId: string, text = 'sunny') => ({ toolResult: { toolUseId, content: [{ text }] } });
const document = (name: string) => ({ document: { name, format: 'txt' as const, source: { bytes: new Uint8Array([65]) } } });
const image = { image: { format: 'png' as const, source: { bytes: new Uint8Array([1]) } } };

const REFUSALS: [string, Partial<ConverseCommandInput>, RegExp][] = [
  ['an empty conversation', { messages: [] }, /at least one message/],
  ['two messages of the user in a row', { messages: [hello, hello] }, /must alternate between user and assistant/],
  ['a conversation that the assistant starts', { messages: [assistant({ text: 'Hi' }), hello] }, /must start with a user message/],
  ['a message without content', { messages: [user()] }, /messages\.0 is empty/],
  ['blank text', { messages: [user({ text: ' \n' })] }, /ContentBlock object at messages\.0\.content\.0 is blank/],
  ['blank system text', { system: [{ text: '' }] }, /system\.0 is blank/],
  ['tool blocks without toolConfig', { messages: [hello, assistant(use('a')), user(result('a'))] }, /toolConfig field must be defined/],
  ['a tool use without its result', { toolConfig, messages: [hello, assistant(use('a')), hello] }, /Expected toolResult blocks at messages\.2\.content for the following Ids: a/],
  ['tool results spread over turns', { toolConfig, messages: [hello, assistant(use('a'), use('b')), user(result('a'))] }, /following Ids: b/],
  ['a tool result nobody asked for', { toolConfig, messages: [user(result('a'))] }, /exceeds the number of toolUse blocks/],
  ['a tool result given twice', { toolConfig, messages: [hello, assistant(use('a'), use('b')), user(result('a'), result('b'), result('a'))] }, /exceeds the number/],
  ['a blank tool result', { toolConfig, messages: [hello, assistant(use('a')), user(result('a', ' '))] }, /toolResult\.content\.0 is blank/],
  ['a tool id with a space', { toolConfig, messages: [hello, assistant(use('a b')), user(result('a b'))] }, /\[a-zA-Z0-9_\.:-\]\+/],
  ['a tool id of 65 characters', { toolConfig, messages: [hello, assistant(use('a'.repeat(65))), user(result('a'.repeat(65)))] }, /toolUseId/],
  ['a tool whose schema is no object', { toolConfig: { tools: [{ toolSpec: { name: 'a', inputSchema: { json: { type: 'string' } } } }] } }, /must be one of the following: object/],
  ['a tool name with a dot', { toolConfig: { tools: [{ toolSpec: { name: 'a.b', inputSchema: { json: { type: 'object' } } } }] } }, /toolSpec\.name/],
  ['two tools of one name', { toolConfig: { tools: [...toolConfig.tools, ...toolConfig.tools] } }, /must be unique/],
  ['an empty list of tools', { toolConfig: { tools: [] } }, /toolConfig\.tools/],
  ['a forced tool that is not offered', { toolConfig: { ...toolConfig, toolChoice: { tool: { name: 'other' } } } }, /toolChoice\.tool\.name must be one of/],
  ['a document name with a dot', { messages: [user({ text: 'Read' }, document('a.pdf'))] }, /document file name can only contain/],
  ['a document name with two spaces', { messages: [user({ text: 'Read' }, document('a  b'))] }, /more than one consecutive whitespace/],
  ['a document name with an ideographic space', { messages: [user({ text: 'Read' }, document('a\u3000b'))] }, /document file name/],
  ['two documents of one name', { messages: [user({ text: 'Read' }, document('a'), document('a'))] }, /must be unique/],
  ['six documents', { messages: [user({ text: 'Read' }, ...['a', 'b', 'c', 'd', 'e', 'f'].map(document))] }, /at most 5 documents/],
  ['a document without text', { messages: [user(document('a'))] }, /has a document but no text/],
  ['five cache points', { messages: [user({ text: 'x' }, ...Array.from({ length: 5 }, () => ({ cachePoint: { type: 'default' as const } })))] }, /maximum of 4 cache points/],
  ['maxTokens of 0', { inferenceConfig: { maxTokens: 0 } }, /inferenceConfig\.maxTokens/],
  ['maxTokens above the model\'s limit', { inferenceConfig: { maxTokens: 10_001 } }, /exceeds the model limit of 10000/],
  ['a temperature above 1', { inferenceConfig: { temperature: 1.5 } }, /less than or equal to 1/],
  ['an empty stop sequence', { inferenceConfig: { stopSequences: [''] } }, /stopSequences/],
  ['an unknown model', { modelId: 'acme.unheard-of' }, /model identifier is invalid/],
  ['an unknown application profile', { modelId: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x' }, /model identifier is invalid/],
  ['the bare id of a model that needs a profile', { modelId: 'amazon.nova-2-lite-v1:0' }, /on-demand throughput isn’t supported/],
  ['temperature where the model takes none', { modelId: 'acme.no-tools', inferenceConfig: { temperature: 0.5 } }, /`temperature` is deprecated/],
  ['temperature and top_p where the model takes one', { modelId: 'acme.buffered', inferenceConfig: { temperature: 0.5, topP: 0.5 } }, /cannot both be specified/],
  ['tools where the model has none', { modelId: 'acme.no-tools', toolConfig }, /doesn't support tool use\./],
  ['an image where the model reads text only', { modelId: 'acme.text-only', messages: [user({ text: 'Look' }, image)] }, /doesn't support the image/],
  ['more than the model\'s window', { modelId: 'acme.text-only', messages: [user({ text: 'word '.repeat(21) })] }, /Input is too long/],
  ['prefill where the model takes none', { modelId: 'us.anthropic.claude-sonnet-4-6', messages: [hello, assistant({ text: 'Well' })] }, /assistant message prefill/],
  ['a guardrail that no stack defines', { guardrailConfig: { guardrailIdentifier: 'gr1', guardrailVersion: '1' } }, /does not exist/],
  ['a field that it does not know', { outputConfig: {} }, /does not know the field 'outputConfig'/],
];

test.each(REFUSALS)('refuses %s', async (_, input, message) => {
  const call = bedrock.client.send(new ConverseCommand({ ...asks('Hello'), ...input }));
  await expect(call).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringMatching(message), $metadata: { httpStatusCode: 400 } });
});

test('refuses tools in a stream where the model offers them in whole answers only', async () => {
  const input = { ...asks('Hello'), modelId: 'acme.buffered', toolConfig };
  await expect(bedrock.client.send(new ConverseStreamCommand(input))).rejects.toThrow('doesn\'t support tool use in streaming mode');
  await expect(bedrock.client.send(new ConverseCommand(input))).resolves.toMatchObject({ stopReason: 'end_turn' });
});

test('refuses a retired model as not found', async () => {
  const call = bedrock.client.send(new ConverseCommand({ ...asks('Hello'), modelId: 'acme.retired' }));
  await expect(call).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: expect.stringContaining('end of its life') });
});

test('refuses a cache point where the model caches nothing', async () => {
  const messages = [user({ text: 'Hi' }, { cachePoint: { type: 'default' } })];
  const call = bedrock.client.send(new ConverseCommand({ modelId: 'acme.text-only', messages }));
  await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('prompt caching') });
});

test.each([
  ['an hour after five minutes', { system: [{ text: 'x' }, { cachePoint: { type: 'default' as const } }], messages: [user({ text: 'x' }, { cachePoint: { type: 'default', ttl: '1h' } })] }, /must not come after a ttl='5m'/],
  ['a lifetime that nobody offers', { messages: [user({ text: 'x' }, { cachePoint: { type: 'default', ttl: '2h' as never } })] }, /cachePoint.ttl/],
  ['an hour for Nova', { modelId: 'us.amazon.nova-2-lite-v1:0', messages: [user({ text: 'x' }, { cachePoint: { type: 'default', ttl: '1h' } })] }, /only supported for Anthropic/],
  ['a cache point among the tools of Nova', { modelId: 'us.amazon.nova-2-lite-v1:0', toolConfig: { tools: [...toolConfig.tools, { cachePoint: { type: 'default' as const } }] } }, /extraneous key \[cachePoint\]/],
  ['a tier that nobody offers', { serviceTier: { type: 'cheapest' as never } }, /service tier provided is invalid/],
  ['a reservation that nobody made', { serviceTier: { type: 'reserved' as const } }, /Reservation not found/],
])('refuses %s', async (_, input, message) => {
  await expect(bedrock.client.send(new ConverseCommand({ ...asks('x'), ...input }))).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringMatching(message) });
});

test.each([
  ['broken JSON', '{"messages":', /no JSON/],
  ['messages that are no list', '{"messages":"hi"}', /'messages' must be a list/],
  ['content that is no list', '{"messages":[{"role":"user","content":"hi"}]}', /'content' of a message/],
])('refuses %s as the service\'s protocol does', async (_, body, message) => {
  const answer = await fetch(`${bedrock.url}/model/amazon.nova-lite-v1%3A0/converse`, {
    method: 'POST', body, headers: { authorization: 'AWS4-HMAC-SHA256 Credential=LOCALCHAT/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00' },
  });
  expect([answer.status, answer.headers.get('x-amzn-errortype'), (await answer.json()).message]).toEqual([400, 'SerializationException', expect.stringMatching(message)]);
});

test('takes tool pairs, documents and cache points that fit', async () => {
  const messages = [
    user({ text: 'Read these' }, document('Report 1 (final)'), document('b'), { cachePoint: { type: 'default' } }),
    assistant({ text: 'I look' }, use('tooluse_1'), use('a.b:c-d')),
    user(result('tooluse_1'), result('a.b:c-d'), { text: 'Well?' }),
  ];
  const answer = await bedrock.client.send(new ConverseCommand({ ...asks(''), messages, toolConfig }));
  expect(answer.stopReason).toBe('end_turn');
});
