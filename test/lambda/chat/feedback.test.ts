import { FEEDBACK_METRICS } from '../../../lib/contract/chat';
import { ChatApi } from '../fakes/api';
import { says } from '../fakes/model';

const read = { method: 'GET', resource: '/v1/conversations/{id}', id: 'c1' };
const rate = { resource: '/v1/conversations/{id}/messages/{messageId}/feedback', id: 'c1', messageId: 'msg_1_1' };
const CANARY = 'canary-2c71';

test('is kept with the answer and replaced by the next', async () => {
  const api = await talked();
  const { status, json } = await api.call({ ...rate, body: { rating: 'down', comment: 'Not what I asked.' } });
  expect(status).toBe(200);
  expect(json()).toEqual({ object: 'feedback', conversation_id: 'c1', message_id: 'msg_1_1', rating: 'down', comment: 'Not what I asked.', created_at: expect.any(Number) });
  await api.call({ ...rate, messageId: 'msg_2_1', body: { rating: 'up' } });
  expect((await opinions(api)).map((each) => each?.rating)).toEqual([undefined, 'down', undefined, 'up']);

  await api.call({ ...rate, body: { rating: 'up', comment: null } });
  expect((await opinions(api))[1]).toEqual({ rating: 'up', created_at: expect.any(Number) });
  const { next_cursor: cursor } = (await api.call({ ...read, query: { limit: '3' } })).json();
  const page = (await api.call({ ...read, query: { limit: '1', cursor } })).json();
  expect(page.messages).toMatchObject([{ id: 'msg_2_1', feedback: { rating: 'up' } }]);
});

test('is counted once for each change of mind', async () => {
  const api = await talked();
  const before = api.metrics.length;
  for (const body of [{ rating: 'up' }, { rating: 'up' }, { rating: 'up', comment: 'Really!' }, { rating: 'down' }]) await api.call({ ...rate, body });
  expect(api.metrics.slice(before)).toEqual([{ [FEEDBACK_METRICS.feedbackUp]: 1 }, { [FEEDBACK_METRICS.feedbackDown]: 1 }]);
});

test('leaves no word of a comment in the log', async () => {
  const api = await talked();
  await api.call({ ...rate, body: { rating: 'up', comment: CANARY } });
  await api.call({ ...rate, body: { rating: CANARY, comment: 7 } });
  expect(api.logged.at(-2)!.fields).toMatchObject({ rating: 'up', status: 200 });
  expect(JSON.stringify(api.logged)).not.toContain(CANARY);
});

test.each([
  ['no rating', {}, 'rating', 'missing_required_parameter'],
  ['another rating', { rating: 'meh' }, 'rating', 'invalid_value'],
  ['a comment that is no text', { rating: 'up', comment: 7 }, 'comment', 'invalid_value'],
  ['a comment of 2001 characters', { rating: 'up', comment: 'x'.repeat(2001) }, 'comment', 'invalid_value'],
  ['half a character', { rating: 'up', comment: '\udc00' }, 'comment', 'invalid_text'],
])('refuses %s', async (_, body, param, code) => {
  const { status, json } = await (await talked()).call({ ...rate, body });
  expect([status, json().error.param, json().error.code]).toEqual([400, param, code]);
  expect(json().error.message).toMatch(/'(rating|comment)' (must|holds) /);
});

test('takes a comment of 2000 characters', async () => {
  const api = await talked();
  expect((await api.call({ ...rate, body: { rating: 'up', comment: '🌊'.repeat(2000) } })).status).toBe(200);
});

test('refuses words that are not the model\'s', async () => {
  const { status, json } = await (await talked()).call({ ...rate, messageId: 'msg_1_0', body: { rating: 'up' } });
  expect([status, json().error.param]).toEqual([400, 'messageId']);
});

test.each(['msg_1_2', 'msg_9_1', 'msg_0_0', 'msg_1', '', 'msg_1_1x', '../x', 'msg_123456789_1'])('refuses the unknown message %j', async (messageId) => {
  const { status, json } = await (await talked()).call({ ...rate, messageId, body: { rating: 'up' } });
  expect([status, json().error.param, json().error.code]).toEqual([404, 'messageId', 'message_not_found']);
});

test('answers alike for somebody else\'s conversation and one that never was', async () => {
  const api = await talked();
  const theirs = await api.call({ ...rate, caller: 'eve', body: { rating: 'up' } });
  const never = await api.call({ ...rate, id: 'c2', body: { rating: 'up' } });
  expect([theirs.status, theirs.text]).toEqual([404, never.text]);
  expect(await opinions(api)).toEqual([undefined, undefined, undefined, undefined]);
});

test('leaves nothing behind when the conversation is deleted meanwhile', async () => {
  const api = await talked();
  const { rate: keep } = api.conversations;
  api.conversations.rate = async (...given) => {
    await api.call({ method: 'DELETE', resource: '/v1/conversations/{id}', id: 'c1' });
    return keep.apply(api.conversations, given);
  };
  expect((await api.call({ ...rate, body: { rating: 'up' } })).status).toBe(404);
  expect([...api.conversations.opinions.values()].flat()).toEqual([]);
});

async function opinions(api: ChatApi): Promise<{ rating: string }[]> {
  return (await api.call(read)).json().messages.map(({ feedback }: { feedback?: { rating: string } }) => feedback);
}

async function talked() {
  const api = new ChatApi([says('Hello')]);
  for (const content of ['one', 'two']) await api.chat({ messages: [{ role: 'user', content }], conversation_id: 'c1' });
  return api;
}
