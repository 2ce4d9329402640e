import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type ChatCache, REDIS, startCache } from './chat-cache';
import { type ChatTable, startTable } from './chat-table';
import { agentCoreConversations } from '../../../lambda/adapters/agentcore-conversations';
import { dynamoConversations } from '../../../lambda/adapters/dynamo-conversations';
import { valkeyConversations } from '../../../lambda/adapters/valkey-conversations';
import { standingOf } from '../../../lambda/chat/branch';
import type { Conversations, OpenTurn, StoredMessage } from '../../../lambda/ports/conversations';
import { collect } from '../fakes/collect';
import { MemoryConversations } from '../fakes/conversations';
import { MemoryEvents } from '../fakes/events';

let TableName: string;
let client: DynamoDBDocumentClient;
let table: ChatTable;
let cache: ChatCache | undefined;

beforeAll(async () => {
  table = await startTable();
  ({ name: TableName, client } = table);
  cache = REDIS ? await startCache() : undefined;
});

afterAll(() => Promise.all([table.stop(), cache?.stop()]));

let owners = 0;
let owner: string;
beforeEach(() => {
  owner = `owner ${++owners}#conversation#/ä`;
});

describe.each<[string, () => Conversations]>([
  ['DynamoDB', () => dynamoConversations(client, TableName)],
  ['memory', () => new MemoryConversations()],
  ['AgentCore beside DynamoDB', () => agentCoreConversations(dynamoConversations(client, TableName), new MemoryEvents())],
  ...REDIS ? [['Valkey', () => valkeyConversations(cache!.valkey)] as [string, () => Conversations]] : [],
])('conversations in %s', (_, create) => {
  test('let one turn in at a time', async () => {
    const conversations = create();
    const first = await begin(conversations, { turnId: 'one', now: 1_000, until: 5_000 });
    expect(first).toMatchObject({ number: 1, fresh: true });
    expect(await conversations.begin({ conversation: { owner, id: 'c' }, turnId: 'two', now: 2_000, until: 6_000 })).toBeUndefined();
    await conversations.release(first);
    expect(await begin(conversations, { turnId: 'two', now: 2_000, until: 6_000 })).toMatchObject({ number: 2, fresh: false });
  });

  test('let a turn in again whose answer was lost, and one after an abandoned turn', async () => {
    const conversations = create();
    await begin(conversations, { turnId: 'one', now: 1_000, until: 5_000 });
    expect(await begin(conversations, { turnId: 'one', now: 1_000, until: 5_000 })).toMatchObject({ number: 2 });
    expect(await begin(conversations, { turnId: 'two', now: 5_001, until: 9_000 })).toMatchObject({ number: 3 });
  });

  test('show a conversation only after a turn that ended well', async () => {
    const conversations = create();
    const turn = await begin(conversations, {});
    expect(await conversations.find(turn.conversation)).toBeUndefined();
    expect(await collect(conversations.recent(owner))).toEqual({ items: [] });
    await conversations.commit(turn, said(turn, 'Hi', 'Hello'), { title: 'Hi', now: 2_000 });
    expect(await conversations.find(turn.conversation)).toMatchObject({ id: 'c', title: 'Hi', createdAt: 1_000, updatedAt: 2_000, turns: 1 });
    expect((await collect(conversations.recent(owner))).items).toMatchObject([{ id: 'c' }]);
  });

  test('give messages from either end, exactly as they were said', async () => {
    const conversations = create();
    const hostile = ['', '\u0000\u0001', '👩‍👩‍👧', '\ufeffx', '__proto__', '{"S":"x"}', '\u202e rtl'];
    for (const [position, words] of hostile.entries()) {
      const turn = await begin(conversations, { turnId: `t${position}`, now: 1_000 + position });
      await conversations.commit(turn, said(turn, words, `answer ${words}`), { title: words, now: 2_000 + position });
    }
    const { items } = await collect(conversations.oldestFirst({ owner, id: 'c' }, 0));
    expect(items.map(({ message }) => message.content)).toEqual(hostile.flatMap((words) => [words, `answer ${words}`]));
    expect((await collect(conversations.newestFirst({ owner, id: 'c' }))).items).toMatchObject(items.map(({ createdAt, ...rest }) => (createdAt ? rest : {})).reverse());
    expect((await collect(conversations.oldestFirst({ owner, id: 'c' }, 7))).items).toEqual(items.slice(-2));
    expect(items.at(-1)).toEqual({ turn: 7, index: 1, createdAt: 1_006, message: { role: 'assistant', content: 'answer \u202e rtl' }, end: { finishReason: 'stop' } });
  });

  test('tell where a message stands, and whether there is more than one branch', async () => {
    const conversations = create();
    const key = { owner, id: 'c' };
    for (const [turnId, parent] of [['t1', undefined], ['t2', { turn: 1, index: 1 }], ['t3', { turn: 1, index: 0 }]] as const) {
      const turn = await begin(conversations, { turnId });
      expect(turn.newest).toBe(turn.number === 1 ? undefined : turn.number - 1);
      const [question, answer] = said(turn, turnId, 'ok');
      await conversations.commit(turn, [{ ...question, parent }, answer], { title: turnId, now: 2_000, branches: parent?.index === 0 });
      expect((await conversations.find(key))?.branched ?? false).toBe(turnId === 't3');
    }
    const outline = (await collect(conversations.outline(key))).items;
    expect(outline).toMatchObject([
      { turn: 1, index: 0 }, { turn: 1, index: 1, end: { finishReason: 'stop' } }, { turn: 2, index: 0, parent: { turn: 1, index: 1 } },
      { turn: 2, index: 1 }, { turn: 3, index: 0, parent: { turn: 1, index: 0 } }, { turn: 3, index: 1 },
    ]);
    expect(outline[0].parent).toBeUndefined();
    expect((await collect(conversations.newestFirst(key, 2))).items.map(({ turn, index, parent }) => [turn, index, parent])).toEqual([
      [2, 1, undefined], [2, 0, { turn: 1, index: 1 }], [1, 1, undefined], [1, 0, undefined],
    ]);
  });

  test('keep the title and the date of the first turn, and begin anew when all has expired', async () => {
    const conversations = create();
    for (const [position, title] of ['first', 'second'].entries()) {
      const turn = await begin(conversations, { turnId: title, now: 1_000 + position, expiresAt: 60 });
      await conversations.commit(turn, said(turn, title, 'ok'), { title, now: 2_000 + position });
    }
    expect(await conversations.find({ owner, id: 'c' })).toMatchObject({ title: 'first', createdAt: 1_000, updatedAt: 2_001, turns: 2, expiresAt: 60 });
    const late = await begin(conversations, { turnId: 'late', now: 61_000, until: 70_000, expiresAt: 120 });
    expect(late).toMatchObject({ number: 3, fresh: true });
    await conversations.commit(late, said(late, 'late', 'ok'), { title: 'late', now: 62_000 });
    expect(await conversations.find({ owner, id: 'c' })).toMatchObject({ title: 'late', createdAt: 61_000, turns: 1, expiresAt: 120 });
  });

  test('list an owner\'s own, those used last first, page by page', async () => {
    const conversations = create();
    for (const [position, id] of ['a', 'b', 'c', 'd'].entries()) {
      const turn = await begin(conversations, { id, now: 1_000 });
      await conversations.commit(turn, said(turn, id, 'ok'), { title: id, now: 2_000 + (position === 1 ? 9 : position) });
    }
    const stranger = (await conversations.begin({ conversation: { owner: 'somebody', id: 'x' }, turnId: 't', now: 1_000, until: 2_000 }))!;
    await conversations.commit(stranger, said(stranger, 'x', 'ok'), { title: 'x', now: 5_000 });
    const { items } = await collect(conversations.recent(owner));
    expect(items.map(({ id }) => id)).toEqual(['b', 'd', 'c', 'a']);
    expect((await collect(conversations.recent(owner, items[1]))).items.map(({ id }) => id)).toEqual(['c', 'a']);
    // A place in somebody else's list is a place in time, and no more.
    expect((await collect(conversations.recent(owner, { id: 'x', updatedAt: 5_000 }))).items).toEqual(items);
    expect((await collect(conversations.recent('somebody', items[1]))).items).toEqual([]);
  });

  async function begin(conversations: Conversations, changes: Partial<Omit<OpenTurn, 'conversation'>> & { id?: string }): Promise<OpenTurn> {
    const { id = 'c', ...rest } = changes;
    const turn = await conversations.begin({ conversation: { owner, id }, turnId: 'one', now: 1_000, until: 50_000, ...rest });
    if (!turn) throw new Error('the conversation is busy');
    return turn;
  }
});

