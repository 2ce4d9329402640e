import { type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Domain } from 'aws-cdk-lib/aws-opensearchservice';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type BaseProps, defineBase } from './define-base';
import { defineRag } from './define-rag';
import { Chunking, DataSource, EmbeddingModel, Geography, KnowledgeStore, Model, ModelRouter, Posture } from '../../lib';

const BITS = EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { binary: true });
const NOVA = Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0');
const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:store-AbCdEf';
const INDEX = 'arn:aws:kendra:us-east-1:111122223333:index/01234567-89ab-cdef-0123-456789abcdef';
const secret = (stack: Stack) => Secret.fromSecretCompleteArn(stack, 'Login', SECRET);
const domain = (stack: Stack) => Domain.fromDomainAttributes(stack, 'Search', { domainArn: 'arn:aws:es:us-east-1:111122223333:domain/docs', domainEndpoint: 'docs.example.com' });
const pinecone = (stack: Stack, endpoint = 'https://docs-abc.svc.pinecone.io') => KnowledgeStore.pinecone({ endpoint, credentials: secret(stack), namespace: 'docs' });
const atlas = (stack: Stack, more: object = {}) => KnowledgeStore.mongoDbAtlas({
  endpoint: 'docs.abc12.mongodb.net', credentials: secret(stack), database: 'docs', collection: 'passages', vectorIndex: 'vectors', ...more,
});

describe('KnowledgeStore.neptuneAnalytics', () => {
  const store = KnowledgeStore.neptuneAnalytics({ entities: NOVA });

  test('makes the smallest graph, which nobody but Bedrock reaches', () => {
    const { template, granted, binding } = defineBase({ store });
    template().hasResourceProperties('AWS::NeptuneGraph::Graph', {
      ProvisionedMemory: 16, ReplicaCount: 0, PublicConnectivity: false, VectorSearchConfiguration: { VectorSearchDimension: 1024 },
    });
    expect(granted().filter((each) => each.startsWith('neptune-graph:'))).toHaveLength(4);
    expect(binding.searches).toEqual(['SEMANTIC']);
  });

  test('has a model read out of every source’s passages what they speak of', () => {
    const { sources, granted } = defineBase({ store, sources: () => [DataSource.s3(), DataSource.s3(undefined, { chunking: Chunking.semantic() })] });
    const modelArn = 'arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/us.amazon.nova-pro-v1:0';
    const enrichment = { type: 'BEDROCK_FOUNDATION_MODEL', bedrockFoundationModelConfiguration: { modelArn, enrichmentStrategyConfiguration: { method: 'CHUNK_ENTITY_EXTRACTION' } } };
    expect(sources.map(({ ingestion }) => ingestion?.contextEnrichmentConfiguration)).toEqual([enrichment, enrichment]);
    expect(granted()).toContain(`bedrock:InvokeModel on ${modelArn}`);
  });

  test('refuses to be deleted in the regulated posture, and has a copy and a key', () => {
    defineBase({ store, posture: Posture.regulated() }).template().hasResource('AWS::NeptuneGraph::Graph', {
      DeletionPolicy: 'Retain', Properties: { DeletionProtection: true, ReplicaCount: 1, KmsKeyIdentifier: Match.anyValue() },
    });
  });

  test('takes a graph that is there', () => {
    const graphArn = 'arn:aws:neptune-graph:us-east-1:111122223333:graph/g-0123456789';
    const { template, granted } = defineBase({ store: KnowledgeStore.neptuneAnalytics({ entities: NOVA, graphArn }) });
    template().resourceCountIs('AWS::NeptuneGraph::Graph', 0);
    expect(granted()).toContain(`neptune-graph:ReadDataViaQuery on ${graphArn}`);
  });
});

describe('KnowledgeStore.openSearchDomain', () => {
  test('searches an index of a domain by meaning and words, and touches no other', () => {
    const { binding, granted } = defineBase({ store: (stack) => KnowledgeStore.openSearchDomain(domain(stack), { indexName: 'passages' }) });
    expect(binding.storageConfiguration).toMatchObject({
      type: 'OPENSEARCH_MANAGED_CLUSTER', opensearchManagedClusterConfiguration: { domainEndpoint: 'https://docs.example.com', vectorIndexName: 'passages' },
    });
    expect(binding.searches).toEqual(['HYBRID', 'SEMANTIC']);
    expect(granted()).toContain('es:DescribeDomain on arn:aws:es:us-east-1:111122223333:domain/docs');
    expect(granted().filter((each) => each.startsWith('es:ESHttp')).every((each) => each.includes('domain/docs/passages'))).toBe(true);
  });

  test('takes vectors of bits', () => {
    expect(() => defineBase({ store: (stack) => KnowledgeStore.openSearchDomain(domain(stack), { indexName: 'passages' }), embedding: BITS })).not.toThrow();
  });
});

