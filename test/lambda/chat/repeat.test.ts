import type { HooksPolicy } from '../../../lib/contract/chat-hooks';
import { ChatApi } from '../fakes/api';
import { ScriptedHooks } from '../fakes/hooks';
import { calls, says, type Script, stop, text, usage } from '../fakes/model';

const tools = [{ type: 'function', function: { name: 'weather' } }];
const question = { messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'c1' };
const keyed = { headers: { 'idempotency-key': 'key-1' } };

test('takes a turn once: who asks again after it gets the same answer', async () => {
  const api = new ChatApi([says('Hel', 'lo'), says('Another')]);
  const first = await api.chat({ ...question, stream: true }, keyed);
  const again = await api.chat({ ...question, stream: true }, keyed);
  expect(again.text).toBe(first.text);
  expect([api.model.prompts.length, api.conversations.messages.get(JSON.stringify(['ada', 'c1']))?.length]).toEqual([1, 2]);
});

test.each([[false, true], [true, false], [false, false]])('tells it as it is asked for: first streamed %s, then %s', async (first, second) => {
  const api = new ChatApi([[{ type: 'reasoning', text: 'Hm.' }, ...says('Hello')]]);
  const one = await api.chat({ ...question, stream: first }, keyed);
  const two = await api.chat({ ...question, stream: second, stream_options: { include_usage: true } }, keyed);
  const idOf = ({ headers, json, events }: typeof one) => headers['content-type'].startsWith('text/event-stream') ? events()[0].id : json().id;
  expect(idOf(two)).toBe(idOf(one));
  const read = second ? two.events().map((event) => event === 'DONE' ? '' : event.choices[0]?.delta.content ?? '').join('') : two.json().choices[0].message.content;
  expect(read).toBe('Hello');
  const usages = second ? two.events().at(-2).usage : two.json().usage;
  expect(usages).toMatchObject({ total_tokens: 134 });
  if (!second) expect(two.json().choices[0].message.reasoning_content).toBe('Hm.');
});

test('follows the turn while it runs', async () => {
  let goOn: (value?: unknown) => void = () => undefined;
  const api = new ChatApi([[text('Hel'), new Promise((resolve) => { goOn = resolve; }), text('lo'), stop('end_turn'), usage]], { patient: true });
  const first = api.chat({ ...question, stream: true }, keyed);
  await until(() => api.model.prompts.length === 1);
  const again = api.chat({ ...question, stream: true }, keyed);
  const asJson = api.chat(question, keyed);
  setTimeout(goOn, 300);
  expect((await again).text).toBe((await first).text);
  expect((await asJson).json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }], usage: { total_tokens: 134 }, message_id: 'msg_1_1' });
  expect(api.model.prompts).toHaveLength(1);
});

test('takes one turn of many that are asked for at the same moment', async () => {
  const api = new ChatApi([says('Hello')], { patient: true });
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.chat(question, keyed)));
  expect(new Set(answers.map(({ text: body }) => body)).size).toBe(1);
  expect([answers[0].status, api.model.prompts.length]).toEqual([200, 1]);
});

test('takes a turn anew that failed', async () => {
  const api = new ChatApi([[text('Hal')], says('Hello')]);
  expect((await api.chat(question, keyed)).status).toBe(503);
  expect((await api.chat(question, keyed)).json().choices[0].message.content).toBe('Hello');
  expect((await api.chat(question, keyed)).json().choices[0].message.content).toBe('Hello');
  expect(api.model.prompts).toHaveLength(2);
});

test('tells those who follow a turn that it failed', async () => {
  let goOn: (value?: unknown) => void = () => undefined;
  const api = new ChatApi([[text('Hal'), new Promise((resolve) => { goOn = resolve; })]], { patient: true });
  const first = api.chat(question, keyed);
  await until(() => api.model.prompts.length === 1);
  const again = api.chat(question, keyed);
  setTimeout(goOn, 300);
  expect([(await first).status, (await again).status]).toEqual([503, 503]);
});

test('refuses another request under the same key', async () => {
  const api = new ChatApi([says('Hello')]);
  await api.chat(question, keyed);
  const refused = await api.chat({ ...question, temperature: 1 }, keyed);
  expect([refused.status, refused.json().error]).toMatchObject([422, { code: 'idempotency_key_reused', param: 'idempotency-key' }]);
  expect((await api.chat({ ...question, conversation_id: 'c2' }, keyed)).status).toBe(200);
});

test.each(['', ' ', 'a/b', 'x'.repeat(65), 'ä'])('refuses the key %j', async (key) => {
  const refused = await new ChatApi([]).chat(question, { headers: { 'idempotency-key': key } });
  expect([refused.status, refused.json().error.param]).toEqual([400, 'idempotency-key']);
});

test('passes a key over where nothing is kept', async () => {
  const api = new ChatApi([says('Hello')]);
  for (const turn of [1, 2]) {
    expect((await api.chat({ messages: question.messages }, keyed)).status).toBe(200);
    expect(api.model.prompts).toHaveLength(turn);
  }
});

test('counts and bills nothing twice', async () => {
  const api = new ChatApi([says('Hello')]);
  await api.chat(question, keyed);
  await api.chat(question, keyed);
  expect(api.metrics.filter(({ Turns: turns }) => turns === 1)).toHaveLength(1);
  expect(api.metrics).toHaveLength(1);
  expect(api.logged.at(-1)?.fields).toMatchObject({ repeated: true });
});

