import type { EmbeddingFamily, EmbeddingPolicy } from '../../lib/contract/diy-rag';
import { type BatchBodies, type EmbeddedAs, EmbeddingFailure, type Vector } from '../ports/embeddings';

/** How one maker's models are asked, and what they answer. */
export interface EmbeddingBody {
  readonly mostTexts: number;
  readonly mostCharacters?: number;
  request(texts: readonly string[], as: EmbeddedAs, policy: EmbeddingPolicy): object;
  vectors(answer: Fields, policy: EmbeddingPolicy): readonly Vector[];
}

export type Fields = Readonly<Record<string, unknown>>;

/** `embeddings` is a list of vectors, or by type where types were asked for. */
interface CohereAnswer {
  readonly embeddings?: readonly Vector[] | { readonly float?: readonly Vector[]; readonly ubinary?: readonly Vector[] };
}

export const EMBEDDING_BODIES: Readonly<Record<EmbeddingFamily, EmbeddingBody>> = {
  titan: {
    mostTexts: 1,
    mostCharacters: 50_000,
    request: ([inputText], _, { dimension, binary }) => ({ inputText, dimensions: dimension, normalize: true, embeddingTypes: [binary ? 'binary' : 'float'] }),
    vectors: ({ embedding, embeddingsByType }, { binary }) => {
      const byType = embeddingsByType as { readonly float?: Vector; readonly binary?: Vector } | undefined;
      return [numbers(binary ? byType?.binary : byType?.float ?? embedding)];
    },
  },
  cohereV3: {
    mostTexts: 96,
    mostCharacters: 2_048,
    request: (texts, as, { binary }) => ({ texts, input_type: inputType(as), truncate: 'END', embedding_types: [binary ? 'ubinary' : 'float'] }),
    vectors: cohereVectors,
  },
  cohereV4: {
    mostTexts: 96,
    request: (texts, as, { dimension, binary }) => ({
      texts, input_type: inputType(as), truncate: 'RIGHT', output_dimension: dimension, embedding_types: [binary ? 'ubinary' : 'float'],
    }),
    vectors: cohereVectors,
  },
  nova: {
    mostTexts: 1,
    mostCharacters: 8_192,
    request: ([value], as, { dimension }) => ({
      schemaVersion: 'nova-multimodal-embed-v1',
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: as === 'query' ? 'TEXT_RETRIEVAL' : 'GENERIC_INDEX',
        embeddingDimension: dimension,
        text: { truncationMode: 'END', value },
      },
    }),
    vectors: ({ embeddings }) => [numbers((embeddings as readonly { readonly embedding?: unknown }[] | undefined)?.[0]?.embedding)],
  },
};

/** One text of a document a record, as the same model takes and answers them in a batch job. */
export function batchBodies(policy: EmbeddingPolicy): BatchBodies {
  const { mostCharacters, request, vectors } = EMBEDDING_BODIES[policy.family];
  return { mostCharacters, request: (text) => request([text], 'document', policy), vector: (answer) => numbers(vectors(answer as Fields, policy)[0]) };
}

function inputType(as: EmbeddedAs): string {
  return as === 'query' ? 'search_query' : 'search_document';
}

function cohereVectors(answer: CohereAnswer, { binary }: EmbeddingPolicy): readonly Vector[] {
  const { embeddings } = answer;
  const byType = Array.isArray(embeddings) ? { float: embeddings as readonly Vector[] } : embeddings as Exclude<CohereAnswer['embeddings'], readonly Vector[]>;
  const lists = (binary ? byType?.ubinary : byType?.float) ?? [];
  return lists.map((list) => (binary ? bitsOf(numbers(list)) : numbers(list)));
}

/** Eight of them lie in a byte, the first one highest. */
function bitsOf(bytes: Vector): Vector {
  return bytes.flatMap((byte) => Array.from({ length: 8 }, (_, place) => Math.floor(byte / 2 ** (7 - place)) % 2));
}

function numbers(value: unknown): Vector {
  if (Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)) return value as Vector;
  throw new EmbeddingFailure('refused', 'the model answered without a vector of the kind that it was asked for');
}
