import { type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type BaseProps, defineBase } from './define-base';
import { Chunking, DataDeletion, DataSource, EmbeddingModel, KnowledgeStore } from '../../lib';

const store = KnowledgeStore.s3Vectors();
const COHERE = EmbeddingModel.foundation('cohere.embed-multilingual-v3');
const cut = (chunking: (stack: Stack) => Chunking, props: Partial<BaseProps> = {}) =>
  defineBase({ store, ...props, sources: (stack) => [DataSource.s3(undefined, { chunking: chunking(stack) })] });
const chunker = (stack: Stack) => new LambdaFunction(stack, 'Chunker', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('//') });

describe('Chunking', () => {
  test.each<[string, Chunking, object]>([
    ['not at all', Chunking.none(), { chunkingStrategy: 'NONE' }],
    ['into 300 tokens with a fifth in common', Chunking.fixedSize(), { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration: { maxTokens: 300, overlapPercentage: 20 } }],
    ['into pieces of your size', Chunking.fixedSize({ maxTokens: 900, overlapPercentage: 5 }),
      { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration: { maxTokens: 900, overlapPercentage: 5 } }],
    ['into pieces within pieces', Chunking.hierarchical(),
      { chunkingStrategy: 'HIERARCHICAL', hierarchicalChunkingConfiguration: { levelConfigurations: [{ maxTokens: 1500 }, { maxTokens: 300 }], overlapTokens: 60 } }],
    ['where the meaning changes', Chunking.semantic({ bufferSize: 1 }),
      { chunkingStrategy: 'SEMANTIC', semanticChunkingConfiguration: { maxTokens: 300, bufferSize: 1, breakpointPercentileThreshold: 95 } }],
  ])('cuts %s', (_, chunking, expected) => {
    expect(cut(() => chunking).sources[0].ingestion).toEqual({ chunkingConfiguration: expected });
  });

  test('is left to the service when none is named', () => {
    expect(defineBase({ store, sources: () => [DataSource.s3()] }).sources[0].ingestion).toBeUndefined();
  });

  test('goes through a function of yours, over a bucket that forgets', () => {
    const { sources, template, granted } = cut((stack) => Chunking.lambda(chunker(stack)), { encrypted: true });
    expect(sources[0].ingestion).toEqual({
      chunkingConfiguration: { chunkingStrategy: 'NONE' },
      customTransformationConfiguration: {
        intermediateStorage: { s3Location: { uri: expect.stringMatching(/^s3:\/\/\$\{Source0ChunkTransformBucket/) } },
        transformations: [{ stepToApply: 'POST_CHUNKING', transformationFunction: { transformationLambdaConfiguration: { lambdaArn: '${Chunker625ED8CF.Arn}' } } }],
      },
    });
    template().hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Id: 'Passing', ExpirationInDays: 1 })]) } });
    const rights = granted();
    expect(rights).toContain('lambda:InvokeFunction on ${Chunker625ED8CF.Arn}');
    expect(rights.filter((each) => /^s3:(Get|Put)Object on \$\{Source0ChunkTransformBucket.*\/\*$/.test(each))).toHaveLength(2);
    template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: ['s3:GetObject', 's3:PutObject'] }), Match.objectLike({ Action: Match.arrayWith(['kms:Decrypt']) })]) },
    });
  });

  test('is cut before the function sees it, if you like', () => {
    const { sources } = cut((stack) => Chunking.lambda(chunker(stack), { before: Chunking.fixedSize() }));
    expect(sources[0].ingestion?.chunkingConfiguration).toMatchObject({ chunkingStrategy: 'FIXED_SIZE' });
  });

  test('may be chosen for a managed knowledge base with a model of yours', () => {
    expect(cut(() => Chunking.fixedSize(), { store: KnowledgeStore.managed(), embedding: COHERE }).sources[0].ingestion).toBeDefined();
  });

  test('deletes passages with their source, unless told', () => {
    expect(cut(() => Chunking.none()).sources[0].deletion).toBe('DELETE');
    expect(defineBase({ store, sources: () => [DataSource.s3(undefined, { deletion: DataDeletion.RETAIN })] }).sources[0].deletion).toBe('RETAIN');
  });

  test.each<[string, (stack: Stack) => Chunking, Partial<BaseProps>, string]>([
    ['passages without a token', () => Chunking.fixedSize({ maxTokens: 0 }), {}, "'chunking.maxTokens' must be a whole number between 1 and 8192, got 0"],
    ['passages that the model cannot read', () => Chunking.semantic({ maxTokens: 600 }), { embedding: COHERE },
      "'chunking.maxTokens' must be a whole number between 1 and 512, which is what the embedding model takes, got 600"],
    ['passages that are all overlap', () => Chunking.fixedSize({ overlapPercentage: 100 }), {}, "'chunking.overlapPercentage' must be a whole number between 1 and 99, got 100"],
    ['children larger than their parents', () => Chunking.hierarchical({ parentTokens: 200 }), {}, "'chunking.childTokens' must be a whole number between 1 and 200"],
    ['children that are all overlap', () => Chunking.hierarchical({ childTokens: 50 }), {}, "'chunking.overlapTokens' must be a whole number between 1 and 50"],
    ['a percentile below the half', () => Chunking.semantic({ breakpointPercentile: 20 }), {}, "'chunking.breakpointPercentile' must be a whole number between 50 and 99, got 20"],
    ['a function behind a function', (stack) => Chunking.lambda(chunker(stack), { before: Chunking.lambda({ grantInvoke: 1 } as never) }), {}, "'chunking.before' must be a way to cut without a function"],
    ['meaning for a managed knowledge base', () => Chunking.semantic(), { store: KnowledgeStore.managed(), embedding: COHERE }, 'which cuts by no other way, got SEMANTIC'],
    ['a cut where a managed knowledge base embeds by itself', () => Chunking.fixedSize(), { store: KnowledgeStore.managed() }, "leave it out, or name the model by 'embedding'"],
  ])('refuses %s', (_, chunking, props, message) => {
    expect(() => cut((stack) => chunking(stack), props)).toThrow(message);
  });
});
