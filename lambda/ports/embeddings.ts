/** Turns texts into vectors. Documents and questions are kept apart: some models embed them differently. */
export interface Embeddings {
  /** One vector a text, in their order. Throws `EmbeddingFailure`. */
  embed(texts: readonly string[], as: 'document' | 'query', signal: AbortSignal): Promise<readonly Vector[]>;
}

/** As the store takes it: numbers of the model's dimension. */
export type Vector = readonly number[];

/** throttled and unavailable pass; refused is the text's own fault. */
export class EmbeddingFailure extends Error {
  constructor(readonly kind: 'throttled' | 'unavailable' | 'refused', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddingFailure';
  }
}

/** Told by its name: what embeds may be a part of its own, with a class of its own. */
export function isEmbeddingFailure(error: unknown): error is EmbeddingFailure {
  return error instanceof Error && error.name === 'EmbeddingFailure';
}
