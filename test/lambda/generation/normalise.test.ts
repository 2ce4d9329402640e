import fc from 'fast-check';
import { converseInput } from '../../../lambda/adapters/bedrock-model';
import { buildPrompt } from '../../../lambda/chat/prompt';
import { parseChatRequest } from '../../../lambda/chat/request';
import { isBlank, normalise } from '../../../lambda/generation/normalise';
import { ApiError } from '../../../lambda/kit/http';
import type { ChatMessage } from '../../../lambda/ports/conversations';
import { brokenRules } from '../chat/converse-rules';
import { facts, policy } from '../fakes/policy';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';

const words = fc.oneof(fc.constantFrom('', ' ', '\n\t', '\u3000', '\u200b', '\u0000', 'hello', '{}'), fc.string({ unit: 'grapheme', maxLength: 12 }));
const textPart = fc.record({ type: fc.constant('text' as const), text: words });
const parts = fc.array(textPart, { minLength: 1, maxLength: 3 });
const image = fc.constant({ type: 'image_url' as const, image_url: { url: PNG } });
const name = fc.option(fc.constantFrom('Ada', 'Bob', '李'), { nil: undefined });
const callId = fc.constantFrom('a', 'b', 'c', 'ä ö', '', 'x'.repeat(80), 'x'.repeat(81));
const toolName = fc.constantFrom('weather', 'clock');
const call = fc.record({
  id: callId.map((id) => id || 'call'),
  type: fc.constant('function' as const),
  function: fc.record({ name: toolName, arguments: fc.constantFrom('', '{}', '{"city":"Ulm"}', ' ') }),
});
const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({ role: fc.constantFrom('system' as const, 'developer' as const), content: fc.oneof(words, parts) }),
  fc.record({ role: fc.constant('user' as const), content: fc.oneof(words, parts, fc.array(fc.oneof(textPart, image), { minLength: 1, maxLength: 3 })), name }),
  fc.record({ role: fc.constant('assistant' as const), content: fc.oneof(words, parts, fc.constant(null)), tool_calls: fc.option(fc.array(call, { maxLength: 3 }), { nil: undefined }) }),
  fc.record({ role: fc.constant('tool' as const), content: fc.oneof(words, parts), tool_call_id: callId.map((id) => id || 'call') }),
);
const history = fc.array(message, { minLength: 1, maxLength: 12 });
const tool = { type: 'function', function: { name: 'weather', description: ' ', parameters: { type: 'object' } } };
const choice = fc.constantFrom(undefined, 'none', 'auto', 'required', { type: 'function', function: { name: 'weather' } });
const settings = fc.record({ tools: fc.boolean(), choice, guarded: fc.boolean(), sampling: fc.constantFrom('both' as const, 'one' as const, 'none' as const) });

describe('a prompt from any OpenAI history', () => {
  test('keeps every rule of the Converse API, or is refused with a reason', () => {
    let accepted = 0;
    fc.assert(fc.property(history, settings, (messages, { tools, choice: toolChoice, guarded, sampling }) => {
      const body = { messages, temperature: 1.3, top_p: 0.9, ...(tools && { tools: [tool], tool_choice: toolChoice }) };
      const input = promptFor(body, { guarded, sampling });
      if (input instanceof ApiError) return expect(input.param).toMatch(/^messages\[\d+\]\.content$/);
      accepted++;
      expect(brokenRules(input)).toEqual([]);
      const { temperature, topP } = input.inferenceConfig ?? {};
      return expect([temperature, topP]).toEqual({ both: [1, 0.9], one: [1, undefined], none: [undefined, undefined] }[sampling]);
    }), { numRuns: 1_500 });
    expect(accepted).toBeGreaterThan(1_000);
  });

  test('loses none of the words that can be seen', () => {
    fc.assert(fc.property(history, (messages) => {
      const told = JSON.stringify(normalise(messages, { tools: true }));
      for (const spoken of messages.filter(({ role }) => role === 'user' || role === 'assistant')) {
        for (const said of typeof spoken.content === 'string' ? [spoken.content] : spoken.content ?? []) {
          const visible = typeof said === 'string' ? said : said.type === 'text' ? said.text : '';
          if (!isBlank(visible)) expect(told).toContain(JSON.stringify(visible).slice(1, -1));
        }
      }
    }));
  });
});

