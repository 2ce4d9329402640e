import { agentCoreConversations, agentCoreEdits } from '../../../lambda/adapters/agentcore-conversations';
import type { ConversationKey, StoredMessage } from '../../../lambda/ports/conversations';
import { collect } from '../fakes/collect';
import { MemoryConversations } from '../fakes/conversations';
import { MemoryEvents } from '../fakes/events';

const conversation: ConversationKey = { owner: 'ada', id: 'c' };

describe('conversations whose messages are events of AgentCore', () => {
  let table: MemoryConversations;
  let events: MemoryEvents;
  let conversations: ReturnType<typeof agentCoreConversations>;
  beforeEach(() => {
    table = new MemoryConversations();
    events = new MemoryEvents();
    conversations = agentCoreConversations(table, events);
  });

  const say = async (turnId: string, words: string) => {
    const turn = (await conversations.begin({ conversation, turnId, now: 1_000, until: 9_000 }))!;
    const messages: StoredMessage[] = [
      { turn: turn.number, index: 0, message: { role: 'user', content: words }, createdAt: 1_000 * turn.number },
      { turn: turn.number, index: 1, message: { role: 'assistant', content: `${words}!` }, createdAt: 1_000 * turn.number, end: { finishReason: 'stop' } },
    ];
    await conversations.commit(turn, messages, { title: words, now: 2_000 });
    return { turn, messages };
  };
  const wordsOf = async (found: AsyncIterable<{ message: { content: unknown } }>) => (await collect(found)).items.map(({ message }) => message.content);

  test('leave no word of a message in the table', async () => {
    await say('one', 'a secret');
    expect(await wordsOf(conversations.oldestFirst(conversation, 0))).toEqual(['a secret', 'a secret!']);
    expect(JSON.stringify((await collect(table.oldestFirst(conversation, 0))).items)).not.toContain('secret');
  });

  test('make no second event when a commit is repeated', async () => {
    const { turn, messages } = await say('one', 'Hi');
    await conversations.commit({ ...turn }, messages, { title: 'Hi', now: 2_000 }).catch(() => undefined);
    expect(events.count(conversation)).toBe(2);
  });

  test('read a history from the list alone, and by their ids only what the list does not show yet', async () => {
    for (const turn of ['one', 'two', 'three']) await say(turn, turn);
    expect(await wordsOf(conversations.newestFirst(conversation))).toEqual(['three!', 'three', 'two!', 'two', 'one!', 'one']);
    expect(events.asked).toEqual([]);
    events.lag = 2;
    expect(await wordsOf(conversations.newestFirst(conversation))).toEqual(['three!', 'three', 'two!', 'two', 'one!', 'one']);
    expect(events.asked).toHaveLength(2);
  });

  test('keep in the table what an event has no room for', async () => {
    events.longest = 60;
    await say('one', 'x'.repeat(100));
    await say('two', 'short');
    expect(await wordsOf(conversations.oldestFirst(conversation, 0))).toEqual(['x'.repeat(100), `${'x'.repeat(100)}!`, 'short', 'short!']);
    expect(events.count(conversation)).toBe(2);
  });

  test('leave out a message whose event is gone', async () => {
    await say('one', 'Hi');
    await events.deleteSome(conversation, 1);
    expect(await wordsOf(conversations.newestFirst(conversation))).toEqual(['Hi!']);
    expect(await wordsOf(conversations.oldestFirst(conversation, 0))).toEqual(['Hi!']);
  });

  test('are erased with events that the list does not show yet', async () => {
    const edits = agentCoreEdits(table, events);
    for (let turn = 0; turn < 30; turn++) await say(`turn-${turn}`, 'Hi');
    events.lag = 60;
    await edits.hide({ conversation, runId: 'r', now: 2_000, until: 9_000 });
    // What the table refuses is asked for again, though its events are gone.
    table.refusals = [5];
    while ((await edits.erase(conversation)).found > 0);
    expect([events.count(conversation), (await collect(table.outline(conversation))).items]).toEqual([0, []]);
  });

  test('are erased with their events, those that nothing refers to included', async () => {
    const edits = agentCoreEdits(table, events);
    await say('one', 'Hi');
    await events.keep(conversation, { turn: 9, index: 0, message: { role: 'user', content: 'of a turn that failed' }, createdAt: 1 }, 'failed');
    await edits.hide({ conversation, runId: 'r', now: 2_000, until: 9_000 });
    const found = [];
    for (let page; page !== 0;) found.push(page = (await edits.erase(conversation)).found);
    expect(found).toEqual([2, 1, 0]);
    expect(events.count(conversation)).toBe(0);
    await edits.forget({ conversation, runId: 'r', now: 2_000, until: 9_000 });
    expect(await conversations.find(conversation)).toBeUndefined();
  });
});
