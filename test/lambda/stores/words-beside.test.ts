import { chunk, ids, type TestChunk } from './chunks';
import { foundBeside, type Keywords } from '../../../lambda/adapters/words-beside';
import type { Filter } from '../../../lambda/ports/passages';

const never = new AbortController().signal;

/** A store of these chunks, whose words rank them in their order, and what is asked of it. */
function beside(chunks: readonly TestChunk[], page = 10) {
  const there = new Map(chunks.map((one) => [one.id, chunk(one)]));
  const [searches, fetches]: [string[][], string[][]] = [[], []];
  const keywords: Pick<Keywords, 'search'> = {
    search: async (asked, tenant) => {
      searches.push([tenant, ...asked]);
      return chunks.map(({ id }, at) => ({ id, score: chunks.length - at }));
    },
  };
  const fetch = async (wanted: readonly string[]) => {
    fetches.push([...wanted]);
    return new Map(wanted.flatMap((id) => (there.has(id) ? [[id, there.get(id)!] as const] : [])));
  };
  const find = (words: string, most: number, filter?: Filter) => foundBeside({ words, most, filter }, { keywords: keywords as Keywords, owner: 'acme', page, fetch }, never);
  return { there, searches, fetches, find };
}

const many = (number: number, one: Partial<TestChunk> = {}) => Array.from({ length: number }, (_, at): TestChunk => ({ id: `c${at}`, text: 'whale', ...one }));

describe('chunks whose words lie beside their store', () => {
  test('are found in the order of their words, and no more of them fetched than are wanted', async () => {
    const { find, searches, fetches } = beside(many(30));
    const hits = await find('Whales sing', 12);
    expect(ids(hits)).toEqual(many(12).map(({ id }) => id));
    expect(hits.map(({ score }) => score).slice(0, 2)).toEqual([30, 29]);
    expect(searches).toEqual([['acme', 'whale', 'sing']]);
    expect(fetches.map(({ length }) => length)).toEqual([10, 2]);
  });

  test('cost nothing where no word is asked for', async () => {
    const { find, searches, fetches } = beside(many(3));
    expect(await find('… ?', 5)).toEqual([]);
    expect([searches, fetches]).toEqual([[], []]);
  });

  test('are left out where they are gone, or have been written over since: others take their place', async () => {
    const { find, there, fetches } = beside([{ id: 'gone', text: 'whale' }, { id: 'over', text: 'dolphin' }, { id: 'one', text: 'whale' }, { id: 'two', text: 'whale' }]);
    there.delete('gone');
    expect(ids(await find('whale', 2))).toEqual(['one', 'two']);
    expect(fetches).toEqual([['gone', 'over'], ['one', 'two']]);
  });

  test('are fetched by whole pages where a filter may leave most of them out', async () => {
    const all = many(35).map((one, at) => ({ ...one, metadata: { year: at < 25 ? 2020 : 2021 } }));
    const { find, fetches } = beside(all);
    expect(ids(await find('whale', 3, { field: 'year', is: 'equals', value: 2021 }))).toEqual(['c25', 'c26', 'c27']);
    expect(fetches.map(({ length }) => length)).toEqual([10, 10, 10]);
  });

  test('are looked through up to 2,000 where none passes', async () => {
    const { find, fetches } = beside(many(2_400, { metadata: { year: 2020 } }), 100);
    expect(await find('whale', 3, { field: 'year', is: 'equals', value: 2021 })).toEqual([]);
    expect(fetches.flat()).toHaveLength(2_000);
  });
});
