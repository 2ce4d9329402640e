import { type BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { EMBEDDING_BODIES, type Fields } from './embedding-bodies';
import type { EmbeddingPolicy } from '../../lib/contract/diy-rag';
import { type EmbeddingCalls, EmbeddingFailure } from '../ports/embeddings';

/** Embedding models of Bedrock. The client must not retry: the core does, with jitter and within the time that is left. */
export function bedrockEmbeddings(client: BedrockRuntimeClient, policy: EmbeddingPolicy): EmbeddingCalls {
  const { mostTexts, mostCharacters, request, vectors } = EMBEDDING_BODIES[policy.family];
  return {
    mostTexts,
    mostCharacters,
    async embed(texts, as, abortSignal) {
      try {
        const { body } = await client.send(new InvokeModelCommand({
          modelId: policy.modelId, contentType: 'application/json', accept: 'application/json', body: JSON.stringify(request(texts, as, policy)),
        }), { abortSignal });
        return vectors(JSON.parse(Buffer.from(body).toString('utf8')) as Fields, policy);
      } catch (error) {
        throw abortSignal.aborted ? error : translated(error);
      }
    },
  };
}

const THROTTLED = ['ThrottlingException', 'ServiceQuotaExceededException', 'TooManyRequestsException', 'ModelNotReadyException'];
const UNAVAILABLE = ['ServiceUnavailableException', 'InternalServerException', 'ModelErrorException', 'ModelTimeoutException'];
const TOO_LONG = /too many (input )?tokens|too long|max(imum)? (input )?(tokens|length)|maxLength/i;

function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EmbeddingFailure || error instanceof TypeError || error instanceof RangeError) return error;
  const behind = { cause: error };
  if (THROTTLED.includes(error.name)) return new EmbeddingFailure('throttled', error.message, behind);
  if (UNAVAILABLE.includes(error.name)) return new EmbeddingFailure('unavailable', error.message, behind);
  if (error.name === 'ValidationException') return new EmbeddingFailure('refused', error.message, { ...behind, tooLong: TOO_LONG.test(error.message) });
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  // What has no answer from the service at all is the network's failure; what it forbids is the deployment's.
  return status === undefined || status >= 500 ? new EmbeddingFailure('unavailable', error.message, behind) : error;
}
