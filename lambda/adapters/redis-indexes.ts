import { fieldOf } from './redis-filter';
import { keyPrefix, type RedisCommand } from './redis-passages';
import type { PassageIndex } from '../../lib/contract/passage-stores';
import { type Dropped, type PassageIndexes, StoreFailure } from '../ports/passage-store';

const SCANNED = 500;

export interface RedisIndexesOptions {
  /** Whether the server finds by words. */
  readonly words: boolean;
  /** Commands to each node that holds keys: a scan looks through one node. */
  nodes(): Promise<readonly RedisCommand[]>;
  /** Forgets words that lie elsewhere, as `PassageIndexes.drop` does. */
  dropWords(name: string, signal: AbortSignal, from?: string): Promise<Dropped>;
}

/** How a graph of neighbours is built and walked: a little more than what is standard, for what is filtered finds less by each step. */
const GRAPH = ['M', 16, 'EF_CONSTRUCTION', 200, 'EF_RUNTIME', 100] as const;

/** Indexes over hashes, whose keys begin alike; what an index is, is written beside it, for servers tell it each in its own way. */
export function redisIndexes(command: RedisCommand, { words, nodes, dropWords }: RedisIndexesOptions): PassageIndexes {
  const about = (name: string) => `index:${name}`;
  return {
    make: async (index) => {
      const settled = JSON.stringify([index.dimension, index.fields.map(({ name, type }) => [name, type])]);
      if (await command('HSETNX', about(index.name), 'settled', settled) === 0) {
        const there = String(await command('HGET', about(index.name), 'settled'));
        if (there !== settled) throw new StoreFailure('refused', `the index '${index.name}' must be one of ${settled}, got ${there}: drop it, or take another name`);
      }
      const attributes = schemaOf(index, words);
      await as(/already exists/i, () => command('FT.CREATE', index.name, 'ON', 'HASH', 'PREFIX', 1, keyPrefix(index.name), ...words ? ['STOPWORDS', 0] : [], 'SCHEMA', ...attributes));
    },

    drop: async (name, signal, from) => {
      // First: what somebody writes still then is found by nobody.
      await as(/unknown index|no such index|not found/i, () => command('FT.DROPINDEX', name));
      for (const node of await nodes()) {
        let cursor = '0';
        do {
          if (signal.aborted) return { done: false, from };
          const [next, keys] = await node('SCAN', cursor, 'MATCH', `${keyPrefix(name)}*`, 'COUNT', SCANNED) as readonly [string, readonly string[]];
          await Promise.all(keys.map((key) => command('DEL', key)));
          cursor = String(next);
        } while (cursor !== '0');
      }
      const dropped = await dropWords(name, signal, from);
      if (dropped.done) await command('DEL', about(name));
      return dropped;
    },
  };
}

/** A tag for what is compared, a number for what is ordered. A whole text is one tag, so that nothing in it separates. */
function schemaOf({ dimension, fields }: PassageIndex, words: boolean): (string | number)[] {
  const vector = ['TYPE', 'FLOAT32', 'DIM', dimension, 'DISTANCE_METRIC', 'COSINE', ...GRAPH];
  return [
    'tenant', 'TAG',
    ...fields.flatMap(({ name, type }) => [fieldOf(name), ...type === 'number' ? ['NUMERIC'] : ['TAG', 'SEPARATOR', ',']]),
    ...words ? ['words', 'TEXT', 'NOSTEM'] : [],
    'vector', 'VECTOR', 'HNSW', vector.length, ...vector,
  ];
}

async function as(good: RegExp, call: () => Promise<unknown>): Promise<void> {
  await call().catch((error: Error) => {
    if (!good.test(error.message)) throw error;
  });
}
