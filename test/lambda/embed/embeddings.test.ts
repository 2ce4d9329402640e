import fc from 'fast-check';
import { estimateTokens } from '../../../lambda/chunk/tokens';
import { embeddings } from '../../../lambda/embed/embeddings';
import { type EmbeddingCalls, EmbeddingFailure, type Vector } from '../../../lambda/ports/embeddings';
import type { EmbeddingPolicy } from '../../../lib/contract/diy-rag';
import { FakeClock } from '../fakes/clock';
import { randomOf, VirtualClock } from '../fakes/virtual-clock';

const policy: EmbeddingPolicy = { modelId: 'model', family: 'cohereV4', dimension: 2, binary: false, inputTokens: 100, concurrency: 3 };
const forever = new AbortController().signal;

/** Vectors that tell a text's length, and remember how they were asked for. */
class FakeCalls implements EmbeddingCalls {
  readonly asked: string[][] = [];
  underWay = 0;
  mostUnderWay = 0;

  constructor(readonly mostTexts = 4, private readonly failures: Error[] = [], readonly mostCharacters?: number) {}

  async embed(texts: readonly string[]): Promise<readonly Vector[]> {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    this.asked.push([...texts]);
    await new Promise((done) => setImmediate(done));
    this.underWay--;
    const failure = this.failures.shift();
    if (failure) throw failure;
    return texts.map((text) => [text.length, 1]);
  }
}

test('gives one vector a text, in their order, by as few calls as the model takes, as many at once as allowed', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), async (lengths, most) => {
    const calls = new FakeCalls(most);
    const vectors = await embeddings(policy, { calls, clock: new FakeClock() }).embed(lengths.map((length) => 'x'.repeat(length)), 'document', forever);
    expect(vectors).toEqual(lengths.map((length) => [length, 1]));
    expect(calls.asked.length).toBe(Math.ceil(lengths.length / most));
    expect(calls.mostUnderWay).toBeLessThanOrEqual(3);
  }));
});

test('keeps calls short of what one call may have in tokens', async () => {
  const calls = new FakeCalls(96);
  const texts = Array.from({ length: 96 }, () => 'one two three '.repeat(400).trim());
  await embeddings({ ...policy, inputTokens: 8_000 }, { calls, clock: new FakeClock() }).embed(texts, 'document', forever);
  expect(calls.asked.length).toBeGreaterThan(1);
  for (const asked of calls.asked) expect(asked.reduce((sum, text) => sum + estimateTokens(text), 0)).toBeLessThanOrEqual(60_000);
});

test('tries again what passes, after pauses that grow', async () => {
  const clock = new FakeClock();
  const calls = new FakeCalls(4, [new EmbeddingFailure('throttled', 'slow down'), new EmbeddingFailure('unavailable', 'gone'), new EmbeddingFailure('throttled', 'slow down')]);
  await expect(embeddings(policy, { calls, clock }).embed(['hello'], 'query', forever)).resolves.toEqual([[5, 1]]);
  expect(clock.pauses).toEqual([300, 600, 1_200]);
});

test('gives up after eight attempts, and stops the other calls', async () => {
  const clock = new FakeClock();
  const calls = new FakeCalls(1, Array.from({ length: 100 }, () => new EmbeddingFailure('throttled', 'slow down')));
  await expect(embeddings({ ...policy, concurrency: 1 }, { calls, clock }).embed(['one', 'two'], 'query', forever)).rejects.toMatchObject({ kind: 'throttled' });
  expect(calls.asked).toHaveLength(8);
});

test('does not try again what is the text\'s own fault', async () => {
  const calls = new FakeCalls(4, [new EmbeddingFailure('refused', 'no')]);
  await expect(embeddings(policy, { calls, clock: new FakeClock() }).embed(['hello'], 'query', forever)).rejects.toMatchObject({ kind: 'refused' });
  expect(calls.asked).toHaveLength(1);
});

test('stops waiting when nobody wants vectors any more', async () => {
  const clock = new VirtualClock(randomOf(1));
  const controller = new AbortController();
  const work = embeddings(policy, { calls: new FakeCalls(4, [new EmbeddingFailure('throttled', 'slow down')]), clock }).embed(['hello'], 'query', controller.signal);
  setImmediate(() => setImmediate(() => controller.abort(new Error('over'))));
  await expect(work).rejects.toThrow('over');
});

test('cuts a text that is too long at a word, and tells of it', async () => {
  const calls = new FakeCalls();
  const cut: number[] = [];
  await embeddings(policy, { calls, clock: new FakeClock(), cut: (tokens) => cut.push(tokens) }).embed(['word '.repeat(200).trim(), 'short'], 'document', forever);
  expect(cut).toEqual([200]);
  expect(calls.asked[0][0]).toMatch(/^(word )+word$/);
  expect(estimateTokens(calls.asked[0][0])).toBeLessThanOrEqual(90);
  expect(calls.asked[0][1]).toBe('short');
});

test('cuts a text of more characters than the model takes', async () => {
  const calls = new FakeCalls(4, [], 20);
  await embeddings(policy, { calls, clock: new FakeClock() }).embed([`${'a'.repeat(19)}👩‍🚀 and more`], 'document', forever);
  expect(calls.asked[0][0]).toBe('a'.repeat(19));
});

test('refuses a text without a word, by its place', async () => {
  await expect(embeddings(policy, { calls: new FakeCalls(), clock: new FakeClock() }).embed(['fine', ' \n'], 'document', forever)).rejects.toThrow('text 1 has no words to embed');
});

test('refuses vectors of another length than the index has', async () => {
  await expect(embeddings({ ...policy, dimension: 3 }, { calls: new FakeCalls(), clock: new FakeClock() }).embed(['hello'], 'query', forever)).rejects.toThrow('one vector of 3 numbers');
});
