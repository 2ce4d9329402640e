import { book, LOST_MS } from './book';
import { type House, readIndexes, updateIndexes } from './house';
import { isAwaited, isGoing, isWanted, wanting } from './indexes';
import { startLook } from './look';
import type { Indexes } from '../../lib/contract/reindexing';

/** Indexes as they are now. One that the deployment wants and that is not there yet is made, and begun with; one that is being taken out still, once it is gone. */
export async function begin(house: House): Promise<Indexes> {
  const { wanted, clock, log } = house;
  const known = await readIndexes(house);
  const awaited = isAwaited(known, wanted);
  if (awaited || isWanted(known, wanted)) {
    // Whoever was to look after them was killed, and its message given up.
    if (known.tendAt === undefined ? awaited : clock.now() > known.tendAt + LOST_MS) await book(0, house);
    return known;
  }
  const { recipe: { index } } = wanted;
  const going = isGoing(known, wanted);
  if (!going) await house.indexes.make(index);
  const indexes = await updateIndexes(house, (now) => {
    const isLate = isWanted(now, wanted) || isAwaited(now, wanted) || (going && !isGoing(now, wanted));
    return isLate ? undefined : wanting(now, wanted, clock.now());
  });
  // It is gone by now, and not made yet.
  if (going && !isGoing(indexes, wanted)) return begin(house);
  log.info('index', { index: index.name, what: isGoing(indexes, wanted) ? 'wanted again, once it is gone' : 'wanted', answering: indexes.answering });
  // The first one is filled by what documents are followed by; whatever comes after it has to have all that it has.
  if (known.wanted !== undefined) await startLook(index.name, house);
  await book(0, house);
  return indexes;
}
