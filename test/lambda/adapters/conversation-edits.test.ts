import { DynamoDBDocumentClient, type QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type ChatCache, REDIS, startCache } from './chat-cache';
import { type ChatTable, startTable } from './chat-table';
import { dynamoConversationEdits } from '../../../lambda/adapters/dynamo-conversation-edits';
import { dynamoConversations } from '../../../lambda/adapters/dynamo-conversations';
import { valkeyConversationEdits } from '../../../lambda/adapters/valkey-conversation-edits';
import { valkeyConversations } from '../../../lambda/adapters/valkey-conversations';
import type { ConversationEdits, Feedback } from '../../../lambda/ports/conversation-edits';
import type { ConversationKey, Conversations } from '../../../lambda/ports/conversations';
import { collect } from '../fakes/collect';
import { MemoryConversations } from '../fakes/conversations';

let table: ChatTable;
let cache: ChatCache | undefined;
beforeAll(async () => {
  table = await startTable();
  cache = REDIS ? await startCache() : undefined;
});
afterAll(() => Promise.all([table.stop(), cache?.stop()]));

let owners = 0;
let conversation: ConversationKey;
beforeEach(() => {
  conversation = { owner: `owner ${++owners}#ä`, id: 'c' };
});

interface Stores {
  readonly conversations: Conversations;
  readonly edits: ConversationEdits;
}

const inTable = (): Stores => ({ conversations: dynamoConversations(table.client, table.name), edits: dynamoConversationEdits(table.client, table.name) });
const inMemory = (): Stores => {
  const both = new MemoryConversations();
  return { conversations: both, edits: both };
};

const inCache = (): Stores => ({ conversations: valkeyConversations(cache!.valkey), edits: valkeyConversationEdits(cache!.valkey) });
const STORES: [string, () => Stores][] = [['DynamoDB', inTable], ['memory', inMemory], ...REDIS ? [['Valkey', inCache] as [string, () => Stores]] : []];

describe.each(STORES)('edits in %s', (_, create) => {
  test('rename what is there and has not expired', async () => {
    const { conversations, edits } = create();
    expect(await edits.rename(conversation, 'x', 1_000)).toBeUndefined();
    await talk(conversations, 1, { expiresAt: 60 });
    expect(await edits.rename(conversation, 'Rivers', 59_999)).toMatchObject({ id: 'c', title: 'Rivers', createdAt: 1_000, updatedAt: 1_500, turns: 1 });
    expect(await edits.rename(conversation, 'Lakes', 60_000)).toBeUndefined();
    expect((await collect(conversations.recent(conversation.owner))).items).toMatchObject([{ title: 'Rivers' }]);
    expect(await edits.rename({ owner: 'eve', id: 'c' }, 'Mine', 1_000)).toBeUndefined();
  });

  test('hide a conversation at once, and keep turns and titles out of it', async () => {
    const { conversations, edits } = create();
    await talk(conversations, 1);
    expect(await edits.hide(removal({}))).toBe('hidden');
    expect(await conversations.find(conversation)).toBeUndefined();
    expect((await collect(conversations.recent(conversation.owner))).items).toEqual([]);
    expect(await edits.rename(conversation, 'x', 2_000)).toBeUndefined();
    expect(await conversations.begin({ conversation, turnId: 't', now: 99_000, until: 99_999 })).toBeUndefined();
  });

  test('hide nothing that is not there, not even where a first turn failed', async () => {
    const { conversations, edits } = create();
    expect(await edits.hide(removal({}))).toBe('unknown');
    const turn = (await conversations.begin({ conversation, turnId: 't', now: 1_000, until: 9_000 }))!;
    expect(await edits.hide(removal({}))).toBe('busy');
    await conversations.release(turn);
    expect(await edits.hide(removal({}))).toBe('unknown');
  });

  test('let one removal in at a time, again after a lost answer, and the next after an abandoned one', async () => {
    const { conversations, edits } = create();
    await talk(conversations, 1);
    const outcomes = [];
    for (const next of [{}, {}, { runId: 'two' }, { runId: 'two', now: 9_001 }]) outcomes.push(await edits.hide(removal(next)));
    expect(outcomes).toEqual(['hidden', 'hidden', 'busy', 'hidden']);
    await edits.pause(removal({ runId: 'two' }));
    expect(await edits.hide(removal({ runId: 'three' }))).toBe('hidden');
  });

  test('refuse a removal while a turn runs', async () => {
    const { conversations, edits } = create();
    await talk(conversations, 1);
    const turn = (await conversations.begin({ conversation, turnId: 't', now: 2_000, until: 9_000 }))!;
    expect(await edits.hide(removal({}))).toBe('busy');
    await conversations.release(turn);
    expect(await edits.hide(removal({}))).toBe('hidden');
  });

  test('erase page by page all that was said and thought, and free the id', async () => {
    const { conversations, edits } = create();
    await talk(conversations, 30);
    await edits.rate(conversation, opinion({}));
    await edits.hide(removal({}));
    const found = [];
    for (let page; page !== 0;) found.push(page = (await edits.erase(conversation)).deleted);
    expect(found).toEqual([25, 25, 11, 0]);
    await edits.forget(removal({ runId: 'somebody else' }));
    expect(await edits.hide(removal({ runId: 'two' }))).toBe('busy');
    await edits.forget(removal({}));
    await edits.forget(removal({}));
    expect(await edits.hide(removal({}))).toBe('unknown');

    expect(await conversations.begin({ conversation, turnId: 'next', now: 3_000, until: 9_000 })).toMatchObject({ number: 1, fresh: true });
    expect((await collect(conversations.oldestFirst(conversation, 0))).items).toEqual([]);
    expect(await edits.feedback(conversation, { turn: 0, index: 0 }, { turn: 99, index: 0 })).toEqual([]);
  });

  test('keep one opinion on each message, and tell which it replaced', async () => {
    const { conversations, edits } = create();
    await talk(conversations, 2);
    expect(await edits.rate(conversation, opinion({ comment: 'né 🌊' }))).toBeUndefined();
    expect(await edits.rate(conversation, opinion({ turn: 2 }))).toBeUndefined();
    expect(await edits.rate(conversation, opinion({ rating: 'down', createdAt: 5_000, expiresAt: 60 }))).toBe('up');
    const between = (from: number, to: number) => edits.feedback(conversation, { turn: from, index: 0 }, { turn: to, index: 1 });
    expect(await between(1, 2)).toEqual([opinion({ rating: 'down', createdAt: 5_000, expiresAt: 60 }), opinion({ turn: 2 })]);
    expect(await between(2, 2)).toEqual([opinion({ turn: 2 })]);

    await edits.withdraw(conversation, opinion({}));
    expect(await between(1, 1)).toHaveLength(1);
    await edits.withdraw(conversation, opinion({ createdAt: 5_000 }));
    expect(await between(1, 2)).toEqual([opinion({ turn: 2 })]);
    expect((await collect(conversations.oldestFirst(conversation, 0))).items).toHaveLength(4);
  });
});

