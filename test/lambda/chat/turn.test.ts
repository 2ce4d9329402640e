import { parseChatRequest } from '../../../lambda/chat/request';
import type { TurnPolicy } from '../../../lambda/chat/settings';
import { takeTurn } from '../../../lambda/chat/turn';
import { jsonSchemas } from '../../../lambda/parts/json-schemas';
import type { PromptMessage } from '../../../lambda/ports/model';
import { FakeClock } from '../fakes/clock';
import { collect } from '../fakes/collect';
import { MemoryConversations } from '../fakes/conversations';
import { calls, says, ScriptedModel, stop, text, usage, type Script } from '../fakes/model';
import { MemoryObjects } from '../fakes/objects';
import { facts, policy } from '../fakes/policy';
import { MemoryTurnLog } from '../fakes/turn-log';

const key = { owner: 'ada', id: 'c1' };

test('keeps nothing of a request without a conversation', async () => {
  const chat = new Chat([says('Hello')]);
  await chat.say('Hi', { conversation: null });
  expect(chat.conversations.heads.size).toBe(0);
});

test('remembers what was said in a conversation', async () => {
  const chat = new Chat([says('Hello Ada.'), says('Ada.')]);
  await chat.say('I am Ada.');
  await chat.say('Who am I?');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: I am Ada.', 'assistant: Hello Ada.', 'user: Who am I?']);
});

test('keeps tokens as OpenAI counts them, and what they cost', async () => {
  const chat = new Chat([says('Hello')]);
  await chat.say('Hi');
  const [, { end }] = (await collect(chat.conversations.oldestFirst(key, 0))).items;
  expect(end).toMatchObject({ finishReason: 'stop', usage: { prompt_tokens: 130, completion_tokens: 4, cost: 0.0000265 } });
});

test('keeps nothing of a turn that failed, and lets the next one in', async () => {
  const chat = new Chat([[text('Hel'), new Error('broken')], says('Hello')]);
  expect((await chat.say('Hi')).error).toEqual(new Error('broken'));
  expect(await chat.conversations.find(key)).toBeUndefined();
  await chat.say('Hi again');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: Hi again']);
});

test('keeps what no item of the table can hold as an object, and remembers all of it', async () => {
  const long = 'a😀語'.repeat(100_000);
  const input = JSON.stringify({ city: 'x'.repeat(400_000) });
  const chat = new Chat([[text(long), ...calls('weather', input)], says('Sun.')], { historyTokens: 800_000, facts: { ...facts, contextTokens: 4_000_000 } });
  const { events, error } = await chat.say(long, { tools });
  expect([error, events.at(-1)]).toMatchObject([undefined, { message: { content: long } }]);
  const kept = (await collect(chat.conversations.oldestFirst(key, 0))).items;
  for (const { message } of kept) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(1_000);
  expect([kept.length, chat.objects.kept.size]).toEqual([2, 2]);
  await chat.send([{ role: 'tool', tool_call_id: 'call-weather', content: 'sun' }], { tools });
  const [question, answer] = chat.model.prompts[1].messages;
  expect(question.content).toMatchObject([{ text: long }]);
  expect(answer.content).toMatchObject([{ text: long }, { kind: 'toolUse', input: JSON.parse(input) }]);
});

test('does not fetch what does not fit into the window', async () => {
  const chat = new Chat([says('Hello')]);
  await chat.say('x'.repeat(400_000));
  chat.objects.get = async () => { throw new Error('fetched'); };
  await chat.say('Hi again');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: Hi again']);
});

test('gives an answer anew to a question that lies in an object', async () => {
  const long = 'x'.repeat(310_000);
  const chat = new Chat([says('Hello')], { facts: { ...facts, contextTokens: 1_000_000 } });
  await chat.say(long);
  await chat.send([], { regenerate_message_id: 'msg_1_1' });
  expect(chat.model.prompts[1].messages).toEqual(chat.model.prompts[0].messages);
});

