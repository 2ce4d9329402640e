import { ChatApi } from '../fakes/api';
import { says } from '../fakes/model';

const list = { method: 'GET', resource: '/v1/conversations' };
const read = { method: 'GET', resource: '/v1/conversations/{id}', id: 'c1' };
const rename = { method: 'PATCH', resource: '/v1/conversations/{id}', id: 'c1' };
const remove = { method: 'DELETE', resource: '/v1/conversations/{id}', id: 'c1' };

describe('renaming', () => {
  test('gives a conversation another title, which later turns keep, and another place in no list', async () => {
    const api = await talked();
    const before = (await api.call(read)).json();
    const { status, json } = await api.call({ ...rename, body: { title: '  Über „Flüsse“ 🌊 ' } });
    expect(status).toBe(200);
    expect(json()).toEqual({ id: 'c1', object: 'conversation', title: 'Über „Flüsse“ 🌊', created_at: before.created_at, updated_at: before.updated_at, turns: 1 });
    await say(api, 'Once more');
    expect((await api.call(list)).json().data).toMatchObject([{ title: 'Über „Flüsse“ 🌊', turns: 2 }]);
  });

  test.each([
    ['no title', {}, 'title', 'missing_required_parameter'],
    ['a number', { title: 7 }, 'title', 'invalid_value'],
    ['null', { title: null }, 'title', 'invalid_value'],
    ['an empty title', { title: ' \t ' }, 'title', 'invalid_value'],
    ['201 characters', { title: 'ä'.repeat(201) }, 'title', 'invalid_value'],
    ['two lines', { title: 'a\nb' }, 'title', 'invalid_value'],
    ['a line separator', { title: 'a\u2028b' }, 'title', 'invalid_value'],
    ['half a character', { title: 'a\ud83d' }, 'title', 'invalid_text'],
    ['a list', [], null, 'invalid_json'],
  ])('refuses %s', async (_, body, param, code) => {
    const api = await talked();
    const { status, json } = await api.call({ ...rename, body });
    expect([status, json().error.param, json().error.code]).toEqual([400, param, code]);
    expect(json().error.message).toMatch(/^(The body|'title') (must (be given|be a text|be a JSON object|be one line|have 1 to 200)|holds half a character)/);
    expect((await api.call(read)).json().title).toBe('Hi');
  });

  test('takes 200 characters, however many bytes they have', async () => {
    const api = await talked();
    expect((await api.call({ ...rename, body: { title: '🌊'.repeat(200) } })).status).toBe(200);
  });
});

describe('deleting', () => {
  test('deletes all items, tells so, and is a 404 when nothing is left', async () => {
    const api = await talked(30);
    await api.call({ method: 'POST', resource: '/v1/conversations/{id}/messages/{messageId}/feedback', id: 'c1', messageId: 'msg_1_1', body: { rating: 'up' } });
    const { status, json } = await api.call({ ...remove, raw: '' });
    expect([status, json()]).toEqual([200, { id: 'c1', object: 'conversation.deleted', deleted: true }]);
    expect(remains(api)).toEqual({ heads: 0, items: 0 });
    expect(api.logged.at(-1)!.fields).toMatchObject({ deletedItems: 61 });
    expect((await api.call(remove)).status).toBe(404);
    expect((await api.call(read)).status).toBe(404);
  });

  test('asks again, ever later, for what the table refused', async () => {
    const api = await talked(30);
    api.conversations.refusals = [5, 25, 0, 24, 3];
    expect((await api.call(remove)).status).toBe(200);
    expect(remains(api)).toEqual({ heads: 0, items: 0 });
  });

  test('refuses while a turn runs, its first one too, and changes nothing', async () => {
    const api = await talked();
    for (const id of ['c1', 'new']) {
      const turn = (await api.conversations.begin({ conversation: { owner: 'ada', id }, turnId: 'other', now: Date.now(), until: Date.now() + 60_000 }))!;
      const { status, headers, json } = await api.call({ ...remove, id });
      expect([status, json().error.code, headers['retry-after']]).toEqual([409, 'conversation_busy', '2']);
      await api.conversations.release(turn);
    }
    expect((await api.call(read)).json().messages).toHaveLength(2);
  });

  test('hides the whole when it is interrupted, lets no turn in, and goes on when it is asked again', async () => {
    const api = await talked(30);
    const { erase } = api.conversations;
    let pages = 0;
    api.conversations.erase = async (key) => {
      if (++pages === 2) throw new Error('the connection is gone');
      return erase.call(api.conversations, key);
    };
    expect((await api.call(remove)).status).toBe(500);
    expect((await api.call(read)).status).toBe(404);
    expect((await api.call(list)).json().data).toEqual([]);
    expect((await api.call({ ...rename, body: { title: 'Back' } })).status).toBe(404);
    expect((await say(api, 'Who was I?')).status).toBe(409);
    expect((await api.call(remove)).status).toBe(200);
    expect(remains(api)).toEqual({ heads: 0, items: 0 });

    await say(api, 'Who was I?');
    expect(api.model.prompts.at(-1)!.messages).toHaveLength(1);
    expect((await api.call(read)).json()).toMatchObject({ title: 'Who was I?', turns: 1, messages: [{}, {}] });
  });

  test('shows no half of a conversation to those who read it meanwhile', async () => {
    const api = await talked(30);
    const { oldestFirst } = api.conversations;
    api.conversations.oldestFirst = async function* (key, fromTurn) {
      api.conversations.oldestFirst = oldestFirst;
      await api.call(remove);
      yield* oldestFirst.call(api.conversations, key, fromTurn);
    };
    expect((await api.call({ ...read, query: { limit: '100' } })).status).toBe(404);
  });

  test('says before its time is up that the rest is for another request', async () => {
    const api = await talked(40);
    const { status, headers, json } = await api.call({ ...remove, milliseconds: 2_400 });
    expect([status, json().error.code, headers['retry-after']]).toEqual([503, 'unfinished', '1']);
    expect((await api.call(remove)).status).toBe(200);
    expect(remains(api)).toEqual({ heads: 0, items: 0 });
  });

  test('refuses a second removal while the first one runs', async () => {
    const api = await talked(30);
    const both = await Promise.all([api.call(remove), api.call(remove)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

test.each([['reading', read], ['renaming', { ...rename, body: { title: 'Mine' } }], ['deleting', remove]])('%s answers alike for somebody else\'s conversation, one that never was and no id at all', async (_, request) => {
  const api = await talked();
  const answers = await Promise.all([{ caller: 'eve' }, { id: 'c2' }, { id: '../c1' }, { id: '' }].map((change) => api.call({ ...request, ...change })));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0].status).toBe(404);
  expect((await api.call(read)).json()).toMatchObject({ title: 'Hi', turns: 1 });
});

function remains({ conversations }: ChatApi) {
  const items = [...conversations.messages.values(), ...conversations.opinions.values()].flat();
  return { heads: conversations.heads.size, items: items.length };
}

async function talked(turns = 1) {
  const api = new ChatApi([says('Hello')]);
  for (let turn = 0; turn < turns; turn++) await say(api, 'Hi');
  return api;
}

function say(api: ChatApi, content: string) {
  return api.chat({ messages: [{ role: 'user', content }], conversation_id: 'c1' });
}
