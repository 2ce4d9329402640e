import { bind } from './bound-role';
import { EmbeddingModel, Geography, RerankModel, type EmbeddingBinding } from '../../lib';

const bound = (model: EmbeddingModel): EmbeddingBinding => bind((stack, role) => model.bind(stack, role)).binding;

describe('EmbeddingModel', () => {
  test('is Titan Text Embeddings v2 when none is named', () => {
    expect(bound(EmbeddingModel.standard())).toEqual({
      modelId: 'amazon.titan-embed-text-v2:0',
      modelArn: 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.titan-embed-text-v2:0',
      modelName: 'amazon.titan-embed-text-v2:0',
      baseModelId: 'amazon.titan-embed-text-v2:0',
      dimension: 1024,
      binary: false,
      multimodal: false,
      dimensions: [256, 512, 1024],
      inputTokens: 8192,
      batch: true,
      prices: { asOf: '2026-11-20', input: 0.02 },
    });
  });

  test('makes vectors as long as you ask', () => {
    expect(bound(EmbeddingModel.crossRegion(Geography.EU, 'cohere.embed-v4:0', { dimension: 512 })).dimension).toBe(512);
  });

  test('takes a model that nobody knows, once you say how long its vectors are', () => {
    expect(bound(EmbeddingModel.foundation('acme.embed', { dimension: 768, inputTokens: 2048 })))
      .toMatchObject({ modelId: 'acme.embed', modelName: 'acme.embed', dimension: 768, dimensions: [768], inputTokens: 2048 });
  });

  test('makes vectors of bits where the model can', () => {
    expect(bound(EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { binary: true })).binary).toBe(true);
  });

  test('is named to a knowledge base by its profile, where one leads to it', () => {
    expect(bound(EmbeddingModel.crossRegion(Geography.EU, 'cohere.embed-v4:0')).modelArn)
      .toBe('arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/eu.cohere.embed-v4:0');
  });

  test('can stand behind an application inference profile', () => {
    const { binding, template } = bind((stack, role) => EmbeddingModel.application(stack, 'Index', { source: EmbeddingModel.standard(), dimension: 256 }).bind(stack, role));
    template.resourceCountIs('AWS::Bedrock::ApplicationInferenceProfile', 1);
    expect([binding.dimension, binding.prices?.input]).toEqual([256, 0.02]);
  });

  test('has no price by the token where capacity was bought', () => {
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc';
    expect(bound(EmbeddingModel.provisioned(arn, { baseModelId: 'amazon.titan-embed-text-v2:0' })).prices).toBeUndefined();
  });

  test.each<[string, EmbeddingModel, string]>([
    ['a length that the model does not offer', EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { dimension: 300 }),
      "'dimension' of 'amazon.titan-embed-text-v2:0' must be one of 256, 512, 1024, got 300"],
    ['vectors of bits from a model that makes none', EmbeddingModel.foundation('cohere.embed-v4:0', { binary: true }),
      "'binary' must be left out with 'cohere.embed-v4:0', which makes float vectors only, got true: leave it out, or take one of amazon.titan-embed-text-v2:0"],
    ['an unknown model without a length', EmbeddingModel.foundation('acme.embed'), "'dimension' must say how long the vectors of 'acme.embed' are"],
    ['a profile’s id as a foundation model', EmbeddingModel.foundation('eu.cohere.embed-v4:0'), "use EmbeddingModel.crossRegion(Geography.EU, 'cohere.embed-v4:0')"],
    ['a model that answers prompts', EmbeddingModel.foundation('amazon.nova-pro-v1:0'), "'amazon.nova-pro-v1:0' answers prompts, so it is no EmbeddingModel: use Model"],
    ['a fraction of a token', EmbeddingModel.foundation('acme.embed', { dimension: 8, inputTokens: 0.5 }), "'inputTokens' must be a whole number"],
  ])('refuses %s', (_, model, message) => {
    expect(() => bound(model)).toThrow(message);
  });
});

describe('RerankModel', () => {
  const MODEL = 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model';

  test('is Amazon Rerank when none is named', () => {
    expect(bind((stack, role) => RerankModel.standard().bind(stack, role)).binding)
      .toEqual({ modelArn: `${MODEL}/amazon.rerank-v1:0`, modelName: 'amazon.rerank-v1:0', maxPassages: 1000 });
  });

  test('knows what a thousand questions cost', () => {
    expect(bind((stack, role) => RerankModel.foundation('cohere.rerank-v3-5:0', { name: 'reranker' }).bind(stack, role)).binding).toEqual({
      modelArn: `${MODEL}/cohere.rerank-v3-5:0`, modelName: 'reranker', maxPassages: 1000, prices: { asOf: '2026-11-20', thousandQueries: 2 },
    });
  });
});
