import { ChatApi } from '../fakes/api';
import { says } from '../fakes/model';

interface Message {
  readonly id: string;
  readonly parent_id: string | null;
  readonly content: string;
  readonly siblings?: readonly string[];
}

test('tells the parent of every message, and of siblings nothing where there are none', async () => {
  const chat = await talk(['One', 'Two']);
  expect((await chat.read()).messages).toMatchObject([
    { id: 'msg_1_0', parent_id: null }, { id: 'msg_1_1', parent_id: 'msg_1_0' }, { id: 'msg_2_0', parent_id: 'msg_1_1' }, { id: 'msg_2_1', parent_id: 'msg_2_0' },
  ]);
  expect((await chat.read()).messages.some(({ siblings }) => siblings)).toBe(false);
});

test('reads the branch that was written last, and tells what else there is in its places', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.send({ messages: [user('Two, but better')], edit_message_id: 'msg_2_0' });
  await chat.send({ regenerate_message_id: 'msg_3_1' });
  const { messages } = await chat.read();
  expect(messages.map(({ content }) => content)).toEqual(['One', 'a1', 'Two, but better', 'a4']);
  expect(messages.map(({ id, siblings }) => [id, siblings])).toEqual([
    ['msg_1_0', undefined], ['msg_1_1', undefined], ['msg_3_0', ['msg_2_0', 'msg_3_0']], ['msg_4_0', ['msg_3_1', 'msg_4_0']],
  ]);
});

test('reads another branch by any message on it, down to what was said last below', async () => {
  const chat = await talk(['One', 'Two', 'Three']);
  await chat.send({ messages: [user('Two, but better')], edit_message_id: 'msg_2_0' });
  await chat.send({ regenerate_message_id: 'msg_2_1' });
  const said = async (branch?: string) => (await chat.read(branch ? { branch } : {})).messages.map(({ content }) => content);
  expect(await said()).toEqual(['One', 'a1', 'Two', 'a5']);
  expect(await said('msg_2_1')).toEqual(['One', 'a1', 'Two', 'a2', 'Three', 'a3']);
  expect(await said('msg_4_0')).toEqual(['One', 'a1', 'Two, but better', 'a4']);
  expect(await said('msg_1_0')).toEqual(['One', 'a1', 'Two', 'a5']);
});

test('reads the whole tree in the order it was written', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.send({ messages: [user('Another one')], edit_message_id: 'msg_1_0' });
  const { messages } = await chat.read({ branch: 'all' });
  expect(messages.map(({ id, parent_id: parent }) => [id, parent])).toEqual([
    ['msg_1_0', null], ['msg_1_1', 'msg_1_0'], ['msg_2_0', 'msg_1_1'], ['msg_2_1', 'msg_2_0'], ['msg_3_0', null], ['msg_3_1', 'msg_3_0'],
  ]);
});

test.each([undefined, 'all', 'msg_2_1'])('reads page by page what it reads at once: the branch %s', async (branch) => {
  const chat = await talk(['One', 'Two', 'Three']);
  await chat.send({ messages: [user('Two, but better')], edit_message_id: 'msg_2_0' });
  const whole = (await chat.read(branch ? { branch } : {})).messages;
  const paged: Message[] = [];
  let query: Record<string, string> | undefined = { limit: '1', ...(branch && { branch }) };
  while (query) {
    const page = await chat.read(query);
    paged.push(...page.messages);
    query = page.next_cursor ? { limit: '1', cursor: page.next_cursor } : undefined;
  }
  expect(paged).toEqual(whole);
});

test('stays on the branch whose first page was read when another is begun meanwhile', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.send({ messages: [user('Two, but better')], edit_message_id: 'msg_2_0' });
  const first = await chat.read({ limit: '2' });
  await chat.send({ messages: [user('Another one')], edit_message_id: 'msg_1_0' });
  const second = await chat.read({ cursor: first.next_cursor ?? '' });
  expect([...first.messages, ...second.messages].map(({ content }) => content)).toEqual(['One', 'a1', 'Two, but better', 'a3']);
});

test('sees branches of which the head of the conversation knows nothing', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.send({ regenerate_message_id: 'msg_2_1' });
  const head = chat.api.conversations.heads.get(JSON.stringify(['ada', 'c1']))!;
  chat.api.conversations.heads.set(JSON.stringify(['ada', 'c1']), { ...head, branched: undefined });
  expect((await chat.read()).messages.map(({ content }) => content)).toEqual(['One', 'a1', 'Two', 'a3']);
});

test('does not count a client that always names the newest answer as one that branches', async () => {
  const chat = await talk(['One']);
  await chat.send({ messages: [user('Two')], parent_message_id: 'msg_1_1' });
  expect((await chat.api.conversations.find({ owner: 'ada', id: 'c1' }))?.branched).toBeFalsy();
});

test('shows feedback on every branch', async () => {
  const chat = await talk(['One']);
  await chat.api.call({ resource: '/v1/conversations/{id}/messages/{messageId}/feedback', id: 'c1', messageId: 'msg_1_1', body: { rating: 'up' } });
  await chat.send({ regenerate_message_id: 'msg_1_1' });
  expect((await chat.read({ branch: 'msg_1_1' })).messages[1]).toMatchObject({ feedback: { rating: 'up' } });
  expect((await chat.read()).messages[1]).not.toHaveProperty('feedback');
});

test.each([['msg_9_9', 404], ['x', 400]])('refuses to read the branch %s', async (branch, status) => {
  const chat = await talk(['One']);
  const refused = await chat.api.call({ method: 'GET', resource: '/v1/conversations/{id}', id: 'c1', query: { branch } });
  expect([refused.status, refused.json().error.param]).toEqual([status, 'branch']);
});

async function talk(words: string[]) {
  const api = new ChatApi(Array.from({ length: 9 }, (_, turn) => says(`a${turn + 1}`)));
  const send = async (body: object) => {
    const answer = await api.chat({ conversation_id: 'c1', ...body });
    if (answer.status !== 200) throw new Error(answer.text);
  };
  for (const said of words) await send({ messages: [user(said)] });
  return {
    api,
    send,
    async read(query: Record<string, string> = {}): Promise<{ messages: Message[]; next_cursor: string | null }> {
      return (await api.call({ method: 'GET', resource: '/v1/conversations/{id}', id: 'c1', query })).json();
    },
  };
}

function user(content: string) {
  return { role: 'user', content };
}
