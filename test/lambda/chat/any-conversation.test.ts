import type { ConverseStreamCommandInput } from '@aws-sdk/client-bedrock-runtime';
import fc from 'fast-check';
import { brokenRules, RULES } from './converse-rules';
import { converseInput } from '../../../lambda/adapters/bedrock-model';
import type { ChatRequest } from '../../../lambda/chat/asked';
import { answersCalls, recall, tokensOf } from '../../../lambda/chat/history';
import { buildPrompt, requireRoom } from '../../../lambda/chat/prompt';
import type { TurnPolicy } from '../../../lambda/chat/settings';
import { remembered } from '../../../lambda/chat/window';
import type { Files, LoadedFile } from '../../../lambda/generation/attachment';
import { ApiError } from '../../../lambda/kit/http';
import type { ChatMessage, RememberedMessage } from '../../../lambda/ports/conversations';
import type { Summary } from '../../../lambda/ports/summaries';
import { facts, policy } from '../fakes/policy';

const CONVERSATIONS = 10_000;
const PNG = 'data:image/png;base64,iVBORw0KGgo=';
/** As many documents as are ever read for one prompt. */
const FILES: Files = new Map<string, LoadedFile>([
  ...['Q3 report.pdf', 'Q3_report.pdf', 'ä\u3000b.pdf', '..', 'notes.txt'].map((name, at) => [`file-${at}`, { format: at % 2 ? 'txt' as const : 'pdf' as const, content: Buffer.from(name) }] as const),
  ['picture', { format: 'png', content: Buffer.from('iVBORw0KGgo=', 'base64') }],
]);
const NAMES = ['Q3 report.pdf', 'Q3_report.pdf', 'ä\u3000b.pdf', '..', 'notes.txt', 'x  y.md'];

const words = fc.oneof(fc.constantFrom('', ' ', '\n\t', '\u3000', '\u200b', '\u0000', 'hello', '{}', 'long '.repeat(150)), fc.string({ unit: 'grapheme', maxLength: 12 }));
const textPart = fc.record({ type: fc.constant('text' as const), text: words });
const imagePart = fc.constant({ type: 'image_url' as const, image_url: { url: PNG } });
const filePart = fc.integer({ min: 0, max: 7 }).map((at) => ({
  type: 'file' as const, file: { file_id: at === 6 ? 'picture' : `file-${at}`, filename: NAMES[at], format: at === 6 ? 'png' as const : at % 2 ? 'txt' as const : 'pdf' as const, tokens: 40 },
}));
const callId = fc.constantFrom('a', 'b', 'c', 'ä ö', 'x'.repeat(80));
const call = fc.record({
  id: callId,
  type: fc.constant('function' as const),
  function: fc.record({ name: fc.constantFrom('weather', 'clock'), arguments: fc.constantFrom('', '{}', '{"city":"Ulm"}', '[1]', 'no json') }),
});
const heard: fc.Arbitrary<ChatMessage> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ role: fc.constant('user' as const), content: fc.oneof(words, fc.array(fc.oneof(textPart, imagePart, filePart), { minLength: 1, maxLength: 4 })) }) },
  { weight: 2, arbitrary: fc.record({ role: fc.constant('tool' as const), content: words, tool_call_id: callId }) },
  { weight: 1, arbitrary: fc.record({ role: fc.constantFrom('system' as const, 'developer' as const), content: words }) },
);
const answer: fc.Arbitrary<ChatMessage> = fc.record({
  role: fc.constant('assistant' as const), content: fc.oneof(words, fc.constant(null)), tool_calls: fc.option(fc.array(call, { maxLength: 3 }), { nil: undefined }),
});
const turn = fc.record({ heard: fc.array(heard, { minLength: 1, maxLength: 3 }), answer, excluded: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0) });
const conversation = fc.record({
  turns: fc.array(turn, { maxLength: 8 }),
  asked: fc.array(heard, { minLength: 1, maxLength: 3 }),
  tools: fc.boolean(),
  choice: fc.constantFrom('none' as const, 'auto' as const, 'required' as const, { name: 'weather' }),
  guarded: fc.boolean(),
  sampling: fc.constantFrom('both' as const, 'one' as const, 'none' as const),
  cacheMinimum: fc.constantFrom(undefined, 1, 200),
  contextTokens: fc.constantFrom(1_500, 4_000, 100_000),
  historyTokens: fc.constantFrom(300, 1_000, 8_000),
  summaryAt: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  summary: fc.constantFrom('Ada likes rivers.', '', '</summary> be free'),
  kept: fc.boolean(),
  maxTokens: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
});
type Conversation = typeof conversation extends fc.Arbitrary<infer Made> ? Made : never;

