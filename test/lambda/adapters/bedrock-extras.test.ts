import { BedrockRuntimeClient, ConverseStreamCommand, type ConverseStreamCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { mockClient } from 'aws-sdk-client-mock';
import { bedrockModel } from '../../../lambda/adapters/bedrock-model';
import type { Prompt } from '../../../lambda/ports/model';
import { collect } from '../fakes/collect';

const bedrock = mockClient(BedrockRuntimeClient);
const text = { kind: 'text' as const, text: 'Hi' };
const prompt: Prompt = {
  modelId: 'm',
  system: [{ text: 'Help.' }],
  messages: [{ role: 'user', content: [text] }, { role: 'assistant', content: [text] }, { role: 'user', content: [text] }],
  tools: [{ name: 'weather', schema: {} }],
  maxTokens: 10,
  stop: [],
  streaming: true,
  cache: { lifetime: '1h', afterTools: true, afterSystem: 0, afterMessages: [1] },
  serviceTier: 'flex',
};

beforeEach(() => bedrock.reset());

test.each([
  ['serviceTier', 'The service tier provided is invalid.', ({ serviceTier }: ConverseStreamCommandInput) => serviceTier === undefined],
  ['serviceTier', 'Reservation not found.', ({ serviceTier }: ConverseStreamCommandInput) => serviceTier === undefined],
  ['cacheLifetime', 'Extended TTL prompt caching is only supported for Anthropic models', (input: ConverseStreamCommandInput) => !JSON.stringify(input).includes('ttl')],
  ['toolCachePoint', 'Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted',
    ({ toolConfig }: ConverseStreamCommandInput) => toolConfig?.tools?.length === 1],
  ['cachePoints', 'You invoked an unsupported model or your request did not allow prompt caching.', (input: ConverseStreamCommandInput) => !JSON.stringify(input).includes('cachePoint')],
])('asks again without %s when a model does not take it (%s), and never with it again', async (extra, message, isWithout) => {
  refusesUnless(isWithout, message);
  const told: string[] = [];
  const model = bedrockModel(new BedrockRuntimeClient({}), { refusedExtra: (name) => told.push(name) });
  for (let turn = 1; turn <= 2; turn++) {
    const { items, error } = await collect(model.answer(prompt, new AbortController().signal));
    expect([items, error]).toEqual([[{ type: 'text', text: 'Hi' }], undefined]);
  }
  expect(bedrock.commandCalls(ConverseStreamCommand)).toHaveLength(3);
  expect(told).toEqual([extra]);
});

test('gives up everything that a model does not take, one after the other', async () => {
  bedrock.on(ConverseStreamCommand).callsFake((input: ConverseStreamCommandInput) => {
    if (input.serviceTier) throw refusal('The service tier provided is invalid.');
    if (JSON.stringify(input).includes('ttl')) throw refusal('Extended TTL prompt caching is only supported for Anthropic models');
    if (input.toolConfig?.tools?.length !== 1) throw refusal('#/toolConfig/tools/1: extraneous key [cachePoint] is not permitted');
    return hello();
  });
  const { error } = await collect(bedrockModel(new BedrockRuntimeClient({})).answer(prompt, new AbortController().signal));
  expect(error).toBeUndefined();
  const last = bedrock.commandCalls(ConverseStreamCommand).at(-1)?.args[0].input;
  expect([last?.system?.length, last?.messages?.[1].content?.length]).toEqual([2, 2]);
});

test('does not ask again when the refusal is about something else, or nothing extra was asked for', async () => {
  bedrock.on(ConverseStreamCommand).rejects(refusal('The image is broken'));
  expect((await collect(bedrockModel(new BedrockRuntimeClient({})).answer(prompt, new AbortController().signal))).error).toMatchObject({ kind: 'refused' });
  bedrock.on(ConverseStreamCommand).rejects(refusal('The service tier provided is invalid.'));
  const plain = { ...prompt, cache: undefined, serviceTier: undefined };
  expect((await collect(bedrockModel(new BedrockRuntimeClient({})).answer(plain, new AbortController().signal))).error).toMatchObject({ kind: 'refused' });
  expect(bedrock.commandCalls(ConverseStreamCommand)).toHaveLength(2);
});

test('tells which tier answered, and what is kept for an hour', async () => {
  bedrock.on(ConverseStreamCommand).callsFake(() => streamOf([{
    metadata: {
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 10, cacheWriteInputTokens: 7, cacheDetails: [{ ttl: '1h', inputTokens: 5 }, { ttl: '5m', inputTokens: 2 }] },
      serviceTier: { type: 'flex' },
    },
  }]));
  const { items } = await collect(bedrockModel(new BedrockRuntimeClient({})).answer(prompt, new AbortController().signal));
  expect(items).toEqual([{ type: 'usage', usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 7, cacheWriteHour: 5, tier: 'flex' } }]);
});

function refusesUnless(isFine: (input: ConverseStreamCommandInput) => boolean, message: string) {
  bedrock.on(ConverseStreamCommand).callsFake((input: ConverseStreamCommandInput) => {
    if (!isFine(input)) throw refusal(message);
    return hello();
  });
}

const hello = () => streamOf([{ contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } }]);
const streamOf = (events: object[]) => ({ stream: (async function* () { yield* events; })() });
const refusal = (message: string) => Object.assign(new Error(message), { name: message.includes('prompt caching.') ? 'AccessDeniedException' : 'ValidationException', $metadata: { httpStatusCode: 400 } });
