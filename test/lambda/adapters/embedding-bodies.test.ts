import { batchBodies, EMBEDDING_BODIES } from '../../../lambda/adapters/embedding-bodies';
import type { EmbeddingFamily, EmbeddingPolicy } from '../../../lib/contract/diy-rag';

const policyOf = (family: EmbeddingFamily): EmbeddingPolicy => ({ modelId: family, family, dimension: 1_024, binary: false, inputTokens: 512, concurrency: 1 });

/** What the makers' own references call the two. */
test.each<[EmbeddingFamily, object, object]>([
  ['cohereV3', { input_type: 'search_query' }, { input_type: 'search_document' }],
  ['cohereV4', { input_type: 'search_query' }, { input_type: 'search_document' }],
  ['nova', { singleEmbeddingParams: expect.objectContaining({ embeddingPurpose: 'TEXT_RETRIEVAL' }) }, { singleEmbeddingParams: expect.objectContaining({ embeddingPurpose: 'GENERIC_INDEX' }) }],
])('%s is told of a question that it is one, and of a document, also in a batch job, that it is one', (family, question, document) => {
  const policy = policyOf(family);
  const { request } = EMBEDDING_BODIES[family];
  expect(request(['text'], 'query', policy)).toMatchObject(question);
  expect(request(['text'], 'document', policy)).toMatchObject(document);
  expect(batchBodies(policy).request('text')).toMatchObject(document);
});

test('Titan takes both alike, and is told of neither', () => {
  const { request } = EMBEDDING_BODIES.titan;
  expect(request(['text'], 'query', policyOf('titan'))).toEqual(request(['text'], 'document', policyOf('titan')));
});
