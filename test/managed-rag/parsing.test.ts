import { type Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type BaseProps, defineBase } from './define-base';
import { DataSource, EmbeddingModel, Geography, KnowledgeStore, Model, ModelRouter, Parsing } from '../../lib';

const store = KnowledgeStore.s3Vectors();
const NOVA = Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0');
const NOVA_VECTORS = EmbeddingModel.foundation('amazon.nova-2-multimodal-embeddings-v1:0');
const read = (parsing: Parsing | ((stack: Stack) => Parsing), props: Partial<BaseProps> = {}) =>
  defineBase({ store, ...props, sources: (stack) => [DataSource.s3(undefined, { parsing: typeof parsing === 'function' ? parsing(stack) : parsing })] });

describe('Parsing', () => {
  test('has a model look at pages, by your prompt', () => {
    const { sources, granted } = read(Parsing.foundationModel(NOVA, { prompt: 'Write down the tables.' }));
    const modelArn = 'arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/us.amazon.nova-pro-v1:0';
    expect(sources[0].ingestion).toEqual({
      parsingConfiguration: {
        parsingStrategy: 'BEDROCK_FOUNDATION_MODEL',
        bedrockFoundationModelConfiguration: { modelArn, parsingPrompt: { parsingPromptText: 'Write down the tables.' } },
      },
    });
    expect(granted()).toEqual(expect.arrayContaining([`bedrock:InvokeModel on ${modelArn}`, `bedrock:GetInferenceProfile on ${modelArn}`]));
  });

  test('reads by Data Automation, which runs in Regions of its own choosing', () => {
    const { sources, granted } = read(Parsing.dataAutomation());
    expect(sources[0].ingestion).toEqual({ parsingConfiguration: { parsingStrategy: 'BEDROCK_DATA_AUTOMATION' } });
    expect(granted()).toEqual(expect.arrayContaining([
      'bedrock:InvokeDataAutomationAsync on arn:${AWS::Partition}:bedrock:${AWS::Region}:aws:data-automation-project/public-rag-default',
      'bedrock:GetDataAutomationStatus on arn:${AWS::Partition}:bedrock:*:${AWS::AccountId}:data-automation-invocation/*',
    ]));
  });

  test('keeps images in one private bucket for all sources', () => {
    const { template, sources, granted } = defineBase({
      store,
      sources: () => [
        DataSource.s3(undefined, { parsing: Parsing.dataAutomation({ keepImages: true }) }),
        DataSource.s3(undefined, { parsing: Parsing.foundationModel(NOVA, { keepImages: true }) }),
      ],
    });
    expect(sources.map(({ ingestion }) => JSON.stringify(ingestion))).toEqual([expect.stringContaining('MULTIMODAL'), expect.stringContaining('MULTIMODAL')]);
    expect(Object.keys(template().findResources('AWS::S3::Bucket')).filter((id) => id.startsWith('Images'))).toHaveLength(1);
    expect(granted().filter((each) => /^s3:(Get|Put|Delete)Object on \$\{Images/.test(each))).toHaveLength(3);
  });

  test('keeps images where you say', () => {
    const { template, granted } = read((stack) => Parsing.dataAutomation({ keepImages: true, imageBucket: Bucket.fromBucketName(stack, 'Given', 'images') }));
    expect(Object.keys(template().findResources('AWS::S3::Bucket')).filter((id) => id.startsWith('Images'))).toEqual([]);
    expect(granted()).toContain('s3:PutObject on arn:${AWS::Partition}:s3:::images/*');
  });

  test('leaves images, sound and films to an embedding model that takes them, and keeps them', () => {
    const { template, sources } = read(Parsing.multimodal(), { embedding: NOVA_VECTORS });
    expect(sources[0].ingestion).toBeUndefined();
    expect(Object.keys(template().findResources('AWS::S3::Bucket')).filter((id) => id.startsWith('Images'))).toHaveLength(1);
    expect(read(Parsing.multimodal(), { embedding: NOVA_VECTORS, store: KnowledgeStore.managed() }).sources[0].ingestion)
      .toEqual({ parsingConfiguration: { parsingStrategy: 'MULTI_MODAL_EMBEDDINGS' } });
  });

  test.each<[string, Parsing | ((stack: Stack) => Parsing), Partial<BaseProps>, string]>([
    ['a model that sees nothing', Parsing.foundationModel(Model.foundation('amazon.nova-micro-v1:0')), {}, "'parsing.model' must take images, for it looks at pages, got 'amazon.nova-micro-v1:0'"],
    ['a router', Parsing.foundationModel(new ModelRouter({ model: NOVA, fallback: [Model.foundation('amazon.nova-lite-v1:0')] })), {}, "'parsing.model' must be one model"],
    ['an endless prompt', Parsing.foundationModel(NOVA, { prompt: 'x'.repeat(10_001) }), {}, "'parsing.prompt' must have between 1 and 10000 characters, got 10001"],
    ['a place for images that nobody keeps', (stack) => Parsing.dataAutomation({ imageBucket: new Bucket(stack, 'Given') }), {}, "'parsing.imageBucket' must be left out where no image is kept"],
    ['images for a model of text', Parsing.multimodal(), {}, "'embedding' must be a model that takes images as they are with Parsing.multimodal()"],
    ['a parser for a managed knowledge base', Parsing.dataAutomation(), { store: KnowledgeStore.managed() }, 'which reads tables, figures and scans by itself, got Parsing.dataAutomation()'],
  ])('refuses %s', (_, parsing, props, message) => {
    expect(() => read(parsing, props)).toThrow(message);
  });

  test('refuses two places for images', () => {
    const sources = (stack: Stack) => ['One', 'Two'].map((id) => DataSource.s3(undefined, { parsing: Parsing.dataAutomation({ keepImages: true, imageBucket: new Bucket(stack, id) }) }));
    expect(() => defineBase({ store, sources })).toThrow("'parsing.imageBucket' must be the same in all sources of a knowledge base");
  });
});
