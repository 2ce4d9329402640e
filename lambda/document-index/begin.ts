import { book, LOST_MS } from './book';
import { type House, readIndexes, updateIndexes } from './house';
import { isWanted, wanting } from './indexes';
import { startLook } from './look';
import type { Indexes } from '../../lib/contract/reindexing';

/** Indexes as they are now. One that the deployment wants and that is not there yet is made, and begun with. */
export async function begin(house: House): Promise<Indexes> {
  const { wanted, clock, log } = house;
  const known = await readIndexes(house);
  if (isWanted(known, wanted)) {
    // Whoever was to look after them was killed, and its message given up.
    if (known.tendAt !== undefined && clock.now() > known.tendAt + LOST_MS) await book(0, house);
    return known;
  }
  const { recipe: { index } } = wanted;
  await house.indexes.make(index);
  const indexes = await updateIndexes(house, (now) => (isWanted(now, wanted) ? undefined : wanting(now, wanted, clock.now())));
  log.info('index', { index: index.name, what: 'wanted', answering: indexes.answering });
  // The first one is filled by what documents are followed by; whatever comes after it has to have all that it has.
  if (Object.keys(known.known).length > 0) await startLook(index.name, house);
  await book(0, house);
  return indexes;
}
