import { NONE, type WantedIndex } from './indexes';
import type { IndexPorts, IndexTerms } from './terms';
import type { Indexes, KnownIndex } from '../../lib/contract/reindexing';
import type { Log } from '../kit/log';
import type { PublishMetrics } from '../kit/metrics';
import type { Clock } from '../ports/clock';
import type { DocumentStates } from '../ports/document-states';
import type { IndexRegistry } from '../ports/index-registry';
import type { Objects } from '../ports/objects';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';
import type { ChangeQueue, JobQueue } from '../ports/sync-queues';

/** What brings documents in step with one index, and asks it. */
export interface OpenIndex {
  readonly terms: IndexTerms;
  /** Whether its chunks are found by their words. */
  readonly words: boolean;
  readonly ports: IndexPorts & {
    readonly states: DocumentStates;
    readonly store: PassageStore;
    readonly texts: Pick<Objects, 'put' | 'delete' | 'get'>;
  };
}

/** All indexes of a store, the one that the deployment wants, and those that others wanted before. */
export interface House {
  readonly wanted: WantedIndex;
  readonly registry: IndexRegistry;
  readonly indexes: PassageIndexes;
  readonly jobs: JobQueue;
  readonly changes: Pick<ChangeQueue, 'send' | 'hide'>;
  readonly clock: Clock;
  readonly publish: PublishMetrics;
  readonly log: Log;
  open(known: Pick<KnownIndex, 'recipe' | 'place'>): OpenIndex;
}

/** So many who write at the same time there are not. */
const ATTEMPTS = 20;

export async function readIndexes({ registry }: Pick<House, 'registry'>): Promise<Indexes> {
  return (await registry.read())?.indexes ?? NONE;
}

/** Changes what is known of indexes, from what it is by then; undefined changes nothing. Gives what is known in the end. */
export async function updateIndexes({ registry }: Pick<House, 'registry'>, change: (indexes: Indexes) => Indexes | undefined): Promise<Indexes> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await registry.read();
    const before = found?.indexes ?? NONE;
    const next = change(before);
    if (next === undefined || next === before) return before;
    if (await registry.save(next, found?.revision)) return next;
  }
  throw new Error('what is known of indexes is written by others all the time');
}

/** An index as documents are brought in step with it. Answers are made old by what changes in one that has answered: of any other nobody was told anything. */
export function openToWrite(known: Pick<KnownIndex, 'recipe' | 'place'>, house: Pick<House, 'registry' | 'open'>): OpenIndex {
  const { ports, ...open } = house.open(known);
  const { generations } = ports;
  const { recipe: { index: { name } } } = known;
  if (!generations) return { ports, ...open };
  return {
    ...open,
    ports: {
      ...ports,
      generations: {
        // Asked when the store has changed: what begins to answer after that is asked for it as it is.
        raise: async (tenants) => {
          const { known: { [name]: now } } = await readIndexes(house);
          if (now?.answered !== undefined) await generations.raise(tenants);
        },
      },
    },
  };
}

/** Opens each index once. */
export function openedIndex(open: House['open']): House['open'] {
  const opened = new Map<string, OpenIndex>();
  return (known) => {
    const name = JSON.stringify([known.recipe.index.name, known.recipe.pipeline, known.place]);
    const own = opened.get(name) ?? open(known);
    opened.set(name, own);
    return own;
  };
}
