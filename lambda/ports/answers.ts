import type { Embeddings } from './embeddings';
import type { Passage, Scalar } from './passages';

/** Answers that were given before. Any of it may fail: who asks does without. */
export interface Answers {
  /** Of what the index holds for a tenant, or for everybody. */
  generation(tenant: Scalar | undefined): Promise<Generation>;
  /** The newest questions of a scope that are not over by now, the newest first. */
  questions(scope: string, now: number): Promise<readonly KeptQuestion[]>;
  find(answer: string): Promise<KeptAnswer | undefined>;
  keep(question: Omit<KeptQuestion, 'answer'>, answer: KeptAnswer, expiresAt: number): Promise<void>;
}

export interface Generation {
  /** Another with every change. */
  readonly id: string;
  /** When the last change was, in milliseconds since 1970. */
  readonly changedAt: number;
}

export interface KeptQuestion {
  /** Its direction is what counts: numbers may be rounded. */
  readonly vector: ArrayLike<number>;
  /** Parts of it that two questions must have alike, however near they are. */
  readonly telling: string;
  readonly answer: string;
}

export interface KeptAnswer {
  readonly scope: string;
  readonly text: string;
  /** What the model that wrote it is called. */
  readonly model: string;
  readonly passages: readonly Passage[];
  /** In milliseconds since 1970. */
  readonly answeredAt: number;
}

/** The index that answers. */
export interface AskedIndex {
  current(): Promise<{
    /** Told apart from every other, and from itself made in another way. */
    readonly id: string;
    readonly embeddings: Embeddings;
  }>;
}

/** Hears that an index has changed, once its store gives what it holds now. */
export interface Generations {
  /** @param tenants whose documents have; undefined for all */
  raise(tenants: readonly (Scalar | undefined)[]): Promise<void>;
}
