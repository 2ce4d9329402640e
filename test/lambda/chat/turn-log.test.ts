import { openAiProtocol } from '../../../lambda/chat/openai-stream';
import { follow } from '../../../lambda/chat/resume';
import { loggedIn, portions, TurnLogWriter } from '../../../lambda/chat/turn-log';
import type { AnswerEvent } from '../../../lambda/generation/answer';
import { Throttled } from '../../../lambda/kit/http';
import type { OpenTurn } from '../../../lambda/ports/conversations';
import { FakeClock } from '../fakes/clock';
import { collect } from '../fakes/collect';
import { MemoryConversations } from '../fakes/conversations';
import { MemoryTurnLog } from '../fakes/turn-log';

const conversation = { owner: 'ada', id: 'c' };
const telling = { id: 'answer', created: 1, model: 'm', includeUsage: true };
const end = { end: { finishReason: 'stop', usage: { total_tokens: 3 } } };
const text = (words: string): AnswerEvent => ({ type: 'text', text: words });

test('writes what was said in batches, in order, and its end', async () => {
  const { clock, log, writer, texts } = start();
  writer.add(text('Hel'));
  writer.add(text('lo'));
  clock.tick(200);
  await settled();
  expect(texts()).toEqual([{ telling, events: [text('Hel'), text('lo')] }]);
  writer.add(text('!'));
  await writer.close(end);
  expect(texts().slice(1)).toEqual([{ events: [text('!')], ...end }]);
  expect([...log.logs.values()][0].map(({ last }) => last)).toEqual([false, true]);
  expect(clock.repeated.size).toBe(0);
});

test('keeps of words no more than the words, and of all else what it is', async () => {
  const { log, writer, texts } = start();
  const events: AnswerEvent[] = [text('Hel'), text('lo'), { type: 'reasoning', text: 'Hm.' }, { type: 'toolCall', index: 0, id: 'a', name: 'add' }];
  for (const event of events) writer.add(event);
  await writer.close(end);
  const [[{ text: written }]] = log.logs.values();
  expect(written).toContain('["Hel","lo",{"type":"reasoning","text":"Hm."},');
  expect(texts()).toEqual([{ telling, events, ...end }]);
});

test('writes in silence once a second, so that it is known to live', async () => {
  const { clock, texts } = start();
  for (let passed = 0; passed < 3_000; passed += 200) {
    clock.tick(200);
    await settled();
  }
  expect(texts()).toHaveLength(3);
});

test('hears of a wish to stop, and writes on after it', async () => {
  const { clock, log, writer, stops, told } = start();
  writer.add(text('Hel'));
  clock.tick(200);
  await settled();
  await log.stop(conversation, 'one', clock.now());
  writer.add(text('lo'));
  clock.tick(200);
  await settled();
  expect(stops()).toBe(1);
  await writer.close({ end: { finishReason: 'stop', stopped: true } });
  expect(await told()).toContain('"content":"lo"');
});

test('loses nothing and repeats nothing where writes fail for a while', async () => {
  const { clock, log, writer, told } = start();
  log.broken = 2;
  for (const words of ['a', 'b', 'c', 'd']) {
    writer.add(text(words));
    clock.tick(200);
    await settled();
  }
  await writer.close(end);
  expect(writer.failures).toBe(2);
  expect([...(await told()).matchAll(/"content":"(\w+)"/g)].map(([, words]) => words)).toEqual(['a', 'b', 'c', 'd']);
});

test('gives up where no write succeeds, and harms nobody', async () => {
  const { log, writer } = start();
  log.broken = Infinity;
  writer.add(text('a'));
  await writer.close(end);
  expect(writer.failures).toBeGreaterThan(1);
});

test('cuts what no entry can hold, but no character', async () => {
  const long = '😀'.repeat(50_000);
  const { writer, texts } = start();
  const cut = portions(text(`a${long}`));
  expect(cut.map((event) => event.type === 'text' && event.text).join('')).toBe(`a${long}`);
  for (const event of cut) expect(JSON.stringify(event)).not.toMatch(/\\ud/);
  cut.forEach((event) => writer.add(event));
  await writer.close(end);
  for (const logged of texts()) expect(Buffer.byteLength(JSON.stringify(logged))).toBeLessThan(400_000);
  expect(texts().at(-1)).toMatchObject(end);
});

