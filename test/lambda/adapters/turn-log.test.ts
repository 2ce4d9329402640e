import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';
import { type ChatCache, REDIS, startCache } from './chat-cache';
import { dynamoConversationEdits } from '../../../lambda/adapters/dynamo-conversation-edits';
import { dynamoConversations } from '../../../lambda/adapters/dynamo-conversations';
import { dynamoTurnLog } from '../../../lambda/adapters/dynamo-turn-log';
import { valkeyConversationEdits } from '../../../lambda/adapters/valkey-conversation-edits';
import { valkeyConversations } from '../../../lambda/adapters/valkey-conversations';
import { valkeyTurnLog } from '../../../lambda/adapters/valkey-turn-log';
import type { ConversationEdits } from '../../../lambda/ports/conversation-edits';
import type { Conversations, OpenTurn } from '../../../lambda/ports/conversations';
import type { LogEntry, TurnLog } from '../../../lambda/ports/turn-log';
import { collect } from '../fakes/collect';
import { MemoryConversations } from '../fakes/conversations';
import { MemoryTurnLog } from '../fakes/turn-log';

const TableName = 'conversations';
let server: Server;
let client: DynamoDBDocumentClient;
let cache: ChatCache | undefined;

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bare = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'y' } });
  client = DynamoDBDocumentClient.from(bare, { marshallOptions: { removeUndefinedValues: true } });
  await bare.send(new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
  }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  cache = REDIS ? await startCache() : undefined;
});

afterAll(async () => {
  client.destroy();
  await cache?.stop();
  await new Promise((resolve) => server.close(resolve));
});

const inMemory = () => {
  const conversations = new MemoryConversations();
  return { conversations, edits: conversations, log: new MemoryTurnLog(conversations) };
};
const inTable = () => ({
  conversations: dynamoConversations(client, TableName), edits: dynamoConversationEdits(client, TableName), log: dynamoTurnLog(client, TableName),
});

let owners = 0;
const NOW = 1_000_000;

const inCache = () => ({
  conversations: valkeyConversations(cache!.valkey), edits: valkeyConversationEdits(cache!.valkey), log: valkeyTurnLog(cache!.valkey),
});
const STORES: [string, () => { conversations: Conversations; edits: ConversationEdits; log: TurnLog }][] = [
  ['DynamoDB', inTable], ['memory', inMemory], ...REDIS ? [['Valkey', inCache] as [string, typeof inCache]] : [],
];