describe('KnowledgeStore.pinecone', () => {
  test('is an index that a secret opens', () => {
    const { binding, granted } = defineBase({ store: pinecone });
    expect(binding.storageConfiguration).toEqual({
      type: 'PINECONE',
      pineconeConfiguration: {
        connectionString: 'https://docs-abc.svc.pinecone.io',
        credentialsSecretArn: SECRET,
        namespace: 'docs',
        fieldMapping: { textField: 'AMAZON_BEDROCK_TEXT', metadataField: 'AMAZON_BEDROCK_METADATA' },
      },
    });
    expect(granted()).toEqual(expect.arrayContaining([`secretsmanager:GetSecretValue on ${SECRET}`, 'bedrock:AssociateThirdPartyKnowledgeBase on *']));
  });
});

describe('KnowledgeStore.mongoDbAtlas', () => {
  test('is searched by words too where it has a text index', () => {
    expect(defineBase({ store: (stack) => atlas(stack) }).binding.searches).toEqual(['SEMANTIC']);
    expect(defineBase({ store: (stack) => atlas(stack, { textIndex: 'words' }) }).binding.searches).toEqual(['HYBRID', 'SEMANTIC']);
  });

  test('is reached over a VPC endpoint service of yours', () => {
    const endpointServiceName = 'com.amazonaws.vpce.us-east-1.vpce-svc-1';
    expect(defineBase({ store: (stack) => atlas(stack, { endpointServiceName }) }).binding.storageConfiguration)
      .toMatchObject({ type: 'MONGO_DB_ATLAS', mongoDbAtlasConfiguration: { endpointServiceName, databaseName: 'docs', collectionName: 'passages', vectorIndexName: 'vectors' } });
  });
});

describe('KnowledgeStore.kendra', () => {
  test('brings its own documents and vectors, and says that it is closed to new customers', () => {
    const { template } = defineRag({ store: KnowledgeStore.kendra(INDEX) });
    template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: { Type: 'KENDRA', KendraKnowledgeBaseConfiguration: { KendraIndexArn: INDEX } }, StorageConfiguration: Match.absent(),
    });
    template().resourceCountIs('AWS::Bedrock::DataSource', 0);
    expect(defineBase({ store: KnowledgeStore.kendra(INDEX) }).warnings()[0]).toContain('Kendra has taken no new customers since 30 July 2026');
  });

  test.each([
    ['sources', { sources: [DataSource.s3()] }, "'sources' must be left out with this store"],
    ['an embedding model', { embedding: EmbeddingModel.standard() }, "'embedding' must be left out with this store"],
  ])('refuses %s', (_, props, message) => {
    expect(() => defineRag({ store: KnowledgeStore.kendra(INDEX), ...props })).toThrow(message);
  });
});

test.each<[string, (stack: Stack) => KnowledgeStore, Partial<BaseProps>, string]>([
  ['bits in a graph', () => KnowledgeStore.neptuneAnalytics(), { embedding: BITS }, 'with KnowledgeStore.neptuneAnalytics(), got binary ones'],
  ['a graph too small to be made', () => KnowledgeStore.neptuneAnalytics({ memory: 8 }), {}, "'memory' must be a whole number between 16 and 24576, got 8"],
  ['the size of a graph that is there', () => KnowledgeStore.neptuneAnalytics({ memory: 32, graphArn: 'arn:aws:neptune-graph:us-east-1:111122223333:graph/g-0123456789' }), {}, "'graphArn' must stand without"],
  ['a router as a reader', () => KnowledgeStore.neptuneAnalytics({ entities: new ModelRouter({ model: NOVA, fallback: [Model.foundation('amazon.nova-lite-v1:0')] }) }), {}, "'entities' must be one model"],
  ['pages for a graph', () => KnowledgeStore.neptuneAnalytics(), { sources: () => [DataSource.web(['https://example.com'])] }, "'sources' must be DataSource.s3() with KnowledgeStore.neptuneAnalytics()"],
  ['a domain that is none', () => KnowledgeStore.openSearchDomain('docs' as never, { indexName: 'a' }), {}, "'domain' must be made by a domain"],
  ['an index with capitals', (stack) => KnowledgeStore.openSearchDomain(domain(stack), { indexName: 'Docs' }), {}, "'indexName' must be a name of small letters"],
  ['Pinecone in the clear', (stack) => pinecone(stack, 'http://docs'), {}, "'endpoint' must begin with https://"],
  ['bits in Pinecone', (stack) => pinecone(stack), { embedding: BITS }, 'with KnowledgeStore.pinecone(), got binary ones'],
  ['a secret by its name', (stack) => KnowledgeStore.pinecone({ endpoint: 'https://a.io', credentials: Secret.fromSecretNameV2(stack, 'Named', 'store') }), {}, "'credentials' must be a secret whose whole ARN is known"],
  ['Atlas with a scheme', (stack) => atlas(stack, { endpoint: 'mongodb+srv://docs' }), {}, "'endpoint' must be the host of a cluster without a scheme"],
  ['Redis', () => KnowledgeStore.redisEnterpriseCloud(), {}, 'take it by Knowledge.fromKnowledgeBaseId(), or take another store'],
  ['a Kendra index that is none', () => KnowledgeStore.kendra('docs'), {}, "'indexArn' must be a Kendra index's ARN"],
])('refuses %s', (_, store, props, message) => {
  expect(() => defineBase({ store, ...props })).toThrow(message);
});
