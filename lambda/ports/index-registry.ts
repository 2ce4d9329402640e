import type { Indexes } from '../../lib/contract/reindexing';

/** Which indexes there are, and which one answers. */
export interface IndexRegistry {
  /** As it is now, with the revision that `save` asks for; undefined where nothing was ever written. */
  read(): Promise<{ readonly indexes: Indexes; readonly revision: number } | undefined>;
  /** Gives whether it was written; it is not where another has written since the revision that is named. */
  save(indexes: Indexes, revision: number | undefined): Promise<boolean>;
}
