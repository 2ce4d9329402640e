import { told } from '../../../lambda/chat/told';
import type { Generated, GenerationEvent } from '../../../lambda/generation/generation';
import { FakeClock } from '../fakes/clock';
import { collect } from '../fakes/collect';
import { facts } from '../fakes/policy';

const text = (words: string): GenerationEvent => ({ type: 'text', text: words });
const finish = (content: string | null): Generated => ({ type: 'finish', reason: 'stop', facts, message: { role: 'assistant', content }, tokens: { input: 3, output: 4, cacheRead: 0, cacheWrite: 0 } });
const shout = async (sentences: readonly string[]) => sentences.map((sentence) => sentence.toUpperCase());
const soon = () => new Promise((resolve) => setImmediate(resolve));

async function* given(...events: (GenerationEvent | Error)[]): AsyncGenerator<GenerationEvent, void> {
  for (const event of events) {
    // As from a network: each event by itself.
    await soon();
    if (event instanceof Error) throw event;
    yield event;
  }
}

const manner = { holdMs: 2_000 };

test('tells an answer sentence by sentence, and its rest before its end', async () => {
  const { items } = await collect(told(given(text('It ra'), text('ins. D'), text('oes it? Ye'), text('s'), finish('It rains. Does it? Yes')), manner, new FakeClock()));
  expect(items).toEqual([text('It rains. '), text('Does it? '), text('Yes'), finish('It rains. Does it? Yes')]);
});

test('changes sentences in order, keeps what was told, and touches neither calls nor usage', async () => {
  const call: GenerationEvent[] = [{ type: 'toolCall', index: 0, id: 'c', name: 'look' }, { type: 'toolInput', index: 0, json: '{"a":"b. c."}' }];
  const { items } = await collect(told(given(text('I look. No'), text('w'), ...call, finish('I look. Now')), { ...manner, change: shout }, new FakeClock()));
  expect(items).toEqual([text('I LOOK. '), text('NOW'), ...call, finish('I LOOK. NOW')]);
});

test('changes what the model thinks as well, apart from what it says', async () => {
  const thought: GenerationEvent = { type: 'reasoning', text: 'Hmm' };
  const { items } = await collect(told(given(thought, text('B. '), finish('B. ')), { ...manner, change: shout }, new FakeClock()));
  expect(items).toEqual([{ type: 'reasoning', text: 'HMM' }, text('B. '), finish('B. ')]);
});

test('hears the model on while sentences are changed, and changes together what has come by then', async () => {
  const batches: string[][] = [];
  const change = async (sentences: readonly string[]) => {
    batches.push([...sentences]);
    for (let turns = 0; turns < 20; turns++) await soon();
    return sentences;
  };
  const { items } = await collect(told(given(...['A1. ', 'B2. ', 'C3. ', 'D4. ', 'E5.'].map(text), finish('')), { ...manner, change }, new FakeClock()));
  expect(batches).toEqual([['A1. '], ['B2. ', 'C3. ', 'D4. ', 'E5.']]);
  expect(items.flatMap((event) => event.type === 'text' ? event.text : []).join('')).toBe('A1. B2. C3. D4. E5.');
});

test('tells the beginning of a sentence whose end does not come in time', async () => {
  const clock = new FakeClock();
  async function* slow() {
    yield text('Done. And th');
    await soon();
    clock.tick(2_000);
    await soon();
    yield text('en. ');
    yield finish('');
  }
  const { items } = await collect(told(slow(), manner, clock));
  expect(items.slice(0, -1)).toEqual([text('Done. '), text('And th'), text('en. ')]);
  expect(clock.repeated.size).toBe(0);
});

test('leaves out a sentence that becomes nothing, and does not change white space', async () => {
  const asked: string[] = [];
  const change = async (sentences: readonly string[]) => {
    asked.push(...sentences);
    return sentences.map(() => '');
  };
  const { items } = await collect(told(given(text('Secret.\n\n'), finish('Secret.\n\n')), { ...manner, change }, new FakeClock()));
  expect(asked).toEqual(['Secret.\n']);
  expect(items).toEqual([text('\n'), finish('\n')]);
});

test('tells what there is of an answer that breaks off, then that it did', async () => {
  const { items, error } = await collect(told(given(text('It ra'), new Error('broken')), manner, new FakeClock()));
  expect(items).toEqual([text('It ra')]);
  expect(error).toMatchObject({ message: 'broken' });
});

test('asks for no change any more of an answer that broke off, and still says what was spent', async () => {
  const asked: string[][] = [];
  const change = async (sentences: readonly string[]) => {
    asked.push([...sentences]);
    return sentences;
  };
  const spent: GenerationEvent = { type: 'spent', facts, tokens: Promise.resolve(undefined) };
  const broken = async function* () {
    yield text('Done. ');
    await soon();
    yield text('And then. ');
    yield text('An');
    yield spent;
    throw new Error('time is up');
  };
  const { items, error } = await collect(told(broken(), { ...manner, change }, new FakeClock()));
  expect([asked, items]).toEqual([[['Done. ']], [text('Done. '), spent]]);
  expect(error).toMatchObject({ message: 'time is up' });
});

test('ends the answer where a change fails, and hangs up on the model', async () => {
  let hungUp = false;
  async function* endless() {
    try {
      for (;;) {
        await soon();
        yield text('More. ');
      }
    } finally {
      hungUp = true;
    }
  }
  const { items, error } = await collect(told(endless(), { ...manner, change: async () => { throw new Error('no'); } }, new FakeClock()));
  expect([items, (error as Error).message]).toEqual([[], 'no']);
  await soon();
  await soon();
  expect(hungUp).toBe(true);
});
