import { chunk, DIMENSION, FIELDS, ids } from './chunks';
import type { PassageIndexes, PassageStore, StoredChunk } from '../../../lambda/ports/passage-store';
import type { PassageIndex } from '../../../lib/contract/passage-stores';

/** The indexes that a store keeps beside each other. */
export interface IndexesUnderTest {
  readonly indexes: PassageIndexes;
  open(index: PassageIndex): PassageStore;
  /** All of its indexes have vectors of `DIMENSION`. */
  readonly oneDimension?: boolean;
  close?(): Promise<void>;
}

const never = new AbortController().signal;

/** What every store has to do whose indexes stand beside each other; see `PassageIndexes` in lambda/ports/passage-store.ts. */
export function passageIndexesSuite(store: string, start: () => Promise<IndexesUnderTest>) {
  describe(`indexes of passages in ${store}`, () => {
    let under: IndexesUnderTest;
    beforeAll(async () => {
      under = await start();
    });
    afterAll(() => under.close?.());

    const indexOf = (name: string, dimension = DIMENSION): PassageIndex => ({ name, dimension: under.oneDimension ? DIMENSION : dimension, fields: FIELDS });
    const make = (index: PassageIndex) => under.indexes.make(index);
    const drop = (name: string) => under.indexes.drop(name, never);
    const of = ({ dimension }: PassageIndex, id: string, text: string): StoredChunk => {
      return { ...chunk({ id, text }), vector: Array.from({ length: dimension }, (_, at) => 1 / (at + 1)) };
    };

    /** Found by meaning, and by words no others. */
    const texts = async (index: PassageIndex) => {
      const one = under.open(index);
      const hits = await one.byMeaning({ vector: Array.from({ length: index.dimension }, () => 1), most: 10 }, never);
      const said = one.byWords ? await one.byWords({ words: 'whale dolphin', most: 10 }, never) : hits;
      expect(ids(said).sort()).toEqual(ids(hits).sort());
      return hits.map(({ chunk: { text } }) => text).sort();
    };

    test('lie beside each other, each with vectors of its own length and with what was written into it alone', async () => {
      const [one, other] = [indexOf('passages_one'), indexOf('passages_other', 12)];
      await make(one);
      await make(other);
      await under.open(one).write([of(one, 'same', 'whale')]);
      await under.open(other).write([of(other, 'same', 'dolphin'), of(other, 'more', 'a dolphin')]);
      expect([await texts(one), await texts(other)]).toEqual([['whale'], ['a dolphin', 'dolphin']]);
      await under.open(other).remove(['same']);
      expect([await texts(one), await texts(other)]).toEqual([['whale'], ['a dolphin']]);
    });

    test('are made once, however often and by however many, and keep what they hold', async () => {
      const index = indexOf('passages_twice');
      await Promise.all([make(index), make(index), make(index)]);
      await under.open(index).write([of(index, 'one', 'whale')]);
      await make(index);
      expect(await texts(index)).toEqual(['whale']);
    });

    test('refuses one of the same name with vectors of another length', async () => {
      await make(indexOf('passages_long'));
      await expect(make({ ...indexOf('passages_long'), dimension: 12 })).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused' });
    });

    test('are dropped with all they hold and nothing else, once or twice, and are empty when they are made again', async () => {
      const [gone, stays] = [indexOf('passages_gone'), indexOf('passages_gone_not')];
      for (const index of [gone, stays]) {
        await make(index);
        await under.open(index).write([of(index, 'one', 'whale'), of(index, 'two', 'dolphin')]);
      }
      expect([await drop(gone.name), await drop(gone.name), await drop('passages_never')]).toEqual(Array.from({ length: 3 }, () => ({ done: true })));
      expect(await texts(stays)).toEqual(['dolphin', 'whale']);
      await make(indexOf(gone.name, 12));
      expect(await texts(indexOf(gone.name, 12))).toEqual([]);
    });
  });
}
