import type { Vector } from './embeddings';

/** Vectors that were made before, by what they were made of. Both may fail: who asks does without. */
export interface Vectors {
  /** Those that are known, by key. */
  find(keys: readonly string[]): Promise<ReadonlyMap<string, Vector>>;
  keep(vectors: ReadonlyMap<string, Vector>): Promise<void>;
}
