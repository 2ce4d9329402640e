import type { House } from './house';
import { textKey } from './version';
import type { KnownIndex } from '../../lib/contract/reindexing';

/** Takes out all that there is of an index: what is known of its documents, their texts, their chunks. Whether nothing is left; the next call goes on. */
export async function dropIndex(name: string, known: KnownIndex, until: number, { open, indexes, clock }: Pick<House, 'open' | 'indexes' | 'clock'>): Promise<boolean> {
  const { terms, ports: { states, texts } } = open(known);
  // First: whoever still brings a document in step finds that somebody else has it.
  for (const { dataSourceId: source } of terms.sources) {
    for await (const { key, held } of states.all(source)) {
      if (clock.now() > until) return false;
      if (held.length > 0) await texts.delete(held.map(({ version }) => textKey(source, key, version)));
      await states.remove(source, key);
    }
  }
  const over = new AbortController();
  const stop = clock.every(Math.max(1, until - clock.now()), () => over.abort());
  try {
    return await indexes.drop(name, over.signal);
  } finally {
    stop();
  }
}
