import fc from 'fast-check';
import { AnswerCache, type Asking } from '../../../lambda/knowledge/answer-cache';
import type { Condition, Filter, Scalar } from '../../../lambda/ports/passages';
import type { AnswerCachePolicy } from '../../../lib/contract/answer-cache';
import { MemoryAnswers, wordIndex } from '../fakes/answers';
import { FakeClock } from '../fakes/clock';
import { passage } from '../fakes/passages';
import { facts } from '../fakes/policy';

const TERMS: AnswerCachePolicy = { table: 't', similarity: 0.95, seconds: 3_600, lagSeconds: 1 };
const QUESTION = 'How many days of leave are there?';
const OTHERWISE = 'Days of leave: how many are there';
const { signal } = new AbortController();

function open(terms: Partial<AnswerCachePolicy> = {}, rules: readonly unknown[] = ['rules'], answers = new MemoryAnswers(), index = 'one') {
  const clock = new FakeClock();
  const cache = new AnswerCache(rules, { ...TERMS, ...terms }, { answers, index: wordIndex(index), clock });
  const recall = (question: string, asking: Partial<Asking> = {}) => cache.recall(question, { most: 5, models: [facts], ...asking }, signal);
  return {
    answers,
    clock,
    recall,
    /** Answers a question anew. */
    async answer(question: string, asking: Partial<Asking> = {}, text = `To ${question}`, owner: Scalar | undefined = asking.tenant?.value) {
      const { keep } = await recall(question, asking);
      await keep?.({ text, model: 'some-model', passages: [passage('Thirty days.', { metadata: owner === undefined ? {} : { owner } })] });
      return keep !== undefined;
    },
  };
}

const tenant = (value: Scalar) => ({ field: 'owner', value, shared: false });

test('tells an answer again to the same question, and to one that says it otherwise', async () => {
  const { answer, recall, clock } = open();
  expect(await recall(QUESTION)).toEqual({ keep: expect.any(Function) });
  await answer(QUESTION, {}, 'Thirty [1].');
  clock.time += 60_000;
  for (const asked of [QUESTION, OTHERWISE]) {
    expect((await recall(asked)).hit).toMatchObject({ text: 'Thirty [1].', model: 'some-model', answeredAt: clock.time - 60_000 });
  }
});

test.each([
  ['another question', 'How many stairs has the minster?'],
  ['one of another year', `${QUESTION} (2026)`],
  ['one of other initials', `${QUESTION} HR`],
  ['a part of it', 'How many days?'],
])('tells it to nobody who asks %s', async (_, other) => {
  const { answer, recall } = open();
  await answer(QUESTION);
  expect((await recall(other)).hit).toBeUndefined();
});

test('numbers have to be the same, however near the questions are', async () => {
  const long = (year: number) => `What does the handbook of the company say about days of leave for people who work in Ulm in the year ${year}?`;
  const { answer, recall } = open({ similarity: 0.8 });
  await answer(long(2025));
  expect((await recall(long(2025))).hit).toBeDefined();
  expect((await recall(long(2026))).hit).toBeUndefined();
});

test.each([
  ['moves from SAP to AWS', 'moves from AWS to SAP'],
  ['stands in building A', 'stands in building B'],
  ['is kept at -5 degrees', 'is kept at 5 degrees'],
  ['is kept at −5 degrees', 'is kept at 5 degrees'],
  ['is written in C++', 'is written in C'],
  ['rose from 5 to 10 percent', 'rose from 10 to 5 percent'],
])('what %s is not what %s, however near the questions are', async (one, other) => {
  const asked = (what: string) => `What does the handbook of the company say about the office of the people who work in Ulm if what they do ${what}?`;
  const { answer, recall } = open({ similarity: 0.5 });
  await answer(asked(one));
  expect((await recall(asked(one))).hit).toBeDefined();
  expect((await recall(asked(other))).hit).toBeUndefined();
  // Words alone, without what tells them apart, are near enough.
  expect((await recall(asked(one).replace('handbook', 'book'))).hit).toBeDefined();
});

test.each([
  ['is covered', 'is not covered'],
  ["isn't covered", 'is covered'],
  ['is paid without a receipt', 'is paid with a receipt'],
  ['wird bezahlt', 'wird nicht bezahlt'],
  ['braucht eine Quittung', 'braucht keine Quittung'],
  ['est payé', 'n’est pas payé'],
])('what %s is not what %s, however near the questions are, in any order of words', async (one, other) => {
  const asked = (what: string) => `What does the handbook of the company say about the expenses of people who work in Ulm if what they buy ${what}?`;
  const { answer, recall } = open({ similarity: 0.5 });
  await answer(asked(one));
  expect((await recall(asked(other))).hit).toBeUndefined();
  expect((await recall(asked(one).split(' ').reverse().join(' '))).hit).toBeDefined();
});

test('a minus is one however it is written', async () => {
  const { answer, recall } = open({ similarity: 0.5 });
  await answer('What is kept at −5 degrees?');
  expect((await recall('What is kept at -5 degrees?')).hit).toBeDefined();
});