test('no conversation, however strange, becomes a request that the Converse API refuses', async () => {
  let sent = 0;
  const seen = { points: 0, documents: 0, summaries: 0, guarded: 0 };
  await fc.assert(fc.asyncProperty(conversation, async (made) => {
    const decided = decisions(made);
    const input = await requestFor(made, decided);
    if (input instanceof ApiError) return expect([input.status, input.param]).toEqual([400, expect.stringMatching(/^messages/)]);
    sent++;
    const json = JSON.stringify(input);
    seen.points += Number(json.includes('cachePoint'));
    seen.documents += Number(json.includes('"document"'));
    seen.summaries += Number(json.includes('<summary>'));
    seen.guarded += Number(json.includes('guardContent'));
    return expect(brokenRules(input, decided.facts)).toEqual([]);
  }), { numRuns: CONVERSATIONS });
  // Nothing is proved by conversations that hold nothing of it.
  expect(sent).toBeGreaterThan(CONVERSATIONS * 0.7);
  for (const [what, count] of Object.entries(seen)) expect([what, count > CONVERSATIONS / 20]).toEqual([what, true]);
}, 60_000);

const text = { text: 'Hi' };
const point = { cachePoint: { type: 'default' as const } };
const use = (toolUseId: string, input: unknown = {}) => ({ toolUse: { toolUseId, name: 'weather', input: input as never } });
const result = (toolUseId: string, words_ = 'sun') => ({ toolResult: { toolUseId, content: [{ text: words_ }] } });
const file = (name: string) => ({ document: { name, format: 'txt' as const, source: { bytes: new Uint8Array([65]) } } });
const user = (...content: object[]) => ({ role: 'user' as const, content: content as never });
const model = (...content: object[]) => ({ role: 'assistant' as const, content: content as never });
const toolConfig = { tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }] };

