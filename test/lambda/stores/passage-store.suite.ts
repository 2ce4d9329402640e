import fc from 'fast-check';
import { chunk, described, DIMENSION, ids, toward, type TestChunk } from './chunks';
import { anyFilter, varied } from './filters';
import type { PassageStore, StoreHit } from '../../../lambda/ports/passage-store';
import type { Filter, Scalar } from '../../../lambda/ports/passages';
import { MemoryPassageStore } from '../fakes/passage-store';

/** How a store is opened for the tests, and what it does not do. */
export interface StoreUnderTest {
  /** A new, empty index over `FIELDS`, with vectors of `DIMENSION`; `tenantField` where chunks belong to tenants. */
  open(options: { readonly tenantField?: string }): Promise<PassageStore>;
  close?(): Promise<void>;
  /** The store cannot look into texts with a filter, and says so. */
  readonly refusesTextFilters?: boolean;
  /** Its words are ranked by an analysis of its own, like BM25 and not just so. */
  readonly ranksItsOwnWay?: boolean;
}

const never = new AbortController().signal;

/** What every store has to do; see lambda/ports/passage-store.ts. */
export function passageStoreSuite(name: string, start: () => Promise<StoreUnderTest>) {
  describe(`passages in ${name}`, () => {
    let under: StoreUnderTest;
    let store: PassageStore;
    const near = (at: number, most = 10, more: { filter?: Filter; tenant?: Scalar } = {}) => store.byMeaning({ vector: toward(at), most, ...more }, never);
    const say = (words: string, most = 10, more: { filter?: Filter; tenant?: Scalar } = {}) => store.byWords!({ words, most, ...more }, never);
    const fill = async (...chunks: TestChunk[]) => store.write(chunks.map(chunk));

    beforeAll(async () => {
      under = await start();
    });
    afterAll(() => under.close?.());
    const fresh = async (options: { tenantField?: string } = {}) => {
      store = await under.open(options);
    };

    describe('are written', () => {
      beforeEach(() => fresh());

      test('whole: what is found is what was written', async () => {
        const written = chunk({
          id: 'doc-1#2',
          document: 's3://bucket/a b/„Ä".pdf',
          number: 7,
          title: 'Ünïcode ‘title’ 日本',
          text: 'It\'s "quoted"; 100% \\ back\nslash 🎉',
          lead: 'One › Two',
          at: 3,
          start: 12,
          end: 4_000_000,
          page: 9,
          metadata: { kind: 'O\'Reilly', year: 2024.5, draft: false, tags: ['a,b', '{c}', '"d"'] },
        });
        await store.write([written]);
        const { vector: _, ...whole } = written;
        expect((await near(3))[0]).toMatchObject({ chunk: whole });
        expect((await near(3))[0].chunk).toEqual(whole);
        expect((await say('quoted'))[0].chunk).toEqual(whole);
      });

      test('once, however often they are written', async () => {
        for (let time = 0; time < 3; time++) await fill({ id: 'one', text: 'whale song' }, { id: 'two', text: 'whale' });
        expect(ids(await near(0)).sort()).toEqual(['one', 'two']);
        expect(ids(await say('song'))).toEqual(['one']);
      });

      test('once, where one batch has them twice: the later one stays', async () => {
        await fill({ id: 'one', text: 'earlier' }, { id: 'one', text: 'later' });
        expect((await near(0)).map(({ chunk: { text } }) => text)).toEqual(['later']);
        expect(await say('earlier')).toEqual([]);
      });

      test('over what was there: its meaning, words and description are gone', async () => {
        await fill({ id: 'one', text: 'whale', at: 0, metadata: { year: 2020 } }, { id: 'two', text: 'other', at: 2 });
        await fill({ id: 'one', text: 'dolphin', at: 4, metadata: { year: 2021 } });
        expect(await say('whale')).toEqual([]);
        expect(ids(await say('dolphin'))).toEqual(['one']);
        expect(ids(await near(4, 1))).toEqual(['one']);
        expect(ids(await near(0, 9, { filter: { field: 'year', is: 'equals', value: 2020 } }))).toEqual([]);
        expect(ids(await near(0, 9, { filter: { field: 'year', is: 'equals', value: 2021 } }))).toEqual(['one']);
      });

      test('in numbers that are more than one request holds, and removed so', async () => {
        const many = Array.from({ length: 620 }, (_, at): TestChunk => ({ id: `m${at}`, number: at, text: `common word${at}`, at: at % 8, off: at / 620 }));
        await fill(...many);
        expect(await near(0, 100)).toHaveLength(100);
        expect(ids(await say('word617'))).toEqual(['m617']);
        await store.remove(many.slice(1).map(({ id }) => id));
        expect(ids(await near(0, 100))).toEqual(['m0']);
        expect(ids(await say('common', 100))).toEqual(['m0']);
      });

      test('by several at once, each chunk as one of them wrote it', async () => {
        await Promise.all(Array.from({ length: 6 }, (_, at) => fill({ id: 'shared', text: `version${at}` }, { id: `own${at}`, text: 'own' })));
        const [{ chunk: { text } }] = (await near(0)).filter((hit) => hit.chunk.id === 'shared');
        expect(ids(await near(0)).sort()).toEqual(['own0', 'own1', 'own2', 'own3', 'own4', 'own5', 'shared']);
        for (let at = 0; at < 6; at++) expect(ids(await say(`version${at}`))).toEqual(text === `version${at}` ? ['shared'] : []);
      });

      test('not at all where there are none', async () => {
        await store.write([]);
        await store.remove([]);
        expect([await near(0), await say('anything')]).toEqual([[], []]);
      });
    });

    describe('are removed', () => {
      beforeEach(() => fresh());

      test('from both searches, and nothing else with them', async () => {
        await fill({ id: 'one', text: 'whale' }, { id: 'two', text: 'whale' });
        await store.remove(['one', 'never there']);
        await store.remove(['one']);
        expect([ids(await near(0)), ids(await say('whale'))]).toEqual([['two'], ['two']]);
      });

      test('and written again', async () => {
        await fill({ id: 'one', text: 'whale' });
        await store.remove(['one']);
        await fill({ id: 'one', text: 'whale' });
        expect([ids(await near(0)), ids(await say('whale'))]).toEqual([['one'], ['one']]);
      });
    });

    describe('are found by meaning', () => {
      beforeEach(async () => {
        await fresh();
        await fill({ id: 'same', at: 0 }, { id: 'close', at: 0, off: 0.3 }, { id: 'aside', at: 1 }, { id: 'against', at: 0, long: -2 }, { id: 'long', at: 0, off: 0.1, long: 50 });
      });

      test('the nearest first, by their direction alone', async () => {
        const found = await near(0);
        expect(ids(found)).toEqual(['same', 'long', 'close', 'aside', 'against']);
        [1, 1 / Math.hypot(1, 0.1), 1 / Math.hypot(1, 0.3), 0, -1].forEach((score, at) => expect(found[at].score).toBeCloseTo(score, 3));
      });

      test('as many as are asked for', async () => {
        expect(ids(await near(0, 2))).toEqual(['same', 'long']);
        expect(ids(await near(0, 1))).toEqual(['same']);
      });

      test('refuses a vector of another length, written or asked', async () => {
        await expect(store.write([{ ...chunk({ id: 'odd' }), vector: [1, 2, 3] }])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused' });
        await expect(store.byMeaning({ vector: [1, 2, 3], most: 3 }, never)).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused' });
      });

      test('not where nobody waits for them any more', async () => {
        await expect(store.byMeaning({ vector: toward(0), most: 3 }, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
        await expect(store.byWords!({ words: 'whale', most: 3 }, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
      });
    });

    describe('are found by words', () => {
      beforeEach(async () => {
        await fresh();
        await fill(
          { id: 'both', text: 'The whale sings below the ice shelf.' }, { id: 'ice', text: 'Ice covers the lake, and more ice the sea.' }, { id: 'whale', text: 'A whale was seen.' },
          { id: 'titled', title: 'Penguins', text: 'They walk.' }, { id: 'headed', lead: 'Birds › Albatross', text: 'It soars.' },
          { id: 'filler', text: 'Nothing of interest stands here about ice, at great length, and nothing else will ever be said about it by anybody who writes.' },
        );
      });

      test('by any of them; who has more of them, and rarer ones, comes first', async () => {
        const found = await say('Do whales sing under the ice?');
        expect(ids(found)[0]).toBe('both');
        expect(ids(found).sort()).toEqual(['both', 'filler', 'ice', 'whale']);
        expect(ids(await say('whale ice'))).toEqual(['both', 'whale', 'ice', 'filler']);
        expect(found.every(({ score }, at) => score > 0 && (at === 0 || score <= found[at - 1].score))).toBe(true);
      });

      test('in titles and headings too', async () => {
        expect(ids(await say('penguin'))).toEqual(['titled']);
        expect(ids(await say('albatross'))).toEqual(['headed']);
      });

      test('as many as are asked for', async () => expect(ids(await say('whale ice', 2))).toEqual(['both', 'whale']));

      test('whatever their case and number', async () => expect(ids(await say('WHALES')).sort()).toEqual(['both', 'whale']));

      test('none by words that nobody wrote, or that everybody writes, or by none', async () => {
        for (const words of ['zebra', 'the and of', '', '   ', '?!', '"', '\'']) expect(await say(words)).toEqual([]);
      });

      test('by words that a query language would read as its own', async () => {
        for (const words of ['whale & ice', 'whale AND NOT ice', '!whale | (ice)', 'whale:* <-> ice', '"whale" -ice', '+ice~2 whale^9 [a TO b]', '@title:{ice} whale']) {
          expect(ids(await say(words))).toEqual(expect.arrayContaining(['both', 'whale', 'ice']));
        }
      });
    });

    describe('are ranked by words', () => {
      test('as BM25 ranks what is there now, whatever was there before', async () => {
        const word = fc.constantFrom('ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu');
        const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));
        const step = fc.oneof(
          fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), text }), { minLength: 1, maxLength: 5 }).map((chunks) => ({ write: chunks })),
          fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 2 }).map((gone) => ({ remove: gone })),
        );
        await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), text, async (steps, words) => {
          const reference = new MemoryPassageStore({ dimension: DIMENSION });
          await fresh();
          for (const one of [store, reference]) {
            for (const each of steps) await ('write' in each ? one.write(each.write.map(chunk)) : one.remove(each.remove));
          }
          const [found, wanted] = [await say(words), await reference.byWords({ words, most: 10 }, never)];
          expect(ids(found).sort()).toEqual(ids(wanted).sort());
          if (!under.ranksItsOwnWay) expect(scores(found)).toEqual(scores(wanted));
        }), { numRuns: 12 });
      });
    });

    describe('are filtered', () => {
      const all = ['plain', 'report', 'draft', 'bare'];
      beforeAll(async () => {
        await fresh();
        await fill(
          { id: 'plain', at: 0, metadata: { kind: 'memo', year: 2023, draft: false, tags: ['tax', 'hr'] } },
          { id: 'report', at: 1, metadata: { kind: 'annual report', year: 2024, draft: false, tags: ['tax', 'it\'s "odd"'] } },
          { id: 'draft', at: 2, metadata: { kind: '2024', year: 2024.5, draft: true, tags: [] } },
          { id: 'bare', at: 3 },
        );
      });

      const cases: [string, Filter, string[]][] = [
        ['a text that equals', { field: 'kind', is: 'equals', value: 'memo' }, ['plain']],
        ['a number that equals', { field: 'year', is: 'equals', value: 2024 }, ['report']],
        ['a truth that equals', { field: 'draft', is: 'equals', value: false }, ['plain', 'report']],
        ['a text that is no number', { field: 'year', is: 'equals', value: '2024' }, []],
        ['a number that is no text', { field: 'kind', is: 'equals', value: 2024 }, []],
        ['what does not equal, the missing with it', { field: 'kind', is: 'notEquals', value: 'memo' }, ['report', 'draft', 'bare']],
        ['a number that is greater', { field: 'year', is: 'greaterThan', value: 2024 }, ['draft']],
        ['a number that is not smaller', { field: 'year', is: 'greaterThanOrEquals', value: 2024 }, ['report', 'draft']],
        ['a number that is smaller', { field: 'year', is: 'lessThan', value: 2024 }, ['plain']],
        ['a number that is not greater', { field: 'year', is: 'lessThanOrEquals', value: 2024 }, ['plain', 'report']],
        ['a text among several', { field: 'kind', is: 'in', values: ['memo', '2024', 'none'] }, ['plain', 'draft']],
        ['a number among several', { field: 'year', is: 'in', values: [2023, 2024.5] }, ['plain', 'draft']],
        ['what is not among several, the missing with it', { field: 'year', is: 'notIn', values: [2023, 2024] }, ['draft', 'bare']],
        ['a list that holds', { field: 'tags', is: 'lists', value: 'tax' }, ['plain', 'report']],
        ['a list that holds what has to be quoted', { field: 'tags', is: 'lists', value: 'it\'s "odd"' }, ['report']],
        ['all of several', { all: [{ field: 'tags', is: 'lists', value: 'tax' }, { field: 'year', is: 'greaterThan', value: 2023 }] }, ['report']],
        ['any of several', { any: [{ field: 'draft', is: 'equals', value: true }, { field: 'kind', is: 'equals', value: 'memo' }] }, ['plain', 'draft']],
        ['groups in groups', {
          all: [{ any: [{ field: 'year', is: 'lessThan', value: 2024 }, { all: [{ field: 'draft', is: 'equals', value: true }, { field: 'year', is: 'greaterThan', value: 2024 }] }] },
            { field: 'kind', is: 'notEquals', value: 'memo' }],
        }, ['draft']],
        ['nothing by a field that nobody has', { field: 'color', is: 'equals', value: 'red' }, []],
        ['nothing by a text that would be SQL', { field: 'kind', is: 'equals', value: '\' OR \'1\'=\'1' }, []],
        ['nothing by a text that ends a statement', { field: 'kind', is: 'in', values: ['memo\'); DROP TABLE chunks; --', '$1', '\\'] }, []],
        ['nothing by a name that would be SQL', { field: 'kind\' IS NOT NULL OR \'a', is: 'equals', value: 'memo' }, []],
        ['nothing by the name of what all objects have', { field: 'constructor', is: 'equals', value: 'x' }, []],
      ];
      test.each(cases)('by %s', async (_, filter, wanted) => {
        expect(ids(await near(0, 10, { filter })).sort()).toEqual([...wanted].sort());
        expect(ids(await say('word', 10, { filter })).sort()).toEqual([...wanted].sort());
      });

      const texts: [string, Filter, string[]][] = [
        ['a text that starts with', { field: 'kind', is: 'startsWith', value: 'annual' }, ['report']],
        ['a text that contains', { field: 'kind', is: 'contains', value: 'em' }, ['plain']],
        ['a text that contains what others take for a wildcard', { field: 'kind', is: 'contains', value: '%' }, []],
        ['a text that starts with what others take for a wildcard', { field: 'kind', is: 'startsWith', value: '_' }, []],
      ];
      test.each(texts)('by %s, or refuses it', async (_, filter, wanted) => {
        if (under.refusesTextFilters) {
          await expect(near(0, 10, { filter })).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused' });
          return;
        }
        expect(ids(await near(0, 10, { filter }))).toEqual(wanted);
        expect(ids(await say('word', 10, { filter }))).toEqual(wanted);
      });

      test('and all are found without a filter', async () => expect(ids(await say('word')).sort()).toEqual([...all].sort()));
    });

    test('whatever is filtered by finds what it finds in memory', async () => {
      const reference = new MemoryPassageStore({ dimension: DIMENSION });
      await fresh();
      for (const one of [store, reference]) await one.write(varied().map(chunk));
      const matches: number[] = [];
      await fc.assert(fc.asyncProperty(anyFilter({ texts: !under.refusesTextFilters }), async (filter) => {
        const wanted = ids(await reference.byMeaning({ vector: toward(0), most: 50, filter }, never)).sort();
        expect(ids(await near(0, 50, { filter })).sort()).toEqual(wanted);
        expect(ids(await say('word', 50, { filter })).sort()).toEqual(wanted);
        matches.push(wanted.length);
      }), { numRuns: 60, seed: 20261121 });
      // It says something only where some pass and some do not.
      expect(matches.filter((count) => count > 0 && count < varied().length).length).toBeGreaterThan(20);
    });

    test('a filter that few pass finds them behind the many that are nearer', async () => {
      await fresh();
      await fill(...Array.from({ length: 400 }, (_, at): TestChunk => ({ id: `near${at}`, at: 0, off: at / 4000, metadata: { kind: 'many' } })),
        { id: 'far', at: 5, metadata: { kind: 'few' } }, { id: 'farther', at: 0, long: -1, metadata: { kind: 'few' } });
      expect(ids(await near(0, 5, { filter: { field: 'kind', is: 'equals', value: 'few' } }))).toEqual(['far', 'farther']);
      expect(ids(await say('word', 5, { filter: { field: 'kind', is: 'equals', value: 'few' } })).sort()).toEqual(['far', 'farther']);
    });

    describe('of tenants', () => {
      const everything: Filter = { any: [{ field: 'owner', is: 'notEquals', value: 'nobody' }, { field: 'owner', is: 'in', values: ['acme', 'globex', 'al\'l'] }] };
      beforeAll(async () => {
        await fresh({ tenantField: 'owner' });
        await fill(described('acme', 'secret whale'), described('globex', 'secret dolphin'), described('al\'l', 'secret eel'), described(7, 'secret seven'), described('7', 'secret text'));
      });

      test.each(['acme', 'globex', 'al\'l', 7, '7'])('are found by %p alone, whatever is filtered by', async (tenant) => {
        for (const filter of [undefined, everything]) {
          expect(ids(await near(0, 10, { tenant, filter }))).toEqual([`of ${typeof tenant} ${tenant}`]);
          expect(ids(await say('secret whale dolphin', 10, { tenant, filter }))).toEqual([`of ${typeof tenant} ${tenant}`]);
        }
      });

      test.each(['', 'nobody', '*', '%', 'acme,globex', '" OR true', 'null', true, 0])('are not found by %p', async (tenant) => {
        expect([await near(0, 10, { tenant, filter: everything }), await say('secret', 10, { tenant })]).toEqual([[], []]);
      });

      test('refuses a search for nobody, and a chunk of nobody', async () => {
        await expect(near(0)).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused' });
        await expect(say('secret')).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused' });
        await expect(fill({ id: 'orphan' })).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused' });
      });

      test('move with their document to another tenant, and are removed from whomever they are of', async () => {
        await fill({ id: 'mover', text: 'movable', metadata: { owner: 'acme' } });
        await fill({ id: 'mover', text: 'movable', metadata: { owner: 'globex' } });
        expect([ids(await say('movable', 9, { tenant: 'acme' })), ids(await say('movable', 9, { tenant: 'globex' }))]).toEqual([[], ['mover']]);
        await store.remove(['mover']);
        expect([ids(await say('movable', 9, { tenant: 'acme' })), ids(await say('movable', 9, { tenant: 'globex' }))]).toEqual([[], []]);
      });
    });

    test('takes what no text should hold', async () => {
      await fresh();
      const odd = ['nul\u0000nul', 'half \ud83d emoji', '"; DROP TABLE x; --', '${a} #{b} %s {0}', '\u202eright to left'];
      await fill(...odd.map((text, at): TestChunk => ({ id: `odd ${at} ${text.replace(/[\u0000\ud83d]/g, '')}`, text: `${text} word`, title: text, metadata: { kind: text } })));
      expect(await say('word')).toHaveLength(odd.length);
      for (const value of odd) await near(0, 3, { filter: { field: 'kind', is: 'equals', value } });
      for (const words of odd) expect((await say(words)).length).toBeGreaterThan(0);
      await store.remove((await near(0)).map(({ chunk: { id } }) => id));
      expect(await near(0)).toEqual([]);
    });
  });
}

/** Equal scores have no order. */
function scores(hits: readonly StoreHit[]): [string, number][] {
  const rounded = hits.map(({ chunk: { id }, score }): [string, number] => [id, Number(score.toFixed(3))]);
  return rounded.sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}