const FILTER: Condition = { field: 'department', is: 'equals', value: 'hr' };
test.each<[string, Partial<Asking>]>([
  ['another tenant', { tenant: tenant('globex'), filter: FILTER }],
  ['a tenant whose name is a number', { tenant: tenant(7), filter: FILTER }],
  ['no tenant', { filter: FILTER }],
  ['another filter', { tenant: tenant('acme'), filter: { field: 'department', is: 'equals', value: 'it' } }],
  ['no filter', { tenant: tenant('acme') }],
  ['another person, where sources know people', { tenant: tenant('acme'), filter: FILTER, user: 'eve' }],
  ['fewer passages', { tenant: tenant('acme'), filter: FILTER, most: 3 }],
  ['a shorter answer', { tenant: tenant('acme'), filter: FILTER, maxTokens: 10 }],
  ['another model', { tenant: tenant('acme'), filter: FILTER, models: [{ ...facts, id: 'other' }] }],
  ['a model by its name', { tenant: tenant('acme'), filter: FILTER, model: 'some-model' }],
  ['an answer anew', { tenant: tenant('acme'), filter: FILTER, fresh: true }],
])('what was asked is not told to who asks for %s', async (_, asking) => {
  const { answer, recall } = open();
  const asked = { tenant: tenant('acme'), filter: FILTER };
  await answer(QUESTION, asked);
  expect((await recall(QUESTION, asked)).hit).toBeDefined();
  expect((await recall(QUESTION, asking)).hit).toBeUndefined();
});

test('another index that answers is another scope', async () => {
  const before = open();
  await before.answer(QUESTION);
  expect((await open({}, ['rules'], before.answers, 'two').recall(QUESTION)).hit).toBeUndefined();
});

test('other rules of the builder are another scope', async () => {
  const before = open();
  await before.answer(QUESTION);
  expect((await open({}, ['rules'], before.answers).recall(QUESTION)).hit).toBeDefined();
  expect((await open({}, ['other rules'], before.answers).recall(QUESTION)).hit).toBeUndefined();
});

test('a change of the index makes old what was answered before, and for as long as its store may give what is old nothing is kept', async () => {
  const { answer, recall, answers, clock } = open({ lagSeconds: 60 });
  await answer(QUESTION);
  answers.generations.set(undefined, { id: 'next', changedAt: clock.time });
  expect(await recall(QUESTION)).toEqual({});
  clock.time += 60_000;
  expect(await answer(QUESTION, {}, 'Thirty-one [1].')).toBe(true);
  expect((await recall(QUESTION)).hit!.text).toBe('Thirty-one [1].');
});

test('what changes while a question is answered has its answer kept where nobody looks any more', async () => {
  const { recall, answers, clock } = open();
  const { keep } = await recall(QUESTION);
  answers.generations.set(undefined, { id: 'next', changedAt: clock.time });
  await keep!({ text: 'Old [1].', model: 'm', passages: [passage('Old.')] });
  clock.time += 5_000;
  expect((await recall(QUESTION)).hit).toBeUndefined();
});

test('an answer is told for as long as it is kept, and not longer, whatever the table still has', async () => {
  const { answer, recall, answers, clock } = open();
  await answer(QUESTION);
  answers.kept[0].expiresAt = Infinity;
  clock.time += 3_599_000;
  expect((await recall(QUESTION)).hit).toBeDefined();
  clock.time += 1_000;
  expect((await recall(QUESTION)).hit).toBeUndefined();
});

test('of two answers the newer one is told', async () => {
  const { answer, recall } = open();
  await answer(QUESTION, {}, 'First [1].');
  await answer(QUESTION, { fresh: true }, 'Second [1].');
  expect((await recall(QUESTION)).hit!.text).toBe('Second [1].');
});

test('what another tenant owns is not told, though the table gave it for this one\'s', async () => {
  const { answer, recall } = open();
  await answer(QUESTION, { tenant: tenant('acme') }, 'Theirs [1].', 'globex');
  expect((await recall(QUESTION, { tenant: tenant('acme') })).hit).toBeUndefined();
});

test('a table that fails, or does not answer, holds no answer up', async () => {
  const { recall, answers, clock } = open();
  answers.failure = new Error('throttled');
  expect(await recall(QUESTION)).toEqual({ failed: true });
  answers.generation = () => new Promise(() => undefined);
  const late = recall(QUESTION);
  clock.tick(1_500);
  expect(await late).toEqual({ failed: true });
  expect(clock.repeated.size).toBe(0);
});

test('a question that is longer than what is embedded is not looked for', async () => {
  expect(await open().recall('x'.repeat(1_001))).toEqual({});
});

test('1,000 questions of random tenants and filters are never answered with what another scope was told', async () => {
  const { answer, recall } = open({ similarity: 0.8 });
  const tenants = fc.constantFrom<Scalar | undefined>(undefined, 'acme', 'globex', '1', 1, 'a#b', 'a', 'null', true);
  const value = fc.constantFrom<Scalar>('hr', 'it', 1, '1', true);
  const condition: fc.Arbitrary<Filter> = fc.record({ field: fc.constantFrom('department', 'year'), is: fc.constantFrom('equals' as const, 'notEquals' as const), value });
  const several = fc.array(condition, { minLength: 1, maxLength: 2 });
  const groups = [several.map((all): Filter => ({ all })), several.map((any): Filter => ({ any }))];
  const filters = fc.oneof(fc.constant(undefined), fc.constant(FILTER), condition, ...groups);
  const question = fc.constantFrom(QUESTION, OTHERWISE, 'Leave in 2025?', 'Leave in 2026?');
  let hits = 0;
  for (const [whose, filter, words] of fc.sample(fc.tuple(tenants, filters, question), { numRuns: 1_000, seed: 5 })) {
    const asking = { filter, ...(whose !== undefined && { tenant: tenant(whose) }) };
    const scope = JSON.stringify([whose, typeof whose, filter, words.match(/\d+/)?.[0]]);
    const { hit } = await recall(words, asking);
    if (hit) hits++;
    if (hit) expect(hit.text).toBe(scope);
    else await answer(words, asking, scope);
  }
  expect(hits).toBeGreaterThan(200);
});