describe('following a turn', () => {
  test.each([
    [-1, ['0', '1', '2', '3', '4', undefined]], [0, ['1', '2', '3', '4', undefined]], [2, ['3', '4', undefined]], [3, ['4', undefined]], [4, [undefined]], [99, [undefined]],
  ])('tells a client that has read %s what it lacks', async (read, expected) => {
    const { writer, told } = start();
    ['Hel', 'lo'].forEach((words) => writer.add(text(words)));
    await writer.close(end);
    const frames = (await told(read)).trim().split('\n\n');
    expect(frames.map((frame) => /^id: one\.(\d+)$/m.exec(frame)?.[1])).toEqual(expected);
    expect(frames.at(-1)).toBe('data: [DONE]');
  });

  test('waits for what is not written yet', async () => {
    const { clock, writer, told } = start();
    clock.pause = async () => {
      clock.time += 200;
      await writer.close(end);
    };
    expect(await told()).toMatch(/"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/s);
  });

  test('ends in an error where the turn has died, and does not hang', async () => {
    const { clock, writer, log } = start();
    writer.add(text('Hel'));
    clock.tick(200);
    await settled();
    const { items, error } = await collect(follow(openAiProtocol, log, { conversation, turnId: 'one', read: -1 }, clock, { signal: new AbortController().signal }));
    expect(items.join('')).toContain('"content":"Hel"');
    expect(error).toMatchObject({ status: 503 });
    expect(clock.pauses.length).toBeLessThan(100);
  });

  test('ends in an error where the turn died before its first word', async () => {
    const { clock, log } = start();
    const { items, error } = await collect(follow(openAiProtocol, log, { conversation, turnId: 'one', read: -1 }, clock, { signal: new AbortController().signal }));
    expect([items, error]).toMatchObject([[], { status: 503 }]);
  });

  test('says how a turn failed', async () => {
    const { writer, log, clock } = start();
    const failure = new Throttled('The model is busy.', 5);
    await writer.close({ failure: { status: failure.status, type: failure.type, message: failure.message, param: null, code: failure.code } });
    const { error } = await collect(follow(openAiProtocol, log, { conversation, turnId: 'one', read: -1 }, clock, { signal: new AbortController().signal }));
    expect(error).toMatchObject({ status: 429, type: 'rate_limit_error', message: 'The model is busy.' });
  });

  test('ends where its reader has gone, and looks at nothing any more', async () => {
    const { clock, log } = start();
    const away = new AbortController();
    const read = jest.spyOn(log, 'read');
    clock.pause = async () => away.abort();
    const { items, error } = await collect(follow(openAiProtocol, log, { conversation, turnId: 'one', read: -1 }, clock, { signal: new AbortController().signal, away: away.signal }));
    expect([items, error, read.mock.calls.length]).toEqual([[], undefined, 1]);
  });

  test('ends in time where the turn takes longer', async () => {
    const { clock, log } = start();
    const time = new AbortController();
    clock.pause = async () => time.abort();
    const { error } = await collect(follow(openAiProtocol, log, { conversation, turnId: 'one', read: -1 }, clock, { signal: time.signal }));
    expect(error).toMatchObject({ status: 504, code: 'timeout' });
  });
});

function start() {
  const clock = new FakeClock();
  const log = new MemoryTurnLog(new MemoryConversations());
  const turn: OpenTurn = { conversation, turnId: 'one', now: clock.now(), until: clock.now() + 60_000, number: 1, fresh: true };
  let stopped = 0;
  const writer = new TurnLogWriter(log, turn, clock, () => { stopped++; });
  writer.tell(telling);
  return {
    clock,
    log,
    writer,
    stops: () => stopped,
    texts: () => ([...log.logs.values()][0] ?? []).filter((entry) => entry.text !== '').map(loggedIn),
    told: async (read = -1) => (await collect(follow(openAiProtocol, log, { conversation, turnId: 'one', read }, clock, { signal: new AbortController().signal }))).items.join(''),
  };
}

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