test('says so where an object has gone before its message', async () => {
  const chat = new Chat([says('Hello')], { historyTokens: 200_000, facts: { ...facts, contextTokens: 1_000_000 } });
  await chat.say('x'.repeat(310_000));
  chat.objects.kept.clear();
  await chat.say('Hi again');
  expect(told(chat.model.prompts[1].messages)[0]).toBe('user: (This message is no longer kept.)');
});

test('lets go of a turn that the reader leaves', async () => {
  const chat = new Chat([says('Hel', 'lo')]);
  for await (const event of chat.turn('Hi')) if (event.type === 'text') break;
  expect((await chat.say('Hi again')).error).toBeUndefined();
});

test('refuses a turn while another one runs', async () => {
  const chat = new Chat([says('Hello')]);
  await chat.conversations.begin({ conversation: key, turnId: 'other', now: chat.clock.now(), until: chat.clock.now() + 60_000 });
  expect((await chat.say('Hi')).error).toMatchObject({ status: 409, code: 'conversation_busy', headers: { 'retry-after': '2' } });
  chat.clock.time += 60_001;
  expect((await chat.say('Hi')).error).toBeUndefined();
});

test('ends when somebody wants it to stop, keeps what was said, and counts what the model took all the same', async () => {
  const chat = new Chat([[text('Hel'), text('lo'), stop('end_turn'), usage], says('Yes.')]);
  const events = [];
  for await (const event of chat.turn('Hi')) {
    events.push(event);
    if (event.type !== 'text') continue;
    await chat.log.stop(key, 'run-1', chat.clock.now());
    chat.clock.tick(200);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', message: { content: 'Hel' } });
  await Promise.all(chat.works);
  const [, kept] = (await collect(chat.conversations.oldestFirst(key, 0))).items;
  expect(kept).toMatchObject({ message: { content: 'Hel' }, end: { finishReason: 'stop', stopped: true, usage: { prompt_tokens: 130, completion_tokens: 4 } } });
  await chat.say('Go on.');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: Hi', 'assistant: Hel', 'user: Go on.']);
});

test('is not harmed where its log cannot be written, and says so', async () => {
  const chat = new Chat([says('Hello')]);
  chat.log.broken = Infinity;
  expect((await chat.say('Hi')).events.at(-1)).toMatchObject({ type: 'finish', message: { content: 'Hello' } });
  await Promise.all(chat.works);
  expect(chat.notes).toEqual([{ logFailures: 3 }]);
});

test('never sends a turn again that the guardrail blocked', async () => {
  const chat = new Chat([[text('Sorry.'), stop('guardrail_intervened'), usage], says('Hello')], { guardrail: { id: 'g', version: '1' } });
  const { events } = await chat.say('something bad');
  expect(events.at(-1)).toMatchObject({ reason: 'content_filter' });
  await chat.say('Hi');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: Hi']);
  expect(chat.conversations.messages.get(JSON.stringify(['ada', 'c1']))).toHaveLength(4);
});

test('keeps the newest exchanges that fit into the window, and lets go of more than it must, so that the next turns begin alike', async () => {
  const chat = new Chat([says('an answer of some length')], { historyTokens: 60 });
  for (const words of ['first question', 'second question', 'third question', 'fourth question']) await chat.say(words);
  expect(told(chat.model.prompts[3].messages)).toEqual([
    'user: third question', 'assistant: an answer of some length', 'user: fourth question',
  ]);
});

test('keeps a tool call with its results, however small the window', async () => {
  const chat = new Chat([says('Hello'), calls('weather', '{"city":"Ulm"}'), says('Sun.'), says('You are welcome.')], { historyTokens: 5 });
  await chat.say('Hi');
  await chat.say('Weather in Ulm?', { tools });
  await chat.send([{ role: 'tool', tool_call_id: 'call-weather', content: 'sun' }], { tools });
  expect(chat.model.prompts[2].messages).toMatchObject([
    { role: 'user', content: [{ text: 'Weather in Ulm?' }] },
    { role: 'assistant', content: [{ kind: 'toolUse', id: 'call-weather' }] },
    { role: 'user', content: [{ kind: 'toolResult', id: 'call-weather', text: 'sun' }] },
  ]);
});

test('cuts the history only where a user begins to speak', async () => {
  const chat = new Chat([calls('weather', '{"city":"Ulm"}'), says('Sun.'), says('You are welcome.')], { historyTokens: 30 });
  await chat.say('Weather in Ulm?', { tools });
  await chat.send([{ role: 'tool', tool_call_id: 'call-weather', content: 'sun' }], { tools });
  await chat.say('Thanks', { tools });
  expect(told(chat.model.prompts[2].messages)).toEqual(['user: Thanks']);
});

test('keeps a tool call with its results when words stand before them', async () => {
  const chat = new Chat([calls('weather', '{"city":"Ulm"}'), says('Sun.'), says('Anything else?')], { historyTokens: 5 });
  await chat.say('Weather in Ulm?', { tools });
  await chat.send([{ role: 'system', content: 'Be brief.' }, { role: 'tool', tool_call_id: 'call-weather', content: 'sun' }], { tools });
  expect(chat.model.prompts[1].messages).toMatchObject([{}, { content: [{ kind: 'toolUse' }] }, { content: [{ kind: 'toolResult', text: 'sun' }] }]);
});

test('remembers a turn whose tool results answer no call', async () => {
  const chat = new Chat([says('Noted.'), says('Sun.')]);
  await chat.send([{ role: 'tool', tool_call_id: 'elsewhere', content: 'sun' }], { tools });
  await chat.say('What was it?');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: [Result of the tool call elsewhere: sun]', 'assistant: Noted.', 'user: What was it?']);
});

test('obeys the system messages of the request at hand, and of no earlier one', async () => {
  const chat = new Chat([says('Hello')]);
  await chat.send([{ role: 'system', content: 'Speak German.' }, { role: 'user', content: 'Hi' }]);
  await chat.send([{ role: 'developer', content: 'Speak French.' }, { role: 'user', content: 'Hi' }]);
  await chat.say('Hi');
  expect(chat.model.prompts.map(({ system }) => system.map(({ text: words }) => words))).toEqual([['You help.', 'Speak German.'], ['You help.', 'Speak French.'], ['You help.']]);
  expect(chat.conversations.messages.get(JSON.stringify(['ada', 'c1']))?.map(({ message }) => message.role)).toContain('system');
});

test('sends the builder\'s words first and the client\'s after them', async () => {
  const chat = new Chat([says('Hello')]);
  await chat.send([{ role: 'system', content: 'Be brief.' }, { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] }, { role: 'user', content: 'Hi' }], { conversation: null });
  expect(chat.model.prompts[0].system).toEqual([{ text: 'You help.' }, { text: 'Be brief.' }, { text: 'Be kind.' }]);
});

