import { converseInput } from '../../../lambda/adapters/bedrock-model';
import { buildPrompt } from '../../../lambda/chat/prompt';
import { parseChatRequest } from '../../../lambda/chat/request';
import type { TurnPolicy } from '../../../lambda/chat/settings';
import type { ChatMessage } from '../../../lambda/ports/conversations';
import { facts, policy } from '../fakes/policy';

const LONG = 'word '.repeat(400);
const tool = { type: 'function', function: { name: 'weather', description: LONG, parameters: { type: 'object' } } };
const user = (content: string): ChatMessage => ({ role: 'user', content });
const said = (content: string): ChatMessage => ({ role: 'assistant', content });

test('remembers tools, the system prompt and the last two answers, and nothing that is new', () => {
  const messages = [user('one'), said('1'), user('two'), said('2'), user('three'), said('3'), user('new')];
  expect(pointsIn({ messages, tools: [tool] }, { systemPrompt: LONG })).toEqual(['weather', 'POINT', LONG, 'POINT', 'one', '1', 'two', '2', 'POINT', 'three', '3', 'POINT', 'new']);
});

test('puts the last point where the next turn has the one before the last', () => {
  const first = [user(LONG), said('1'), user('two')];
  const places = (messages: ChatMessage[]) => pointsIn({ messages }).flatMap((part, at) => part === 'POINT' ? [at] : []);
  expect(places(first)).toEqual([3]);
  expect(places([...first, said('2'), user('three')])).toEqual([3, 6]);
});

test('sends a point only where the model\'s minimum is met, counted from the beginning of the prompt', () => {
  const messages = [user('one'), said(LONG), user('two'), said('2'), user('new')];
  expect(pointsIn({ messages })).toEqual(['You help.', 'one', LONG, 'POINT', 'two', '2', 'POINT', 'new']);
  expect(pointsIn({ messages: [user('one'), said('1'), user('new')] })).not.toContain('POINT');
  expect(pointsIn({ messages: [user('new')], tools: [tool] })).toEqual(['weather', 'POINT', 'You help.', 'POINT', 'new']);
});

test('remembers the builder\'s words apart from those of the request', () => {
  const messages: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }, user('new')];
  expect(pointsIn({ messages }, { systemPrompt: LONG })).toEqual([LONG, 'POINT', 'Be brief.', 'new']);
  expect(pointsIn({ messages: [{ role: 'system', content: LONG }, user('new')] }, { systemPrompt: '' })).toEqual([LONG, 'POINT', 'new']);
});

test('keeps points apart from what a guardrail has to look at', () => {
  const changes = { systemPrompt: LONG, guardrail: { id: 'g', version: '1' } };
  expect(pointsIn({ messages: [{ role: 'system', content: 'Be brief.' }, user('old'), said('1'), user('new')] }, changes))
    .toEqual([LONG, 'POINT', 'guarded: Be brief.', 'old', '1', 'POINT', 'guarded: new']);
});

test.each([
  ['a model that caches nothing', { facts: { ...facts, cacheMinimum: undefined } }],
  ['a builder who wants none', { generation: { maxTokens: 1_000 } }],
])('sends no points for %s', (_, changes) => {
  expect(pointsIn({ messages: [user(LONG), said(LONG), user('new')] }, changes)).not.toContain('POINT');
});

test('says for how long where it is not the usual five minutes', () => {
  const input = inputFor({ messages: [user(LONG), said('1'), user('new')] }, { generation: { maxTokens: 1_000, promptCaching: '1h' } });
  expect(input.messages?.[1].content?.at(-1)).toEqual({ cachePoint: { type: 'default', ttl: '1h' } });
});

/** The parts of a prompt in the order in which a model reads them. */
function pointsIn(body: object, changes: Partial<TurnPolicy> = {}): string[] {
  const { toolConfig, system = [], messages = [] } = inputFor(body, changes);
  const blocks = [...system, ...messages.flatMap(({ content }) => content ?? [])];
  return [
    ...(toolConfig?.tools ?? []).map(({ toolSpec }) => toolSpec?.name ?? 'POINT'),
    ...blocks.map(({ text, guardContent }) => text ?? (guardContent ? `guarded: ${guardContent.text?.text}` : 'POINT')),
  ];
}

function inputFor(body: object, changes: Partial<TurnPolicy>) {
  const decided = policy({ facts: { ...facts, cacheMinimum: 512 }, generation: { maxTokens: 1_000, promptCaching: '5m' }, ...changes });
  return converseInput(buildPrompt(parseChatRequest({ body: JSON.stringify(body), headers: {} }, decided.facts), [], decided));
}
