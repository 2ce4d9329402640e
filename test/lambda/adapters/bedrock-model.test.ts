import { BedrockRuntimeClient, ConverseCommand, type ConverseStreamOutput, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { mockClient } from 'aws-sdk-client-mock';
import { bedrockModel, converseInput } from '../../../lambda/adapters/bedrock-model';
import type { Prompt } from '../../../lambda/ports/model';
import { collect } from '../fakes/collect';

const prompt: Prompt = { modelId: 'm', system: [], messages: [{ role: 'user', content: [{ kind: 'text', text: 'Hi' }] }], tools: [], maxTokens: 10, stop: [], streaming: true };
const bedrock = mockClient(BedrockRuntimeClient);

beforeEach(() => bedrock.reset());

test('translates a stream event by event', async () => {
  streams([
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'hm' } } } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'x' } } } },
    { contentBlockDelta: { contentBlockIndex: 1, delta: { text: 'Hi' } } },
    { contentBlockStart: { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'a', name: 'weather' } } } },
    { contentBlockDelta: { contentBlockIndex: 2, delta: { toolUse: { input: '{}' } } } },
    { contentBlockStop: { contentBlockIndex: 2 } },
    { messageStop: { stopReason: 'tool_use' } },
    { metadata: { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 6, cacheReadInputTokens: 3 }, metrics: { latencyMs: 1 } } },
  ]);
  expect(await answer()).toEqual({
    items: [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Hi' },
      { type: 'toolStart', block: 2, id: 'a', name: 'weather' },
      { type: 'toolInput', block: 2, json: '{}' },
      { type: 'stop', reason: 'tool_use' },
      { type: 'usage', usage: { input: 1, output: 2, cacheRead: 3, cacheWrite: 0 } },
    ],
  });
});

test('gives the same events from an answer that came in one piece', async () => {
  bedrock.on(ConverseCommand).resolves({
    output: {
      message: {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'hm' } } }, { text: 'Hi' }, { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Ulm' } } },
        ],
      },
    },
    stopReason: 'tool_use',
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  });
  expect(await answer({ ...prompt, streaming: false })).toEqual({
    items: [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Hi' },
      { type: 'toolStart', block: 2, id: 'a', name: 'weather' },
      { type: 'toolInput', block: 2, json: '{"city":"Ulm"}' },
      { type: 'stop', reason: 'tool_use' },
      { type: 'usage', usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 } },
    ],
  });
});

test.each([
  ['ThrottlingException', 'slow down', 'throttled'],
  ['throttlingException', 'inside the stream', 'throttled'],
  ['ServiceQuotaExceededException', 'quota', 'throttled'],
  ['ServiceUnavailableException', 'down', 'unavailable'],
  ['modelStreamErrorException', 'broke', 'unavailable'],
  ['InternalServerException', 'oops', 'unavailable'],
  ['ValidationException', 'The image is broken', 'refused'],
  ['ValidationException', 'Input is too long for requested model.', 'tooLong'],
  ['ValidationException', 'prompt is too long: 200001 tokens > 200000 maximum', 'tooLong'],
])('tells %s (%s) as %s', async (name, message, kind) => {
  bedrock.on(ConverseStreamCommand).rejects(serviceError(name, message, 400));
  expect((await answer()).error).toMatchObject({ name: 'ModelFailure', kind });
  streams([{ contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } }], serviceError(name, message, 200));
  expect(await answer()).toMatchObject({ items: [{ type: 'text' }], error: { kind } });
});

test('tells a broken connection as unavailable, and leaves a missing permission as it is', async () => {
  bedrock.on(ConverseStreamCommand).rejects(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
  expect((await answer()).error).toMatchObject({ kind: 'unavailable' });
  bedrock.on(ConverseStreamCommand).rejects(serviceError('AccessDeniedException', 'not authorized', 403));
  expect((await answer()).error).toMatchObject({ name: 'AccessDeniedException' });
});

test('writes a prompt as the Converse API reads it', () => {
  expect(converseInput({
    ...prompt,
    system: [{ text: 'Be kind.' }],
    messages: [{
      role: 'user',
      content: [
        { kind: 'image', format: 'png', data: 'aGk=', guarded: true }, { kind: 'image', format: 'webp', data: 'aGk=' },
        { kind: 'toolResult', id: 'a', text: 'sun' }, { kind: 'toolResult', id: 'b', text: 'lost', failed: true },
      ],
    }],
    tools: [{ name: 'weather', description: 'Weather', schema: { type: 'object' } }, { name: 'clock', description: '', schema: {} }],
    toolChoice: 'required',
    temperature: 0.5,
    stop: ['END'],
  })).toEqual({
    modelId: 'm',
    system: [{ text: 'Be kind.' }],
    messages: [{
      role: 'user',
      content: [
        { guardContent: { image: { format: 'png', source: { bytes: Buffer.from('hi') } } } }, { image: { format: 'webp', source: { bytes: Buffer.from('hi') } } },
        { toolResult: { toolUseId: 'a', content: [{ text: 'sun' }] } }, { toolResult: { toolUseId: 'b', content: [{ text: 'lost' }], status: 'error' } },
      ],
    }],
    inferenceConfig: { maxTokens: 10, temperature: 0.5, topP: undefined, stopSequences: ['END'] },
    toolConfig: {
      tools: [{ toolSpec: { name: 'weather', description: 'Weather', inputSchema: { json: { type: 'object' } } } }, { toolSpec: { name: 'clock', inputSchema: { json: {} } } }],
      toolChoice: { any: {} },
    },
  });
  expect(converseInput({ ...prompt, tools: [{ name: 'a', schema: {} }], toolChoice: { name: 'a' } }).toolConfig?.toolChoice).toEqual({ tool: { name: 'a' } });
});

test('keeps what is behind a failure, and takes no mistake of our own for one', async () => {
  const broken = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  bedrock.on(ConverseStreamCommand).rejects(broken);
  expect((await answer()).error).toMatchObject({ kind: 'unavailable', cause: broken });
  const mistake = new TypeError('x is not a function');
  bedrock.on(ConverseStreamCommand).rejects(mistake);
  expect((await answer()).error).toBe(mistake);
});

function streams(events: ConverseStreamOutput[], error?: Error) {
  bedrock.on(ConverseStreamCommand).callsFake(async () => ({
    stream: (async function* () {
      yield* events;
      if (error) throw error;
    })(),
  }));
}

function answer(asked: Prompt = prompt) {
  return collect(bedrockModel(new BedrockRuntimeClient({})).answer(asked, new AbortController().signal));
}

function serviceError(name: string, message: string, httpStatusCode: number) {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

test('tells a guardrail what an answer is checked against, and what was asked', () => {
  const content = [{ kind: 'text' as const, text: 'Ulm is old.', guarded: 'source' as const }, { kind: 'text' as const, text: 'How old?', guarded: 'query' as const }];
  expect(converseInput({ ...prompt, messages: [{ role: 'user', content }] }).messages).toEqual([{
    role: 'user',
    content: [
      { guardContent: { text: { text: 'Ulm is old.', qualifiers: ['grounding_source'] } } },
      { guardContent: { text: { text: 'How old?', qualifiers: ['query', 'guard_content'] } } },
    ],
  }]);
});
