import { type IConstruct } from 'constructs';
import { type EmbeddingFamily, type EmbeddingPolicy } from '../contract/diy-rag';
import { fail } from '../internal/validation';
import { type EmbeddingBinding } from '../model';

/** What a model is asked with, by how its id begins. */
const FAMILIES: readonly (readonly [string, EmbeddingFamily])[] = [
  ['amazon.titan-embed-text-v2', 'titan'],
  ['cohere.embed-english-v3', 'cohereV3'],
  ['cohere.embed-multilingual-v3', 'cohereV3'],
  ['cohere.embed-v4', 'cohereV4'],
  ['amazon.nova-2-multimodal-embeddings', 'nova'],
];

/** What every model of these takes, where nobody says how much this one does. */
const CAREFUL_TOKENS = 512;
/** Calls under way at once, few enough for the quotas that new accounts have. */
const CONCURRENCY = 8;

/** How handlers ask an embedding model. */
export function embeddingPolicy(scope: IConstruct, binding: EmbeddingBinding): EmbeddingPolicy {
  const { baseModelId, modelId, dimension, binary, inputTokens = CAREFUL_TOKENS } = binding;
  const [, family] = FAMILIES.find(([id]) => baseModelId?.startsWith(id)) ?? [];
  if (family === undefined) {
    const known = FAMILIES.map(([id]) => id).join(', ');
    fail(scope, `'embedding' must be a model of one of the kinds ${known}, got ${baseModelId ?? `'${modelId}', of which nobody says what it is: name the model by 'baseModelId'`}`);
  }
  if (binary && family === 'nova') fail(scope, `'binary' must be left out with '${baseModelId}', which makes float vectors only, got true`);
  return { modelId, family, dimension, binary, inputTokens, concurrency: CONCURRENCY };
}
