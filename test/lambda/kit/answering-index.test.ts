import { answeringIndex } from '../../../lambda/kit/answering-index';
import type { Indexes } from '../../../lib/contract/reindexing';

const answering = (name: string): Indexes => ({ answering: name, known: {} });

/** A table that says what it is told to, and how often it was read. */
function open() {
  const table = { now: 0, reads: 0, said: answering('one') as Indexes | undefined | Error };
  const current = answeringIndex(async () => {
    table.reads++;
    if (table.said instanceof Error) throw table.said;
    return table.said;
  }, { now: () => table.now });
  const at = (now: number) => {
    table.now = now;
    return current();
  };
  return { table, at };
}

test('the index that answers is read again after five seconds, and not before', async () => {
  const { table, at } = open();
  await at(0);
  table.said = answering('two');
  expect([await at(4_999), table.reads]).toEqual([answering('one'), 1]);
  expect([await at(5_000), table.reads]).toEqual([answering('two'), 2]);
});

test('as long as none answers it is read again each second', async () => {
  const { table, at } = open();
  table.said = undefined;
  expect(await at(0)).toEqual({ known: {} });
  table.said = answering('one');
  expect([await at(999), table.reads]).toEqual([{ known: {} }, 1]);
  expect([await at(1_000), table.reads]).toEqual([answering('one'), 2]);
  await at(5_999);
  expect(table.reads).toBe(2);
});

test('where the table cannot be read, what it said last holds, and it is asked again with the next question', async () => {
  const { table, at } = open();
  table.said = new Error('throttled');
  await expect(at(0)).rejects.toThrow('throttled');
  table.said = answering('one');
  await at(0);
  table.said = new Error('throttled');
  expect([await at(60_000), await at(3_600_000), table.reads]).toEqual([answering('one'), answering('one'), 4]);
  table.said = answering('two');
  expect(await at(3_600_000)).toEqual(answering('two'));
});

test('questions that come together read it once', async () => {
  const { table, at } = open();
  expect(await Promise.all([at(0), at(0), at(0)])).toEqual([answering('one'), answering('one'), answering('one')]);
  expect(table.reads).toBe(1);
});