describe('a turn that is asked for again', () => {
  const LIMITED = { user: [{ windowSeconds: 86_400, requests: 10, tokens: 1_000 }], groups: [] };
  const TAKEN = { 'user ada 86400': { requests: 1, tokens: 134 } };
  const hooks: HooksPolicy = {
    before: { functionArn: 'before', timeoutMs: 1_000, failure: 'refuse', trusted: false },
    sentences: { functionArn: 'shout', timeoutMs: 1_000, failure: 'refuse', holdMs: 2_000 },
    after: { functionArn: 'after' },
  };
  const functions = () => new ScriptedHooks({
    before: () => ({ messages: [{ role: 'user', content: 'Greet me.' }] }),
    shout: ({ sentences }: { sentences: string[] }) => ({ sentences: sentences.map((sentence) => sentence.toUpperCase()) }),
  });
  const names = (hookFunctions: ScriptedHooks) => hookFunctions.events.map(({ hook }) => hook);

  test.each([true, false])('reserves nothing twice, and asks and tells no hook again, after it (streaming: %s)', async (stream) => {
    const hookFunctions = functions();
    const api = new ChatApi([says('Hello.')], { quotas: LIMITED, hooks, hookFunctions });
    const reserve = jest.spyOn(api.quotas, 'reserve');
    const first = await api.chat({ ...question, max_tokens: 100, stream }, keyed);
    const again = await api.chat({ ...question, max_tokens: 100, stream }, keyed);
    expect(again.text).toBe(first.text);
    expect(first.text).toContain('HELLO.');
    expect([names(hookFunctions), reserve.mock.calls.length, api.quotas.taken]).toEqual([['beforeTurn', 'sentences', 'afterTurn'], 1, TAKEN]);
  });

  test('is followed for nothing while it runs, also by a caller who has nothing left', async () => {
    let goOn: (value?: unknown) => void = () => undefined;
    const hookFunctions = functions();
    const script = [text('Hel'), new Promise((resolve) => { goOn = resolve; }), text('lo.'), stop('end_turn'), usage];
    const api = new ChatApi([script], { patient: true, quotas: { user: [{ windowSeconds: 86_400, requests: 1 }], groups: [] }, hooks, hookFunctions });
    const first = api.chat({ ...question, stream: true }, keyed);
    await until(() => api.model.prompts.length === 1);
    const again = api.chat({ ...question, stream: true }, keyed);
    setTimeout(goOn, 300);
    expect((await again).text).toBe((await first).text);
    expect((await again).headers).not.toHaveProperty('x-ratelimit-limit-requests');
    expect([names(hookFunctions), api.quotas.taken]).toEqual([['beforeTurn', 'sentences', 'afterTurn'], { 'user ada 86400': { requests: 1, tokens: 134 } }]);
  });

  test('after it was refused or failed is a turn of its own', async () => {
    let asked = 0;
    const hookFunctions = new ScriptedHooks({ before: () => (++asked === 1 ? { refuse: { reason: 'Not yet.' } } : {}) });
    const api = new ChatApi([[new Error('broken')], says('Hello.')], { quotas: LIMITED, hooks: { before: hooks.before }, hookFunctions });
    const statuses = [];
    for (let time = 0; time < 4; time++) statuses.push((await api.chat({ ...question, max_tokens: 100 }, keyed)).status);
    expect(statuses).toEqual([403, 500, 200, 200]);
    expect([hookFunctions.events.length, api.quotas.taken]).toEqual([3, TAKEN]);
  });
});

test.each<[string, Script, object]>([
  ['a text', says('Hello'), { content: 'Hello' }],
  ['calls of tools', [text('Let me see.'), ...calls('weather', '{"city":', '"Ulm"}')], { content: 'Let me see.', tool_calls: [{ function: { arguments: '{"city":"Ulm"}' } }] }],
])('tells %s from what is kept where the log fell behind', async (_, script, message) => {
  const api = new ChatApi([script]);
  api.log.broken = Infinity;
  const first = (await api.chat({ ...question, tools }, keyed)).json();
  const again = (await api.chat({ ...question, tools }, keyed)).json();
  expect(again.choices[0].message).toEqual(first.choices[0].message);
  expect(again.choices[0].message).toMatchObject(message);
  expect([again.usage, again.choices[0].finish_reason]).toEqual([first.usage, first.choices[0].finish_reason]);
  expect(api.model.prompts).toHaveLength(1);
});

test('tells nothing of a conversation that was deleted', async () => {
  const api = new ChatApi([says('Hello'), says('Again')]);
  await api.chat(question, keyed);
  await api.call({ method: 'DELETE', resource: '/v1/conversations/{id}', id: 'c1' });
  expect((await api.chat(question, keyed)).json().choices[0].message.content).toBe('Again');
});

test('says what the messages of a turn are called, in a stream and in one answer', async () => {
  const api = new ChatApi([says('Hello')]);
  expect((await api.chat(question)).json()).toMatchObject({ message_id: 'msg_1_1', user_message_id: 'msg_1_0', parent_message_id: null });
  const streamed = (await api.chat({ ...question, stream: true })).events();
  expect(streamed.at(-2)).toMatchObject({ message_id: 'msg_2_1', user_message_id: 'msg_2_0', parent_message_id: 'msg_1_1' });
  const anew = (await api.chat({ conversation_id: 'c1', regenerate_message_id: 'msg_2_1' })).json();
  expect(anew).toMatchObject({ message_id: 'msg_3_0', user_message_id: 'msg_2_0', parent_message_id: 'msg_1_1' });
  expect((await api.chat({ messages: question.messages })).json()).not.toHaveProperty('message_id');
});

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
