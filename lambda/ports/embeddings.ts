/** Turns texts into vectors. Documents and questions are kept apart: some models embed them differently. */
export interface Embeddings {
  /** One vector a text, in their order. Throws `EmbeddingFailure`. */
  embed(texts: readonly string[], as: EmbeddedAs, signal: AbortSignal): Promise<readonly Vector[]>;
}

export type EmbeddedAs = 'document' | 'query';

/** As the store takes it: numbers of the model's dimension; of a model that makes bits, each 0 or 1. */
export type Vector = readonly number[];

/** One call of an embedding model at a time, as large as the model takes it. Throws `EmbeddingFailure`. */
export interface EmbeddingCalls extends Embeddings {
  /** Most texts of one call. */
  readonly mostTexts: number;
  /** Most characters of a text, besides its tokens; absent where tokens alone count. */
  readonly mostCharacters?: number;
}

/** How a batch job is asked for the vector of one text, and what it answers. */
export interface BatchBodies {
  /** Most characters of a text, besides its tokens; absent where tokens alone count. */
  readonly mostCharacters?: number;
  request(text: string): object;
  /** Throws where the answer has no vector. */
  vector(answer: unknown): Vector;
}

/** throttled and unavailable pass; refused is the text's own fault. */
export class EmbeddingFailure extends Error {
  readonly tooLong: boolean;

  constructor(readonly kind: 'throttled' | 'unavailable' | 'refused', message: string, options?: ErrorOptions & { /** Less of the text would be taken. */ readonly tooLong?: boolean }) {
    super(message, options);
    this.tooLong = options?.tooLong ?? false;
    this.name = 'EmbeddingFailure';
  }
}

/** Told by its name: what embeds may be a part of its own, with a class of its own. */
export function isEmbeddingFailure(error: unknown): error is EmbeddingFailure {
  return error instanceof Error && error.name === 'EmbeddingFailure';
}