describe.each(STORES)('a turn\'s log in %s', (_, create) => {
  let conversations: Conversations;
  let edits: ConversationEdits;
  let log: TurnLog;
  let turn: OpenTurn;
  beforeEach(async () => {
    ({ conversations, edits, log } = create());
    turn = (await conversations.begin({ conversation: { owner: `owner ${++owners}#/ä`, id: 'c' }, turnId: 'one', now: NOW, until: NOW + 5_000 }))!;
  });
  const read = async (from = 0, now = NOW) => (await collect(log.read(turn.conversation, 'one', from, now))).items;

  test('is read as it was written, from any place', async () => {
    const entries = ['{"a":"😀"}', '{}', '{"z":1}'].map((text, place) => entry(place, { text, last: place === 2 }));
    for (const each of entries) expect(await log.append(turn, each)).toBe(true);
    expect(await read()).toEqual(entries);
    expect(await read(2)).toEqual([entries[2]]);
    expect((await collect(log.read(turn.conversation, 'two', 0, NOW))).items).toEqual([]);
    expect((await collect(log.read({ ...turn.conversation, owner: 'somebody' }, 'one', 0, NOW))).items).toEqual([]);
  });

  test('takes an entry again whose answer was lost', async () => {
    for (const _attempt of [1, 2]) expect(await log.append(turn, entry(0))).toBe(true);
    expect(await read()).toHaveLength(1);
  });

  test('refuses the turn the place that a wish to stop has taken, and goes on after it', async () => {
    await log.append(turn, entry(0));
    expect(await log.stop(turn.conversation, 'one', NOW)).toBe(true);
    expect(await log.append(turn, entry(1))).toBe(false);
    expect(await log.append(turn, entry(2))).toBe(true);
    expect((await read()).map(({ place, text }) => [place, text])).toEqual([[0, '{}'], [1, ''], [2, '{}']]);
  });

  test('is stopped before anything is written, and by two as by one', async () => {
    for (const _wish of [1, 2]) expect(await log.stop(turn.conversation, 'one', NOW)).toBe(true);
    expect(await read()).toHaveLength(1);
    expect(await log.append(turn, entry(0))).toBe(false);
  });

  test('is not stopped once it has ended', async () => {
    await log.append(turn, entry(0, { last: true }));
    expect(await log.stop(turn.conversation, 'one', NOW)).toBe(false);
    expect(await read()).toHaveLength(1);
  });

  test('says which turn runs, until it is let go or its time is over', async () => {
    expect(await log.running(turn.conversation, NOW + 5_000)).toBe('one');
    expect(await log.running(turn.conversation, NOW + 5_001)).toBeUndefined();
    expect(await log.running({ ...turn.conversation, id: 'never-was' }, NOW)).toBeUndefined();
    await conversations.release(turn);
    expect(await log.running(turn.conversation, NOW)).toBeUndefined();
  });

  test('takes what deletes the conversation for no turn', async () => {
    await conversations.commit(turn, [], { title: 'Trip', now: NOW });
    expect(await edits.hide({ conversation: turn.conversation, runId: 'removal', now: NOW, until: NOW + 5_000 })).toBe('hidden');
    expect(await log.running(turn.conversation, NOW)).toBeUndefined();
  });

  test('is forgotten after a day, and no message of the conversation', async () => {
    await log.append(turn, entry(0));
    expect(await read(0, NOW + 86_399_000)).toHaveLength(1);
    expect(await read(0, NOW + 86_401_000)).toEqual([]);
    expect((await collect(conversations.oldestFirst(turn.conversation, 0))).items).toEqual([]);
    expect((await collect(conversations.newestFirst(turn.conversation))).items).toEqual([]);
  });

  test('adds to a kept answer what it cost', async () => {
    const message = { role: 'assistant', content: 'Hel' } as const;
    await conversations.commit(turn, [{ turn: 1, index: 0, message, createdAt: NOW, end: { finishReason: 'stop', stopped: true } }], { title: '', now: NOW });
    await conversations.settle(turn, 0, { completion_tokens: 7 });
    await conversations.settle({ ...turn, turnId: 'another' }, 3, { completion_tokens: 9 });
    const { items } = await collect(conversations.oldestFirst(turn.conversation, 0));
    expect(items.map(({ end }) => end)).toEqual([{ finishReason: 'stop', stopped: true, usage: { completion_tokens: 7 } }]);
  });
});

test('a log lives no longer than its conversation', async () => {
  const { conversations, log } = inTable();
  const turn = (await conversations.begin({ conversation: { owner: 'brief', id: 'c' }, turnId: 'one', now: NOW, until: NOW, expiresAt: 1_060 }))!;
  await log.append(turn, entry(0));
  const { Items = [] } = await client.send(new ScanCommand({ TableName, FilterExpression: 'begins_with(sk, :log) AND expiresAt = :end', ExpressionAttributeValues: { ':log': 'log#', ':end': 1_060 } }));
  expect(Items).toHaveLength(1);
});

test('many wishes to stop at once leave the turn with one answer', async () => {
  const { conversations, log } = inTable();
  const turn = (await conversations.begin({ conversation: { owner: 'busy', id: 'c' }, turnId: 'one', now: NOW, until: NOW + 5_000 }))!;
  const wishes = Array.from({ length: 8 }, () => log.stop(turn.conversation, 'one', NOW));
  const writes = Array.from({ length: 8 }, (_, place) => log.append(turn, entry(place)));
  expect(await Promise.all(wishes)).toEqual(wishes.map(() => true));
  expect(await Promise.all(writes)).toContain(false);
});

function entry(place: number, changes: Partial<LogEntry> = {}): LogEntry {
  return { place, at: NOW, text: '{}', last: false, ...changes };
}