test('puts the results of one turn together, whatever stands between them', () => {
  const messages: ChatMessage[] = [
    { role: 'user', content: 'Weather in Ulm and Bonn?' },
    { role: 'assistant', content: null, tool_calls: [weather('1', 'Ulm'), weather('2', 'Bonn')] },
    { role: 'tool', tool_call_id: '2', content: 'rain' },
    { role: 'user', content: 'Hurry.' },
    { role: 'tool', tool_call_id: '1', content: 'sun' },
  ];
  expect(normalise(messages, { tools: true }).at(-1)?.content).toEqual([
    { kind: 'toolResult', id: '1', text: 'sun' },
    { kind: 'toolResult', id: '2', text: 'rain' },
    { kind: 'text', text: 'Hurry.', guarded: false },
  ]);
});

test('tells tool calls as text when no tools are offered', () => {
  const messages: ChatMessage[] = [
    { role: 'user', content: 'Weather?' },
    { role: 'assistant', content: null, tool_calls: [weather('1', 'Ulm')] },
    { role: 'tool', tool_call_id: '1', content: 'sun' },
  ];
  const told = normalise(messages, { tools: false }).flatMap(({ content }) => content.map((block) => block.kind === 'text' ? block.text : block.kind));
  expect(told).toEqual(['Weather?', '[Called the tool weather with {"city":"Ulm"}]', '[The tool weather returned: sun]']);
});

test('answers a call that nobody answered with an error', () => {
  const messages: ChatMessage[] = [{ role: 'user', content: 'Weather?' }, { role: 'assistant', content: null, tool_calls: [weather('1', 'Ulm')] }, { role: 'user', content: 'Never mind.' }];
  expect(normalise(messages, { tools: true }).at(-1)?.content[0]).toMatchObject({ kind: 'toolResult', id: '1', failed: true });
});

test('gives the model the name of who speaks as a line before the words', () => {
  expect(normalise([{ role: 'user', name: 'Ada', content: 'Hello.' }], { tools: false })).toEqual([
    { role: 'user', content: [{ kind: 'text', text: 'Ada:', guarded: false }, { kind: 'text', text: 'Hello.', guarded: false }] },
  ]);
});

test('has a guardrail look at new words only', () => {
  const input = promptFor({
    messages: [
      { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'old' }, { role: 'assistant', content: 'said' }, { role: 'user', content: 'new' },
    ],
  }, { guarded: true });
  expect(input).toMatchObject({
    system: [{ text: 'You help.' }, { guardContent: { text: { text: 'Be brief.' } } }],
    messages: [{ content: [{ text: 'old' }] }, { content: [{ text: 'said' }] }, { content: [{ guardContent: { text: { text: 'new' } } }] }],
    guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', streamProcessingMode: 'sync', trace: 'enabled' },
  });
});

test('has a guardrail look at words that an answer of the client\'s own making follows', () => {
  const input = promptFor({ messages: [{ role: 'user', content: 'old' }, { role: 'assistant', content: 'said' }, { role: 'user', content: 'new' }, { role: 'assistant', content: 'Sure:' }] }, { guarded: true });
  expect(input).toMatchObject({ messages: [{ content: [{ text: 'old' }] }, {}, { content: [{ guardContent: { text: { text: 'new' } } }] }, {}, {}] });
});

test('marks something for the guardrail when a turn brings tool results only', () => {
  const input = promptFor({
    tools: [tool],
    messages: [
      { role: 'user', content: 'Weather?' }, { role: 'assistant', content: null, tool_calls: [weather('1', 'Ulm')] }, { role: 'tool', tool_call_id: '1', content: 'sun' },
    ],
  }, { guarded: true });
  expect(input).toMatchObject({ messages: [{}, {}, { content: [{ toolResult: { toolUseId: '1' } }, { guardContent: { text: { text: '(tool results)' } } }] }] });
});

function promptFor(body: object, { guarded = false, sampling = 'both' as 'both' | 'one' | 'none' } = {}) {
  const decided = policy({ facts: { ...facts, sampling }, ...(guarded && { guardrail: { id: 'g', version: '1' } }) });
  try {
    return converseInput(buildPrompt(parseChatRequest({ body: JSON.stringify(body), headers: {} }, decided.facts), [], decided));
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function weather(id: string, city: string) {
  return { id, type: 'function' as const, function: { name: 'weather', arguments: JSON.stringify({ city }) } };
}