test('a commit whose answer was lost is not taken for a failure when it is repeated', async () => {
  const conversations = dynamoConversations(client, TableName);
  const turn = (await conversations.begin({ conversation: { owner, id: 'c' }, turnId: 'mine', now: 1_000, until: 2_000 }))!;
  for (const attempt of [1, 2]) await conversations.commit(turn, said(turn, 'Hi', 'Hello'), { title: `attempt ${attempt}`, now: 1_500 });
  expect(await conversations.find(turn.conversation)).toMatchObject({ turns: 1, title: 'attempt 1' });
  expect((await collect(conversations.oldestFirst(turn.conversation, 0))).items).toHaveLength(2);
});

test('a turn whose messages were written and whose head was not is remembered by the next', async () => {
  const conversations = dynamoConversations(client, TableName);
  const conversation = { owner, id: 'c' };
  const lost = (await conversations.begin({ conversation, turnId: 'lost', now: 1_000, until: 2_000 }))!;
  await conversations.commit({ ...lost, turnId: 'not the holder of the lock' }, said(lost, 'Hi', 'Hello'), { title: 'Hi', now: 1_500 });
  expect(await conversations.find(conversation)).toBeUndefined();
  const next = (await conversations.begin({ conversation, turnId: 'next', now: 2_001, until: 3_000 }))!;
  expect(next).toMatchObject({ number: 2, fresh: false });
  await conversations.commit(next, said(next, 'Still there?', 'Yes'), { title: 'Still there?', now: 2_500 });
  expect(await conversations.find(conversation)).toMatchObject({ turns: 1, title: 'Still there?', createdAt: 2_001 });
});

