import { retrieve } from '../../../lambda/knowledge/retrieval';
import { type Passage, PassagesFailure } from '../../../lambda/ports/passages';
import { FakeClock } from '../fakes/clock';
import { MemoryPassages, passage } from '../fakes/passages';

const throttled = new PassagesFailure('throttled', 'slow down');
const down = new PassagesFailure('unavailable', 'oops');

test('gives the best passages, none twice', async () => {
  const found = await run([[passage('a', { score: 0.9 }), passage('b', { score: 0.8 }), passage(' a ', { score: 0.7 }), passage('c', { score: 0.6 })]], { most: 2 });
  expect(found).toMatchObject({ passages: [{ text: 'a', score: 0.9 }, { text: 'b' }], topScore: 0.9, foreign: 0 });
});

test('puts first what several questions find', async () => {
  const { passages } = await run([[passage('a'), passage('both', { score: 0.4 })], [passage('b'), passage('both', { score: 0.6 })]], { questions: ['one', 'two'] });
  expect(passages.map(({ text, score }) => [text, score])).toEqual([['both', 0.6], ['a', 0.5], ['b', 0.5]]);
});

test('a search that weighs less orders what others found, and stands behind it', async () => {
  const questions = [{ question: 'one' }, { question: 'two', weight: 0.5 }];
  const { passages } = await run([[passage('a'), passage('b'), passage('both')], [passage('c'), passage('both')]], { questions });
  expect(passages.map(({ text }) => text)).toEqual(['both', 'a', 'b', 'c']);
});

test('several searches of an index of our own look deeper than what is given from them', async () => {
  const own = { kind: 'own', candidates: 25 } as const;
  const searched = new MemoryPassages([[passage('a'), passage('b')]]);
  const { passages } = await retrieve({ questions: ['one', 'two'], most: 1 }, own, { passages: searched, clock: new FakeClock() }, new AbortController().signal);
  expect([passages.length, searched.searches.map(({ most }) => most)]).toEqual([1, [25, 25]]);
});

test('keeps what each query of a database found, though it be the same number, and as many queries as questions', async () => {
  const found = (query: string) => passage('count\n5', { source: { uri: 'sql:1', title: query, query } });
  const answers = [[found('SELECT count(*) FROM north')], [found('SELECT count(*) FROM south')], [found('SELECT count(*)  FROM south')]];
  const { passages } = await run(answers, { questions: ['north?', 'south?', 'south, again?'], most: 1 }, { kind: 'sql' });
  expect(passages.map(({ source }) => source.query).sort()).toEqual(['SELECT count(*) FROM north', 'SELECT count(*) FROM south']);
});

test('leaves out what is not good enough, and still says how good the best was', async () => {
  expect(await run([[passage('a', { score: 0.29 })]], {}, { leastScore: 0.3 })).toMatchObject({ passages: [], topScore: 0.29, foreign: 0 });
  expect(await run([[passage('a', { score: 0.3 })]], {}, { leastScore: 0.3 })).toMatchObject({ passages: [{ text: 'a' }] });
  expect(await run([[]])).toEqual({ passages: [], foreign: 0, diagnosis: { milliseconds: {}, reranks: 0, unranked: [] } });
});

test('tries a search again that was throttled, after pauses that grow and are not alike', async () => {
  const clock = new FakeClock();
  expect(await run([throttled, down, [passage('a')]], {}, {}, clock)).toMatchObject({ passages: [{ text: 'a' }] });
  expect(clock.pauses).toEqual([250, 500]);
});

test.each([[throttled, '5'], [down, '2']])('refuses to go on without documents: %s', async (failure, after) => {
  await expect(run([failure])).rejects.toMatchObject({ status: 503, code: 'retrieval_failed', headers: { 'retry-after': after } });
});

test('tells of a database where one was asked', async () => {
  await expect(run([down], {}, { kind: 'sql' })).rejects.toThrow('The database could not be asked, and nothing is answered without it.');
  await expect(run([down])).rejects.toThrow('The documents could not be looked up, and nothing is answered without them.');
});

test('one search that fails fails all', async () => {
  await expect(run([[passage('a')], down, down, down, down], { questions: ['one', 'two'] })).rejects.toMatchObject({ status: 503 });
});

test('refuses a filter that the store does not take; without a filter it is no fault of the caller', async () => {
  const refused = new PassagesFailure('refused', 'no such field', { cause: new Error('ValidationException') });
  await expect(run([refused], { filter: { field: 'a', is: 'equals', value: 1 } })).rejects.toMatchObject({ status: 400, param: 'filter' });
  await expect(run([refused])).rejects.toThrow('ValidationException');
});

test('ends in time while the service says nothing', async () => {
  const ending = new AbortController();
  const search = retrieve({ questions: ['one'], most: 1 }, {}, { passages: { search: () => new Promise<Passage[]>(() => undefined) }, clock: new FakeClock() }, ending.signal);
  ending.abort();
  await expect(search).rejects.toMatchObject({ status: 504 });
});

function run(answers: (readonly Passage[] | Error)[], lookup: object = {}, policy: object = {}, clock = new FakeClock()) {
  return retrieve({ questions: ['one'], most: 10, ...lookup }, policy, { passages: new MemoryPassages(answers), clock }, new AbortController().signal);
}
