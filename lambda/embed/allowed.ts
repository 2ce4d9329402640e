import { type EmbeddingCalls, EmbeddingFailure } from '../ports/embeddings';

/** Calls of a model that only some deployments may call: this one may not, and says so before the service does. */
export function ifAllowed(calls: EmbeddingCalls, modelId: string, models: readonly string[]): EmbeddingCalls {
  if (models.includes(modelId)) return calls;
  const message = `the index was embedded by '${modelId}', which this deployment may not call: `
    + 'name that model as \'previousEmbedding\' of Reindexing.blueGreen() until the new index answers';
  return { ...calls, embed: async () => { throw new EmbeddingFailure('unavailable', message); } };
}
