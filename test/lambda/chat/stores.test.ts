import { type StoreOpeners, type Stores, storesOf, type TableStores } from '../../../lambda/chat/stores';
import { MemoryConversations } from '../fakes/conversations';
import { MemorySummaries } from '../fakes/summaries';
import { MemoryTurnKeys } from '../fakes/turn-keys';
import { MemoryTurnLog } from '../fakes/turn-log';

const key = { owner: 'ada', id: 'c' };
const nothing = { CACHE: '', AGENT_MEMORY: '', TABLE_NAME: '' };

function inMemory(): TableStores & { readonly conversations: MemoryConversations } {
  const conversations = new MemoryConversations();
  return { conversations, edits: conversations, log: new MemoryTurnLog(conversations), keys: new MemoryTurnKeys(), summaries: new MemorySummaries() };
}

function openers() {
  const [table, cache, memory] = [inMemory(), inMemory(), inMemory()];
  const opened: unknown[] = [];
  const open: StoreOpeners = {
    table: () => table,
    cache: async (reference) => (opened.push(reference), cache),
    memory: async (id, inner) => (opened.push(id, inner === table), memory),
  };
  return { table, cache, memory, opened, open };
}

test('keeps nothing where nothing is named', () => {
  expect(storesOf(nothing, openers().open)).toBeUndefined();
});

test('keeps everything in the table where there is only that', () => {
  const { table, open } = openers();
  expect(storesOf({ ...nothing, TABLE_NAME: 't' }, open)).toBe(table);
});

test('opens a cache with the first question and not before, once', async () => {
  const { cache, opened, open } = openers();
  const stores = storesOf({ ...nothing, CACHE: '{"endpoint":"c"}' }, open) as Stores;
  expect([opened, stores.summaries]).toEqual([[], undefined]);
  await Promise.all([stores.conversations.find(key), stores.log.running(key, 0), stores.keys.find(key, 'k', 0), stores.edits.rename(key, 'x', 0)]);
  expect(opened).toEqual([{ endpoint: 'c' }]);
  await stores.conversations.begin({ conversation: key, turnId: 't', now: 0, until: 1 });
  expect(cache.conversations.heads.size).toBe(1);
});

test('keeps messages in a memory, and in the table all that it has no place for', async () => {
  const { table, memory, opened, open } = openers();
  const stores = storesOf({ ...nothing, AGENT_MEMORY: 'm', TABLE_NAME: 't' }, open) as Stores;
  expect([stores.log, stores.keys, stores.summaries]).toEqual([table.log, table.keys, table.summaries]);
  await stores.conversations.begin({ conversation: key, turnId: 't', now: 0, until: 1 });
  expect([opened, memory.conversations.heads.size, table.conversations.heads.size]).toEqual([['m', true], 1, 0]);
});
