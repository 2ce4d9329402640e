import { type Indexes, POINTER_SECONDS, POINTER_SECONDS_BEFORE } from '../../lib/contract/reindexing';

/**
 * Which indexes there are, as it was read a few seconds ago at most. Where it cannot be read, what was read last still holds: what answered then is kept for
 * longer than anybody is cut off from the table.
 */
export function answeringIndex(read: () => Promise<Indexes | undefined>, { now }: { now(): number }): () => Promise<Indexes> {
  let last: { readonly indexes: Indexes; readonly until: number } | undefined;
  let reading: Promise<Indexes> | undefined;
  const again = async () => {
    try {
      const indexes = await read() ?? { known: {} };
      last = { indexes, until: now() + 1000 * (indexes.answering === undefined ? POINTER_SECONDS_BEFORE : POINTER_SECONDS) };
      return indexes;
    } catch (error) {
      if (last) return last.indexes;
      throw error;
    } finally {
      reading = undefined;
    }
  };
  return async () => (last && now() < last.until ? last.indexes : reading ??= again());
}

/** Whether an index is being built that is to answer, and has not been found to be worse. */
export function isBuilding({ wanted, answering, known }: Indexes): boolean {
  return wanted !== undefined && wanted !== answering && !known[wanted]?.refused;
}
