import { ChatApi } from '../fakes/api';
import { says, stop, text, usage } from '../fakes/model';

const list = { method: 'GET', resource: '/v1/conversations' };
const read = { method: 'GET', resource: '/v1/conversations/{id}' };

test('gives a conversation back as it was said', async () => {
  const api = await talked(['Hi', { name: 'Ada', content: [{ type: 'text', text: 'Who?' }] }]);
  const { status, json } = await api.call({ ...read, id: 'c1' });
  expect(status).toBe(200);
  expect(json()).toMatchObject({
    id: 'c1',
    object: 'conversation',
    title: 'Hi',
    created_at: expect.any(Number),
    updated_at: expect.any(Number),
    turns: 2,
    messages: [
      { id: 'msg_1_0', role: 'user', content: 'Hi', created_at: expect.any(Number) },
      { id: 'msg_1_1', role: 'assistant', content: 'Hello', finish_reason: 'stop', usage: { total_tokens: 134 } },
      { id: 'msg_2_0', role: 'user', name: 'Ada', content: [{ type: 'text', text: 'Who?' }] },
      { id: 'msg_2_1', role: 'assistant', content: 'Hello' },
    ],
    has_more: false,
    next_cursor: null,
  });
});

test('gives a conversation page by page, to the message', async () => {
  const api = await talked(['one', 'two', 'three']);
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = (await api.call({ ...read, id: 'c1', query: { limit: '1', ...(cursor && { cursor }) } })).json();
    seen.push(...page.messages.map(({ id }: { id: string }) => id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(['msg_1_0', 'msg_1_1', 'msg_2_0', 'msg_2_1', 'msg_3_0', 'msg_3_1']);
});

test('lists the caller\'s conversations page by page, those used last first', async () => {
  const api = new ChatApi([says('Hello')]);
  for (const id of ['c1', 'c2', 'c3']) {
    await say(api, id, `in ${id}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const first = (await api.call({ ...list, query: { limit: '2' } })).json();
  expect(first).toMatchObject({ object: 'list', data: [{ id: 'c3', title: 'in c3', turns: 1 }, { id: 'c2' }], has_more: true });
  const second = (await api.call({ ...list, query: { limit: '2', cursor: first.next_cursor } })).json();
  expect(second).toMatchObject({ data: [{ id: 'c1' }], has_more: false, next_cursor: null });
});

test('answers alike for somebody else\'s conversation and one that never was', async () => {
  const api = await talked(['Hi']);
  const theirs = await api.call({ ...read, id: 'c1', caller: 'eve' });
  const never = await api.call({ ...read, id: 'c2', caller: 'eve' });
  expect([theirs.status, theirs.text]).toEqual([404, never.text]);
  expect((await api.call({ ...list, caller: 'eve' })).json().data).toEqual([]);
});

test('tells nothing by a cursor that was given to somebody else', async () => {
  const api = new ChatApi([says('Hello')]);
  for (const id of ['c1', 'c2']) await say(api, id, `in ${id}`);
  const { next_cursor: cursor } = (await api.call({ ...list, query: { limit: '1' } })).json();
  const neverWas = { ...JSON.parse(Buffer.from(cursor, 'base64url').toString()), id: 'never-was' };
  const [theirs, madeUp] = [cursor, encoded(neverWas)].map((given) => api.call({ ...list, caller: 'eve', query: { cursor: given } }));
  expect((await theirs).json()).toEqual({ object: 'list', data: [], has_more: false, next_cursor: null });
  expect((await madeUp).text).toBe((await theirs).text);
  const place = (given: string) => api.call({ ...read, id: 'c1', caller: 'eve', query: { cursor: given } });
  const at = (turn: number) => encoded({ v: 1, after: { turn, index: 0 } });
  expect((await place(at(1))).text).toBe((await place(at(9))).text);
});

test('takes no owner from a request', async () => {
  const api = await talked(['Hi']);
  await api.chat({ messages: [{ role: 'user', content: 'Hi', owner: 'ada' }], owner: 'ada', user: 'ada', caller: 'ada', conversation_id: 'c1' }, { caller: 'eve' });
  expect(api.model.prompts[1].messages).toHaveLength(1);
  expect((await api.call({ ...read, id: 'c1' })).json().turns).toBe(1);
});

test('shows what a guardrail blocked to the one who said it', async () => {
  const api = new ChatApi([[text('No.'), stop('guardrail_intervened'), usage]]);
  await say(api, 'c1', 'bad');
  expect((await api.call({ ...read, id: 'c1' })).json().messages.at(-1)).toMatchObject({ content: 'No.', finish_reason: 'content_filter' });
});

test('shows nothing of a turn that failed', async () => {
  const api = new ChatApi([[text('Hel')]]);
  await say(api, 'c1', 'Hi');
  expect((await api.call({ ...read, id: 'c1' })).status).toBe(404);
  expect((await api.call(list)).json().data).toEqual([]);
});

test.each(['0', '101', 'x', '-1', '1.5', ''])('refuses the limit %j', async (limit) => {
  const { status, json } = await new ChatApi([]).call({ ...list, query: { limit } });
  expect([status, json().error.param]).toEqual([400, 'limit']);
});

test.each([
  'x', '', '{}', encoded({}), encoded({ v: 1, id: '../x', updatedAt: 1 }), encoded({ v: 2, id: 'c1', updatedAt: 1 }),
  encoded({ v: 1, id: 'c1', updatedAt: 1, owner: 'ada' }), encoded({ v: 1, after: { turn: 1, index: 0 } }),
])('refuses the cursor %j', async (cursor) => {
  const { status, json } = await new ChatApi([]).call({ ...list, query: { cursor } });
  expect([status, json().error.param]).toEqual([400, 'cursor']);
});

function encoded(cursor: object): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

async function talked(words: (string | object)[]) {
  const api = new ChatApi([says('Hello')]);
  for (const said of words) await say(api, 'c1', said);
  return api;
}

async function say(api: ChatApi, conversation_id: string, said: string | object) {
  const message = typeof said === 'string' ? { content: said } : said;
  return api.chat({ messages: [{ role: 'user', ...message }], conversation_id });
}