test('what has expired makes room where the table has deleted a head before its messages', async () => {
  const conversations = dynamoConversations(client, TableName);
  const conversation = { owner, id: 'c' };
  const old = (await conversations.begin({ conversation, turnId: 'old', now: 1_000, until: 2_000, expiresAt: 60 }))!;
  await conversations.commit(old, said(old, 'old', 'ok'), { title: 'old', now: 1_500 });
  await client.send(new DeleteCommand({ TableName, Key: { pk: `owner#${encodeURIComponent(owner)}`, sk: 'conversation#c' } }));
  const next = (await conversations.begin({ conversation, turnId: 'new', now: 61_000, until: 70_000, expiresAt: 120 }))!;
  expect(next.number).toBe(1);
  await conversations.commit(next, said(next, 'new', 'ok'), { title: 'new', now: 62_000 });
  expect((await collect(conversations.oldestFirst(conversation, 0))).items[0]).toMatchObject({ message: { content: 'new' }, expiresAt: 120 });
});

test('a message that another turn wrote is never overwritten', async () => {
  const conversations = dynamoConversations(client, TableName);
  const turn = (await conversations.begin({ conversation: { owner, id: 'c' }, turnId: 'mine', now: 1_000, until: 2_000 }))!;
  const [message] = said(turn, 'theirs', 'ok');
  const pk = `owner#${encodeURIComponent(owner)}#conversation#c`;
  await client.send(new PutCommand({ TableName, Item: { pk, sk: 'turn#00000001#0000', ...message, turnId: 'theirs' } }));
  await expect(conversations.commit(turn, said(turn, 'mine', 'ok'), { title: '', now: 1_500 })).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  expect((await collect(conversations.oldestFirst({ owner, id: 'c' }, 0))).items[0].message.content).toBe('theirs');
});

test('a turn of a conversation without branches finds its place and its history with one query', async () => {
  const conversations = dynamoConversations(client, TableName);
  const conversation = { owner, id: 'c' };
  for (let number = 1; number <= 12; number++) {
    const turn = (await conversations.begin({ conversation, turnId: `t${number}`, now: 1_000, until: 2_000 }))!;
    const [question, answer] = said(turn, `q${number}`, `a${number}`);
    await conversations.commit(turn, [{ ...question, ...(number > 1 && { parent: { turn: number - 1, index: 1 } }) }, answer], { title: 'q', now: 1_500 });
  }
  const send = jest.spyOn(client, 'send');
  try {
    const { parent, before } = await standingOf(conversations, conversation, undefined, 1_600);
    const { items } = await collect(before);
    expect([parent, items.length, items[11][0].message.content]).toEqual([{ turn: 12, index: 1 }, 12, 'q1']);
    expect(send).toHaveBeenCalledTimes(1);
  } finally {
    send.mockRestore();
  }
});

test('no owner can spell another\'s key', async () => {
  const conversations = dynamoConversations(client, TableName);
  const turn = (await conversations.begin({ conversation: { owner: 'a#conversation#b', id: 'c' }, turnId: 't', now: 1_000, until: 2_000 }))!;
  await conversations.commit(turn, said(turn, 'secret', 'ok'), { title: 'secret', now: 1_500 });
  const { Items = [] } = await client.send(new ScanCommand({ TableName, FilterExpression: 'title = :secret', ExpressionAttributeValues: { ':secret': 'secret' } }));
  expect(Items.map(({ pk }) => pk)).toEqual(['owner#a%23conversation%23b']);
});

function said(turn: OpenTurn, question: string, answer: string): StoredMessage[] {
  const { number, now: createdAt, expiresAt } = turn;
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  return [
    { turn: number, index: 0, message: { role: 'user', content: question }, createdAt, ...expiry },
    { turn: number, index: 1, message: { role: 'assistant', content: answer }, createdAt, ...expiry, end: { finishReason: 'stop' } },
  ];
}
