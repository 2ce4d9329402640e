import { isNotThere, type Send } from './signed-json';
import { type Dropped, type PassageIndexes, StoreFailure } from '../ports/passage-store';

/** What the service shows of its namespaces at once. */
const SHOWN = 100;

/** Forgets the words of an index and where its records stand, as `PassageIndexes.drop` does. */
export interface DroppedTable {
  dropWords(name: string, signal: AbortSignal, from?: string): Promise<Dropped>;
}

interface Shown {
  readonly namespaces?: readonly { readonly name: string }[];
  readonly pagination?: { readonly next?: string };
}

/** Indexes within one of Pinecone's: each is a namespace, or one a tenant, which come with their first record. */
export function pineconeIndexes(send: Send, { dropWords }: DroppedTable): PassageIndexes {
  return {
    make: async ({ dimension }) => {
      const found = await send<{ readonly dimension?: number; readonly metric?: string }>('POST', '/describe_index_stats', {});
      if (found.dimension !== dimension) {
        throw new StoreFailure('refused', `the index of Pinecone must be one of ${dimension} numbers, as the embedding model makes them, got one of ${String(found.dimension)}: take another index, or another model`);
      }
      if (found.metric !== undefined && found.metric !== 'cosine') {
        throw new StoreFailure('refused', `the index of Pinecone must compare by cosine, got ${found.metric}: take another index`);
      }
    },

    drop: async (name, signal, from) => {
      let after: string | undefined;
      const gone: string[] = [];
      do {
        const query = new URLSearchParams([['limit', String(SHOWN)], ...after === undefined ? [] : [['paginationToken', after]]]);
        const { namespaces = [], pagination }: Shown = await send<Shown>('GET', `/namespaces?${query.toString()}`, undefined);
        gone.push(...namespaces.map((one) => one.name).filter((one) => one === name || one.startsWith(`${name}-`)));
        after = pagination?.next;
      } while (after !== undefined);
      for (const one of gone) {
        if (signal.aborted) return { done: false, from };
        await send('DELETE', `/namespaces/${encodeURIComponent(one)}`, undefined).catch((error: unknown) => {
          if (!isNotThere(error)) throw error;
        });
      }
      return dropWords(name, signal, from);
    },
  };
}