test.each([[undefined, 1_000], [50, 50], [9_999, 4_096]])('asks the model for at most its own limit when max_tokens is %s', async (max_tokens, expected) => {
  const chat = new Chat([says('Hello')]);
  await chat.send([{ role: 'user', content: 'Hi' }], { conversation: null, max_tokens });
  expect(chat.model.prompts[0].maxTokens).toBe(expected);
});

test('refuses a prompt that leaves no room for the answer', async () => {
  const chat = new Chat([says('Hello')], { facts: { ...facts, contextTokens: 2_000 } });
  expect((await chat.say('x'.repeat(9_000))).error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' });
  expect(chat.model.prompts).toHaveLength(0);
  expect((await chat.say('short')).error).toBeUndefined();
});

test('leaves it to the model whether a prompt is too long that may just fit', async () => {
  const chat = new Chat([says('Hello')], { facts: { ...facts, contextTokens: 2_000 } });
  expect((await chat.say('word '.repeat(800))).error).toBeUndefined();
});

test('refuses tools where the model calls none', async () => {
  const chat = new Chat([says('Hello')], { facts: { ...facts, tools: 'none' } });
  expect((await chat.say('Hi', { tools })).error).toMatchObject({ status: 400, param: 'tools' });
});

test('does not stream where the model cannot call tools while streaming', async () => {
  const chat = new Chat([says('Hello')], { facts: { ...facts, tools: 'buffered' } });
  await chat.say('Hi', { tools });
  await chat.say('Hi');
  expect(chat.model.prompts.map(({ streaming }) => streaming)).toEqual([false, true]);
});

test('forgets what has expired, before the table does', async () => {
  const chat = new Chat([says('Hello')], { retentionSeconds: 60 });
  await chat.say('Old words.');
  chat.clock.time += 61_000;
  await chat.say('New words.');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: New words.']);
  expect(await chat.conversations.find(key)).toMatchObject({ title: 'New words.', turns: 1 });
});

test('is not confused by what is left of an expired turn with the same number', async () => {
  const chat = new Chat([says('Hello')], { retentionSeconds: 60 });
  const expired = { turn: 1, createdAt: 0, expiresAt: 1 };
  chat.conversations.messages.set(JSON.stringify(['ada', 'c1']), [
    { ...expired, index: 2, message: { role: 'assistant', content: 'old' }, end: { finishReason: 'stop' } },
  ]);
  await chat.say('Hi');
  await chat.say('Hi again');
  expect(told(chat.model.prompts[1].messages)).toEqual(['user: Hi', 'assistant: Hello', 'user: Hi again']);
});

test.each([
  ['What is  the\nweather?', 'What is the weather?'],
  ['😀'.repeat(100), `${'😀'.repeat(79)}…`],
])('names a conversation after its first words', async (words, title) => {
  const chat = new Chat([says('Hello')]);
  await chat.say(words);
  expect(await chat.conversations.find(key)).toMatchObject({ title });
});

const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];

