import { type House, readIndexes, updateIndexes } from './house';
import { changed } from './indexes';
import { textKey } from './version';
import { INDEX_SECONDS } from '../../lib/contract/document-index';
import { SYNC_METRICS } from '../../lib/contract/document-sync';
import type { KnownIndex } from '../../lib/contract/reindexing';
import { describeError } from '../kit/log';
import type { Dropped } from '../ports/passage-store';

/** Whoever asks an index that is to go has ended by then, and of those who write it, most have. */
const LINGER_MS = 30_000;
/** Everybody has by then: what is written after an index of the same name is made would stay in that one. */
const RUN_MS = (INDEX_SECONDS + 30) * 1000;

/** Documents that are forgotten together. */
const AT_ONCE = 25;

/** Takes out those indexes that are to go. What there is no time for goes on in the next run. */
export async function dropIndexes(until: number, house: House): Promise<void> {
  const { clock, publish, log } = house;
  for (const name of Object.keys((await readIndexes(house)).known)) {
    if (clock.now() > until) return;
    const own = await takeHold(name, until, house);
    if (!own) continue;
    let dropped: Dropped = { done: false, from: own.drop?.from };
    try {
      dropped = await dropIndex(name, own, until, house);
    } catch (error) {
      // The others are looked after all the same.
      publish({ [SYNC_METRICS.syncJobsFailed]: 1 });
      log.error('index', { index: name, what: 'is dropped later', ...describeError(error) });
    }
    await letGo(name, own, dropped, house);
  }
}

/** Has an index for as long as this run may last, so that no run is left over that takes out what is made after it; undefined where it is too early, or another has it. */
async function takeHold(name: string, until: number, house: House): Promise<KnownIndex | undefined> {
  const { clock } = house;
  let own: KnownIndex | undefined;
  await updateIndexes(house, ({ known, ...now }) => {
    own = undefined;
    const { dropping, drop } = known[name] ?? {};
    if (dropping === undefined || clock.now() < dropping + (now.wanted === name ? RUN_MS : LINGER_MS) || clock.now() < (drop?.until ?? 0)) return undefined;
    own = { ...known[name], drop: { ...drop, until: until + LINGER_MS } };
    return changed({ ...now, known }, name, own);
  });
  return own;
}

async function letGo(name: string, { dropping }: KnownIndex, { done, from }: Dropped, house: House): Promise<void> {
  let gone = false;
  await updateIndexes(house, (now) => {
    const { [name]: own, ...left } = now.known;
    gone = done && own?.dropping === dropping;
    if (gone) return { ...now, known: left };
    // Wanted again meanwhile, it is taken out once more from the start.
    return own && changed(now, name, { drop: { until: house.clock.now(), ...(own.dropping === dropping && from !== undefined && { from }) } });
  });
  if (gone) house.log.info('index', { index: name, what: 'dropped' });
}

/** Takes out all that there is of an index: what is known of its documents, their texts, their chunks. */
async function dropIndex(name: string, known: KnownIndex, until: number, { open, indexes, clock }: Pick<House, 'open' | 'indexes' | 'clock'>): Promise<Dropped> {
  const from = known.drop?.from;
  const { terms, ports: { states, texts } } = open(known);
  // First: whoever still brings a document in step finds that somebody else has it.
  for (const { dataSourceId: source } of terms.sources) {
    for await (const some of together(states.all(source), AT_ONCE)) {
      if (clock.now() > until) return { done: false, from };
      const kept = some.flatMap(({ key, held }) => held.map(({ version }) => textKey(source, key, version)));
      if (kept.length > 0) await texts.delete(kept);
      await Promise.all(some.map(({ key }) => states.remove(source, key)));
    }
  }
  const over = new AbortController();
  const stop = clock.every(Math.max(1, until - clock.now()), () => over.abort());
  try {
    return await indexes.drop(name, over.signal, from);
  } finally {
    stop();
  }
}

async function* together<T>(all: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[], void> {
  let some: T[] = [];
  for await (const one of all) {
    some.push(one);
    if (some.length < size) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
