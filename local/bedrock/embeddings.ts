import type { Fields } from './operation';
import { refuse } from './refusal';
import { countTokens } from './tokens';
import { embed } from '../knowledge/embedding';

/** What an embedding model answers, and how many tokens it was given. */
export interface EmbeddingAnswer {
  readonly body: object;
  readonly tokens: number;
}

interface EmbeddingModel {
  readonly id: RegExp;
  answer(request: Fields): EmbeddingAnswer;
}

const MOST_TOKENS = 8_192;

/** The models that are called by InvokeModel, each with a body of its own. */
const MODELS: readonly EmbeddingModel[] = [
  { id: /^amazon\.titan-embed-text-v2:0$/, answer: titan },
  { id: /^cohere\.embed-(?:english|multilingual)-v3$/, answer: (request) => cohere(request, { mostCharacters: 2_048, dimensions: [1024], truncate: ['NONE', 'START', 'END'] }) },
  { id: /^cohere\.embed-v4:0$/, answer: (request) => cohere(request, { dimensions: [256, 384, 512, 768, 1024, 1536], truncate: ['NONE', 'LEFT', 'RIGHT'] }) },
  { id: /^amazon\.nova-2-multimodal-embeddings-v1:0$/, answer: nova },
];

/** Answers as the service does: vectors tell of the words of a text, so that texts which share words are near. */
export function embeddingAnswer(bareId: string | undefined, request: Fields): EmbeddingAnswer {
  const model = MODELS.find(({ id }) => id.test(bareId ?? ''));
  return model?.answer(request) ?? refuse(`the local InvokeModel has embedding models only, and knows no '${bareId}'`);
}

function titan(request: Fields): EmbeddingAnswer {
  checkFields(request, ['inputText', 'dimensions', 'normalize', 'embeddingTypes']);
  const text = textOf(request.inputText, 'inputText', 50_000);
  const dimension = oneOf(request.dimensions ?? 1024, [256, 512, 1024], 'dimensions');
  const types = typesOf(request.embeddingTypes ?? ['float'], ['float', 'binary'], 'embeddingTypes');
  const tokens = tokensOf([text]);
  if (tokens > MOST_TOKENS) refuse(`400 Bad Request: Too many input tokens. Max input tokens: ${MOST_TOKENS}, request input token count: ${tokens}`);
  const vector = vectorOf(text, dimension);
  const embeddingsByType = { ...(types.includes('float') && { float: vector }), ...(types.includes('binary') && { binary: vector.map(bit) }) };
  return { body: { ...(types.includes('float') && { embedding: vector }), embeddingsByType, inputTextTokenCount: tokens }, tokens };
}

interface CohereRules {
  readonly mostCharacters?: number;
  readonly dimensions: readonly number[];
  readonly truncate: readonly string[];
}

function cohere(request: Fields, { mostCharacters, dimensions, truncate }: CohereRules): EmbeddingAnswer {
  const chosen = dimensions.length > 1;
  checkFields(request, ['texts', 'input_type', 'truncate', 'embedding_types', ...chosen ? ['output_dimension', 'max_tokens'] : []]);
  const given = request.texts;
  if (!Array.isArray(given) || given.length === 0 || given.length > 96) refuse('Malformed input request: #/texts: expected between 1 and 96 items, please reformat your input and try again.');
  const texts = (given as unknown[]).map((text, at) => textOf(text, `texts/${at}`, mostCharacters));
  oneOf(request.input_type, ['search_document', 'search_query', 'classification', 'clustering'], 'input_type');
  oneOf(request.truncate ?? 'NONE', truncate, 'truncate');
  const dimension = chosen ? oneOf(request.output_dimension ?? 1536, dimensions, 'output_dimension') : dimensions[0];
  const vectors = texts.map((text) => vectorOf(text, dimension));
  const common = { id: 'local', texts };
  if (request.embedding_types === undefined) return { body: { ...common, embeddings: vectors, response_type: 'embeddings_floats' }, tokens: tokensOf(texts) };
  const types = typesOf(request.embedding_types, ['float', 'ubinary'], 'embedding_types');
  const embeddings = { ...(types.includes('float') && { float: vectors }), ...(types.includes('ubinary') && { ubinary: vectors.map(packed) }) };
  return { body: { ...common, embeddings, response_type: 'embeddings_by_type' }, tokens: tokensOf(texts) };
}

function nova(request: Fields): EmbeddingAnswer {
  checkFields(request, ['schemaVersion', 'taskType', 'singleEmbeddingParams']);
  oneOf(request.schemaVersion ?? 'nova-multimodal-embed-v1', ['nova-multimodal-embed-v1'], 'schemaVersion');
  oneOf(request.taskType, ['SINGLE_EMBEDDING'], 'taskType');
  const parameters = (request.singleEmbeddingParams ?? {}) as Fields;
  checkFields(parameters, ['embeddingPurpose', 'embeddingDimension', 'text']);
  oneOf(parameters.embeddingPurpose, ['GENERIC_INDEX', 'GENERIC_RETRIEVAL', 'TEXT_RETRIEVAL', 'DOCUMENT_RETRIEVAL', 'CLASSIFICATION', 'CLUSTERING'], 'embeddingPurpose');
  const dimension = oneOf(parameters.embeddingDimension ?? 3072, [256, 384, 1024, 3072], 'embeddingDimension');
  const { value, truncationMode } = (parameters.text ?? {}) as Fields;
  oneOf(truncationMode, ['START', 'END', 'NONE'], 'text/truncationMode');
  const text = textOf(value, 'text/value', 8_192);
  return { body: { embeddings: [{ embeddingType: 'TEXT', embedding: vectorOf(text, dimension) }] }, tokens: tokensOf([text]) };
}

/** A text without words has a vector too, and a model's vector is never zero. */
function vectorOf(text: string, dimension: number): number[] {
  const vector = [...embed(text, dimension)];
  return vector.some((value) => value !== 0) ? vector : vector.map((_, at) => (at === 0 ? 1 : 0));
}

const bit = (value: number) => (value > 0 ? 1 : 0);

function packed(vector: readonly number[]): number[] {
  return Array.from({ length: vector.length / 8 }, (_, byte) => vector.slice(byte * 8, byte * 8 + 8).reduce((bits, value) => bits * 2 + bit(value), 0));
}

function tokensOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + countTokens(text), 0);
}

function checkFields(request: Fields, known: readonly string[]): void {
  const unknown = Object.keys(request).find((field) => !known.includes(field));
  if (unknown !== undefined) refuse(`Malformed input request: #: extraneous key [${unknown}] is not permitted, please reformat your input and try again.`);
}

function textOf(value: unknown, name: string, most = Infinity): string {
  if (typeof value !== 'string' || value.length === 0) return refuse(`Malformed input request: #/${name}: expected minLength: 1, actual: 0, please reformat your input and try again.`);
  if (value.length > most) refuse(`Malformed input request: #/${name}: expected maxLength: ${most}, actual: ${value.length}, please reformat your input and try again.`);
  return value;
}

function oneOf<T>(value: unknown, values: readonly T[], name: string): T {
  if (!values.includes(value as T)) refuse(`Malformed input request: #/${name}: ${JSON.stringify(value)} is not a valid enum value, please reformat your input and try again.`);
  return value as T;
}

function typesOf(value: unknown, known: readonly string[], name: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) refuse(`Malformed input request: #/${name}: expected at least one item, please reformat your input and try again.`);
  for (const type of value as unknown[]) oneOf(type, known, name);
  return value as string[];
}