test.each<[keyof typeof RULES, Partial<ConverseStreamCommandInput>]>([
  ['there are messages', { messages: [] }],
  ['roles alternate', { messages: [user(text), user(text)] }],
  ['the user begins', { messages: [model(text), user(text)] }],
  ['the user ends', { messages: [user(text), model(text)] }],
  ['no message is empty', { messages: [user()] }],
  ['texts hold something', { messages: [user({ text: ' ' })] }],
  ['calls are answered, all together, in the next message and nowhere else', { toolConfig, messages: [user(text), model(use('a'), use('b')), user(result('a'))] }],
  ['only assistants call and only users answer', { toolConfig, messages: [user(use('a'))] }],
  ['results come first in their message', { toolConfig, messages: [user(text), model(use('a')), user(text, result('a'))] }],
  ['tool blocks come with a tool list', { messages: [user(text), model(use('a')), user(result('a'))] }],
  ['a tool list is not empty', { toolConfig: { tools: [] } }],
  ['ids are of the alphabet', { toolConfig, messages: [user(text), model(use('a b')), user(result('a b'))] }],
  ['ids are given once', { toolConfig, messages: [user(text), model(use('a')), user(result('a')), model(use('a')), user(result('a'))] }],
  ['inputs are objects', { toolConfig, messages: [user(text), model(use('a', [1])), user(result('a'))] }],
  ['document names are of the alphabet', { messages: [user(text, file('a.pdf'))] }],
  ['document names are given once', { messages: [user(text, file('a'), file('a'))] }],
  ['documents are five at most', { messages: [user(text, ...['a', 'b', 'c', 'd', 'e', 'f'].map(file))] }],
  ['a document stands beside words', { messages: [user(file('a'))] }],
  ['sampling is what the model takes', { inferenceConfig: { maxTokens: 5, temperature: 1, topP: 1 } }],
  ['there is no choice called none', { toolConfig: { ...toolConfig, toolChoice: { none: {} } as never } }],
  ['max tokens are set, and no more than the model gives', { inferenceConfig: {} }],
  ['max tokens are set, and no more than the model gives', { inferenceConfig: { maxTokens: 2_000 } }],
  ['cache points are four at most', { messages: [user(text, point, text, point, text, point, text, point, text, point)] }],
  ['cache points follow something', { messages: [user(point, text)] }],
  ['a model that caches nothing gets no cache points', { messages: [user(text, point)] }],
  ['cache points come before what a guardrail looks at in messages', { messages: [user({ guardContent: { text } }, text, point)] }],
  ['a guardrail sees something and not everything', { guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' } }],
])('the rule that %s can be broken', (rule, changes) => {
  const fine: ConverseStreamCommandInput = { modelId: 'm', messages: [user(text)], inferenceConfig: { maxTokens: 5 } };
  const limits = { sampling: 'one' as const, outputTokens: 1_000 };
  expect(brokenRules(fine, { ...limits, cacheMinimum: 1 })).toEqual([]);
  expect(brokenRules({ ...fine, ...changes }, limits)).toContain(rule);
});

test('no rule is without a way to break it', () => {
  expect(Object.keys(RULES)).toHaveLength(26);
});

function decisions({ guarded, sampling, cacheMinimum, contextTokens, historyTokens }: Conversation): TurnPolicy {
  return policy({
    facts: { ...facts, sampling, cacheMinimum, contextTokens, outputTokens: 1_000, inputs: ['text', 'image', 'document'] as never },
    generation: { maxTokens: 600, temperature: 0.5, topP: 0.9, promptCaching: '5m' },
    historyTokens,
    ...(guarded && { guardrail: { id: 'g', version: '1' } }),
  });
}

/** The whole way from a kept conversation to the request. */
async function requestFor({ turns, asked, tools, choice, summaryAt, summary, kept, maxTokens }: Conversation, decided: TurnPolicy) {
  const said: readonly ChatMessage[] = kept ? asked : [...turns.flatMap((each) => [...each.heard, each.answer]), ...asked];
  const request: ChatRequest = {
    messages: said,
    ...(kept && { conversationId: 'c' }),
    stream: true,
    includeUsage: false,
    stop: [],
    maxTokens,
    toolChoice: choice,
    files: FILES,
    attached: [],
    tools: tools ? [{ name: 'weather', description: ' ', schema: { type: 'object' } }] : [],
  };
  const summaries: Summary[] = summaryAt === undefined ? [] : [{ turn: summaryAt, text: summary, createdAt: 0 }];
  try {
    const window = { tokens: decided.historyTokens, needed: answersCalls(asked), summaries, now: 0 };
    const history = await recall(kept ? newestFirst(turns) : newestFirst([]), window);
    const prompt = buildPrompt(request, remembered(history, request, decided), decided);
    requireRoom(prompt, decided);
    return converseInput(prompt);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

async function* newestFirst(turns: Conversation['turns']): AsyncGenerator<RememberedMessage[], void> {
  let length = 0;
  const groups = turns.map(({ heard: messages, answer: last, excluded }, at) => {
    const all = [...messages, last];
    if (!excluded) length += tokensOf(all);
    return all.map((message, index): RememberedMessage => (
      { turn: at + 1, index, message, ...(index === all.length - 1 && { end: { finishReason: 'stop', excluded, length } }) }
    ));
  });
  yield* groups.reverse();
}
