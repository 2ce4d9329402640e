import { book } from './book';
import { type House, updateIndexes } from './house';
import { candidate, changed, looked } from './indexes';
import type { Comparing, Walk } from './request';
import { REINDEX_METRICS } from '../../lib/contract/reindexing';

/** Begins to look a bucket through for an index; whoever looks it through already stops. */
export async function startLook(name: string, house: House): Promise<void> {
  const { clock, jobs } = house;
  const id = clock.now() + clock.chance();
  const { known } = await updateIndexes(house, (now) => {
    return now.known[name] && now.known[name].dropping === undefined ? changed(now, name, { look: { id, at: clock.now() } }) : undefined;
  });
  const own = known[name];
  if (own?.look?.id !== id) return;
  const [first] = house.open(own).terms.sources;
  await jobs.send({ walk: first.dataSourceId, index: name, look: id, joined: own.joining, after: '', counts: NOTHING, sample: [] } satisfies Walk, 0);
}

export const NOTHING = { documents: 0, indexed: 0, failed: 0, waiting: 0, repaired: 0, lost: 0 } as const;

/** Says what a look found. The index that has all in step is compared, where it is to answer. */
export async function concludeLook({ index: name, look, joined, counts, sample }: Walk, house: House): Promise<void> {
  const { clock, publish, log, jobs } = house;
  const { repaired: _, ...found } = counts;
  const indexes = await updateIndexes(house, (now) => {
    return now.known[name]?.look?.id === look ? looked(now, name, { ...found, at: clock.now() }, joined) : undefined;
  });
  const own = indexes.known[name];
  if (!own || own.look !== undefined) return;
  if (name !== indexes.answering) publish({ [REINDEX_METRICS.documentsToReindex]: counts.waiting });
  log.info('index', { index: name, what: own.ready ? 'ready' : 'looked through', ...found });
  if (candidate(indexes) === name) return jobs.send({ compare: name, sample } satisfies Comparing, 0);
  // At once: the second look, which nobody has to wait for, finds whether what came meanwhile is in step.
  if (own.joining !== undefined && counts.waiting === 0) return startLook(name, house);
  await book(0, house);
}