test('tells of the messages of each page before it erases them, and keeps what nobody could be told of', async () => {
  const edits = dynamoConversationEdits(table.client, table.name);
  await talk(inTable().conversations, 15);
  await edits.rate(conversation, opinion({}));
  await expect(edits.erase(conversation, async () => { throw new Error('the other store is away'); })).rejects.toThrow('away');
  const told: unknown[] = [];
  for (let page; page !== 0;) page = (await edits.erase(conversation, async (messages) => void told.push(...messages))).found;
  expect(told.filter((message) => message !== undefined)).toEqual(Array.from({ length: 15 }, () => [
    { role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' },
  ]).flat());
});

test('tells what the table refused of a batch, and finds it again', async () => {
  const { conversations, edits } = inTable();
  await talk(conversations, 5);
  const grudging = { send: grudge(table.client) } as unknown as DynamoDBDocumentClient;
  expect(await dynamoConversationEdits(grudging, table.name).erase(conversation)).toEqual({ found: 10, deleted: 7 });
  expect(await edits.erase(conversation)).toEqual({ found: 3, deleted: 3 });
});

test('deletes nothing of a conversation whose id begins alike', async () => {
  const { conversations, edits } = inTable();
  const other = { ...conversation, id: 'c2' };
  await talk(conversations, 1, { conversation: other });
  await talk(conversations, 1);
  await edits.hide(removal({}));
  await edits.erase(conversation);
  await edits.forget(removal({}));
  expect((await collect(conversations.oldestFirst(other, 0))).items).toHaveLength(2);
  expect(await conversations.find(other)).toBeDefined();
});

/** A client that leaves three deletes of a batch undone, as a table under load does. */
function grudge(client: DynamoDBDocumentClient) {
  return async (command: QueryCommand) => {
    const { RequestItems } = command.input as { RequestItems?: Record<string, unknown[]> };
    if (!RequestItems) return client.send(command);
    const requests = RequestItems[table.name].splice(0, 3);
    await client.send(command);
    return { UnprocessedItems: { [table.name]: requests } };
  };
}

function removal({ runId = 'one', now = 2_000 }) {
  return { conversation, runId, now, until: 9_000 };
}

function opinion(changes: Partial<Feedback>): Feedback {
  return { turn: 1, index: 1, rating: 'up', createdAt: 3_000, ...changes };
}

async function talk(conversations: Conversations, turns: number, changes: { conversation?: ConversationKey; expiresAt?: number } = {}) {
  for (let said = 0; said < turns; said++) {
    const turn = (await conversations.begin({ conversation, turnId: `turn ${said}`, now: 1_000, until: 50_000, ...changes }))!;
    await conversations.commit(turn, [
      { turn: turn.number, index: 0, message: { role: 'user', content: 'Hi' }, createdAt: 1_000 },
      { turn: turn.number, index: 1, message: { role: 'assistant', content: 'Hello' }, createdAt: 1_000, end: { finishReason: 'stop' } },
    ], { title: 'Hi', now: 1_500 });
  }
}
