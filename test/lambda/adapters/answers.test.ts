import { type ChatTable, startTable } from './chat-table';
import { dynamoAnswers } from '../../../lambda/adapters/dynamo-answers';
import { dynamoGenerations } from '../../../lambda/adapters/dynamo-generations';
import { FakeClock } from '../fakes/clock';
import { passage } from '../fakes/passages';

let table: ChatTable;
beforeAll(async () => {
  table = await startTable('answers', ['pk', 'sk']);
}, 20_000);
afterAll(() => table.stop());

const NOW = 1_000_000;
const vector = Array.from({ length: 1_024 }, (_, at) => Math.sin(at) / 30);
const answer = (scope: string, answeredAt = NOW, words = 1) => ({ scope, text: 'Thirty [1].', model: 'm', passages: [passage('Thirty days. '.repeat(words))], answeredAt });

function cosine(one: ArrayLike<number>, other: ArrayLike<number>) {
  const product = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((total, value, at) => total + value * b[at], 0);
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other));
}

test('questions of a scope are found, the newest first, with vectors that point where they did', async () => {
  const answers = dynamoAnswers(table.client, table.name);
  await answers.keep({ vector, telling: '2025' }, answer('one'), 2_000);
  await answers.keep({ vector, telling: '2026' }, answer('one', NOW + 5), 2_000);
  await answers.keep({ vector, telling: '2027' }, answer('two'), 2_000);
  const found = await answers.questions('one', NOW);
  expect(found.map(({ telling }) => telling)).toEqual(['2026', '2025']);
  expect(cosine(found[0].vector, vector)).toBeGreaterThan(0.9995);
  expect(await answers.find(found[0].answer)).toEqual(answer('one', NOW + 5));
  expect([await answers.find('another'), await answers.questions('one', 2_000_000)]).toEqual([undefined, []]);
});

test('what no item holds is not kept', async () => {
  const answers = dynamoAnswers(table.client, table.name);
  await answers.keep({ vector, telling: '' }, answer('long', NOW, 40_000), 2_000);
  expect(await answers.questions('long', NOW)).toEqual([]);
});

test('a generation is another after every change of a tenant, or of all, and of nobody else', async () => {
  const clock = new FakeClock(7);
  const answers = dynamoAnswers(table.client, table.name);
  const generations = dynamoGenerations(table.client, table.name, { now: () => clock.now(), chance: Math.random });
  const read = async () => Promise.all(['acme', 'glo#bex', undefined].map((tenant) => answers.generation(tenant)));
  const seen = [await read()];
  for (const tenants of [['acme'], ['acme', 'glo#bex'], [undefined], [undefined], [1]]) {
    clock.time++;
    await generations.raise(tenants);
    seen.push(await read());
  }
  const changed = seen.slice(1).map((after, at) => after.map(({ id }, place) => id !== seen[at][place].id));
  expect(changed).toEqual([[true, false, false], [true, true, false], [true, true, true], [true, true, true], [false, false, false]]);
  expect(seen.map(([{ changedAt }]) => changedAt)).toEqual([0, 8, 9, 10, 11, 11]);
  expect((await answers.generation('1')).changedAt).toBe(12);
});