class Chat {
  readonly conversations = new MemoryConversations();
  readonly log = new MemoryTurnLog(this.conversations);
  readonly clock = new FakeClock();
  readonly works: Promise<unknown>[] = [];
  readonly notes: object[] = [];
  readonly objects = new MemoryObjects();
  readonly schemas = jsonSchemas;
  readonly model: ScriptedModel;
  private turns = 0;

  constructor(scripts: Script[], private readonly changes: Partial<TurnPolicy> = {}) {
    this.model = new ScriptedModel(scripts);
  }

  say(words: string, options: { conversation?: string | null; tools?: object[] } = {}) {
    return this.send([{ role: 'user', content: words }], options);
  }

  async send(messages: object[], options: { conversation?: string | null; tools?: object[]; max_tokens?: number; regenerate_message_id?: string } = {}) {
    const { items: events, error } = await collect(this.take(messages, options));
    return { events, error };
  }

  turn(words: string) {
    return this.take([{ role: 'user', content: words }], {});
  }

  private take(messages: object[], { conversation = key.id, ...options }: { conversation?: string | null }) {
    const decided = policy(this.changes);
    const request = parseChatRequest({ body: JSON.stringify({ messages, conversation_id: conversation, ...options }), headers: {} }, decided.facts);
    const context = {
      runId: `run-${++this.turns}`,
      caller: key.owner,
      headers: {},
      groups: [],
      claims: {},
      measure: () => undefined,
      until: this.clock.now() + 30_000,
      signal: new AbortController().signal,
      telling: { id: 'answer', created: 0, model: 'm', includeUsage: false },
      outlast: (work: Promise<unknown>) => { this.works.push(work); },
      note: (fields: object) => { this.notes.push(fields); },
      count: () => undefined,
      announce: () => undefined,
    };
    return takeTurn(request, decided, context, this);
  }
}

function told(messages: readonly PromptMessage[]) {
  return messages.map(({ role, content }) => `${role}: ${content.map((block) => block.kind === 'text' ? block.text : block.kind).join(' ')}`);
}
