import { type ChatTable, startTable } from './chat-table';
import { dynamoConversationEdits } from '../../../lambda/adapters/dynamo-conversation-edits';
import { dynamoConversations } from '../../../lambda/adapters/dynamo-conversations';
import { dynamoSummaries } from '../../../lambda/adapters/dynamo-summaries';
import type { OpenTurn } from '../../../lambda/ports/conversations';
import { collect } from '../fakes/collect';

let table: ChatTable;
beforeAll(async () => { table = await startTable(); });
afterAll(() => table.stop());

const conversation = (id: string) => ({ owner: 'ada', id });
const stores = () => ({
  conversations: dynamoConversations(table.client, table.name),
  edits: dynamoConversationEdits(table.client, table.name),
  summaries: dynamoSummaries(table.client, table.name),
});

async function turnIn(id: string, turnId = `run-${id}`): Promise<OpenTurn> {
  const { conversations } = stores();
  const turn = (await conversations.begin({ conversation: conversation(id), turnId, now: 1_000, until: 2_000 }))!;
  await conversations.commit(turn, [{ turn: turn.number, index: 0, message: { role: 'user', content: 'Hi' }, createdAt: 1_000, end: { finishReason: 'stop', length: 9 } }], { title: 'Hi', now: 1_000 });
  return turn;
}

test('keeps summaries, the newest first, beside the messages', async () => {
  const { summaries, conversations } = stores();
  const turn = await turnIn('a');
  for (const place of [3, 12, 7]) await summaries.keep(turn, { turn: place, text: `up to ${place}`, createdAt: 5, expiresAt: 99 });
  expect(await summaries.newestFirst(conversation('a'))).toEqual([12, 7, 3].map((place) => ({ turn: place, text: `up to ${place}`, createdAt: 5, expiresAt: 99 })));
  const messages = (await collect(conversations.newestFirst(conversation('a')))).items;
  expect(messages).toMatchObject([{ message: { content: 'Hi' }, end: { length: 9 } }]);
});

test('keeps the first of two that tell the same', async () => {
  const { summaries } = stores();
  const turn = await turnIn('b');
  await summaries.keep(turn, { turn: 1, text: 'first', createdAt: 5 });
  await summaries.keep(turn, { turn: 1, text: 'second', createdAt: 6 });
  expect(await summaries.newestFirst(conversation('b'))).toEqual([{ turn: 1, text: 'first', createdAt: 5 }]);
});

test('is deleted with its conversation, and leaves nothing behind in one that has been deleted meanwhile', async () => {
  const { summaries, edits } = stores();
  const turn = await turnIn('c');
  await summaries.keep(turn, { turn: 1, text: 'early', createdAt: 5 });
  const removal = { conversation: conversation('c'), runId: 'delete', now: 3_000, until: 9_000 };
  expect(await edits.hide(removal)).toBe('hidden');
  await summaries.keep(turn, { turn: 2, text: 'while it is deleted', createdAt: 6 });
  while ((await edits.erase(conversation('c'))).found > 0);
  await edits.forget(removal);
  expect(await summaries.newestFirst(conversation('c'))).toEqual([]);
  await summaries.keep(turn, { turn: 3, text: 'too late', createdAt: 7 });
  expect(await summaries.newestFirst(conversation('c'))).toEqual([]);
  await turnIn('c', 'another');
  await summaries.keep(turn, { turn: 3, text: 'of the one before', createdAt: 7 });
  expect(await summaries.newestFirst(conversation('c'))).toEqual([]);
});
