import { CliCredentialsStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { defineBase } from './define-base';
import { defineRag } from './define-rag';
import { CollectionAccess, CollectionCapacity, EmbeddingModel, KnowledgeStore, MetadataField, Posture } from '../../lib';
import { spelled } from '../model/bound-role';

const store = KnowledgeStore.openSearchServerless();
const TITAN = 'amazon.titan-embed-text-v2:0';
const EXISTING = {
  collectionArn: 'arn:aws:aoss:us-east-1:111122223333:collection/abc', collectionName: 'docs', indexName: 'passages', vectorField: 'v', textField: 't', metadataField: 'm',
};

/** A policy of the collection, which travels as text. */
function policyOf({ template, stack }: ReturnType<typeof defineBase>, type: string) {
  const policies = { ...template().findResources('AWS::OpenSearchServerless::SecurityPolicy'), ...template().findResources('AWS::OpenSearchServerless::AccessPolicy') };
  const policy = Object.values(policies).find(({ Properties }) => Properties.Type === type);
  return JSON.parse(spelled(stack.resolve(policy?.Properties.Policy)) as string);
}

describe('KnowledgeStore.openSearchServerless', () => {
  test('sleeps while nobody asks', () => {
    const { template } = defineBase({ store });
    template().hasResourceProperties('AWS::OpenSearchServerless::CollectionGroup', {
      Generation: 'NEXTGEN',
      StandbyReplicas: 'ENABLED',
      CapacityLimits: { MinIndexingCapacityInOcu: 0, MinSearchCapacityInOcu: 0, MaxIndexingCapacityInOcu: 16, MaxSearchCapacityInOcu: 16 },
    });
    template().hasResourceProperties('AWS::OpenSearchServerless::Collection', { Type: 'VECTORSEARCH', CollectionGroupName: Match.anyValue() });
  });

  test('makes the index by CloudFormation alone, with nothing that runs', () => {
    const { template } = defineBase({ store });
    template().hasResourceProperties('AWS::OpenSearchServerless::Index', {
      Settings: { Index: { Knn: true } },
      Mappings: {
        Properties: {
          'bedrock-knowledge-base-default-vector': { Type: 'knn_vector', Dimension: 1024, Method: { Name: 'hnsw', SpaceType: 'l2' } },
          'AMAZON_BEDROCK_TEXT': { Type: 'text' },
          'AMAZON_BEDROCK_METADATA': { Type: 'text', Index: false },
        },
      },
    });
    for (const type of ['AWS::Lambda::Function', 'AWS::CloudFormation::CustomResource']) template().resourceCountIs(type, 0);
    expect(Object.keys(template().findResources('Custom::*'))).toEqual([]);
  });

  test('is searched by meaning and words', () => {
    expect(defineBase({ store }).binding.searches).toEqual(['HYBRID', 'SEMANTIC']);
  });

  test('lets the knowledge base read and write, and the deployment make indexes, each no more', () => {
    const base = defineBase({ store });
    const [reader, deployer] = policyOf(base, 'data');
    expect(reader.Principal).toEqual(['${Role1ABCC5F0.Arn}']);
    expect(reader.Rules[0].Permission).toEqual(['aoss:DescribeIndex', 'aoss:ReadDocument', 'aoss:WriteDocument']);
    expect(deployer.Principal).toEqual(['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-cfn-exec-role-${AWS::AccountId}-${AWS::Region}']);
    expect(deployer.Rules[0].Permission).toEqual(['aoss:CreateIndex', 'aoss:DeleteIndex', 'aoss:DescribeIndex', 'aoss:UpdateIndex']);
    expect(base.granted()).toContain('aoss:APIAccessAll on ${StoreCollection2ADA2A53.Arn}');
  });

  test('has its data policy before the collection, and both before the index and the knowledge base', () => {
    const { template } = defineBase({ store });
    const ids = (type: string) => Object.keys(template().findResources(type));
    const [data] = ids('AWS::OpenSearchServerless::AccessPolicy');
    const [collection] = ids('AWS::OpenSearchServerless::Collection');
    const [index] = ids('AWS::OpenSearchServerless::Index');
    template().hasResource('AWS::OpenSearchServerless::Collection', { DependsOn: Match.arrayWith([data, ...ids('AWS::OpenSearchServerless::SecurityPolicy')].sort()) });
    template().hasResource('AWS::OpenSearchServerless::Index', { DependsOn: Match.arrayWith([collection]) });
    template().hasResource('AWS::Bedrock::KnowledgeBase', { DependsOn: Match.arrayWith([data, index].sort()) });
  });

  test('names the index after what cannot be changed of it', () => {
    const nameOf = (embedding: EmbeddingModel, capacity?: CollectionCapacity) => {
      const { storageConfiguration } = defineBase({ store: KnowledgeStore.openSearchServerless({ capacity }), embedding }).binding;
      return (storageConfiguration as { opensearchServerlessConfiguration: { vectorIndexName: string } }).opensearchServerlessConfiguration.vectorIndexName;
    };
    const names = [
      nameOf(EmbeddingModel.standard()),
      nameOf(EmbeddingModel.foundation(TITAN, { dimension: 256 })),
      nameOf(EmbeddingModel.foundation(TITAN, { binary: true })),
      nameOf(EmbeddingModel.standard(), CollectionCapacity.classic()),
    ];
    expect(new Set(names).size).toBe(4);
    expect(nameOf(EmbeddingModel.foundation(TITAN))).toBe(names[0]);
  });

  test('keeps the fractions of numbers that documents are described by, in an index of another name', () => {
    const indexOf = (fields: MetadataField[]) => {
      const { template } = defineRag({ store, retrieval: { fields } });
      return Object.values(template().findResources('AWS::OpenSearchServerless::Index'))[0].Properties as { IndexName: string; Mappings: { Properties: object } };
    };
    const priced = indexOf([MetadataField.number('price'), MetadataField.text('maker')]);
    expect(Object.entries(priced.Mappings.Properties).slice(3)).toEqual([['price', { Type: 'double' }]]);
    expect(priced.IndexName).not.toBe(indexOf([MetadataField.text('maker')]).IndexName);
  });

  test('stores vectors of bits, and counts the bits that differ', () => {
    const { template, stack } = defineBase({ store, embedding: EmbeddingModel.foundation(TITAN, { binary: true }) });
    const [{ Properties }] = Object.values(template().findResources('AWS::OpenSearchServerless::CollectionIndex'));
    expect(JSON.parse(stack.resolve(Properties.IndexSchema)).mappings.properties['bedrock-knowledge-base-default-vector'])
      .toEqual({ type: 'knn_vector', dimension: 1024, data_type: 'binary', method: { name: 'hnsw', space_type: 'hamming' } });
    template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: {
        VectorKnowledgeBaseConfiguration: { EmbeddingModelConfiguration: { BedrockEmbeddingModelConfiguration: { Dimensions: 1024, EmbeddingDataType: 'BINARY' } } },
      },
    });
  });

  test('takes the older kind of capacity, with an engine of its own choosing', () => {
    const { template } = defineBase({ store: KnowledgeStore.openSearchServerless({ capacity: CollectionCapacity.classic(false) }) });
    template().resourceCountIs('AWS::OpenSearchServerless::CollectionGroup', 0);
    template().hasResourceProperties('AWS::OpenSearchServerless::Collection', { StandbyReplicas: 'DISABLED' });
    template().hasResourceProperties('AWS::OpenSearchServerless::Index', {
      Mappings: { Properties: { 'bedrock-knowledge-base-default-vector': { Method: { Engine: 'faiss', Name: 'hnsw', SpaceType: 'l2', Parameters: { EfConstruction: 512, M: 16 } } } } },
    });
  });

  test('is reached over the internet by who has the right, unless told', () => {
    expect(policyOf(defineBase({ store }), 'network')).toEqual([{ Rules: [expect.anything()], AllowFromPublic: true }]);
  });

  test('is reached by Bedrock alone in the regulated posture, and the index is made through the service', () => {
    const base = defineBase({ store, posture: Posture.regulated() });
    expect(policyOf(base, 'network')).toEqual([{ Rules: [expect.anything()], AllowFromPublic: false, SourceServices: ['bedrock.amazonaws.com'] }]);
    base.template().resourceCountIs('AWS::OpenSearchServerless::CollectionIndex', 1);
    base.template().resourceCountIs('AWS::OpenSearchServerless::Index', 0);
  });

  test('is private to a VPC by an endpoint', () => {
    const base = defineBase({ store: (stack) => KnowledgeStore.openSearchServerless({ access: CollectionAccess.vpc(new Vpc(stack, 'Vpc')) }) });
    expect(policyOf(base, 'network')).toEqual([
      { Rules: [expect.anything()], AllowFromPublic: false, SourceServices: ['bedrock.amazonaws.com'], SourceVPCEs: [expect.stringMatching(/^\$\{StoreEndpoint.*\.Id\}$/)] },
    ]);
    base.template().hasResourceProperties('AWS::OpenSearchServerless::VpcEndpoint', { SubnetIds: Match.anyValue(), SecurityGroupIds: Match.anyValue() });
    base.template().hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [Match.objectLike({ FromPort: 443, ToPort: 443 })] });
  });

  test('is encrypted by a key of yours', () => {
    expect(policyOf(defineBase({ store, encrypted: true }), 'encryption')).toMatchObject({ AWSOwnedKey: false, KmsARN: expect.stringContaining('Key') });
    expect(policyOf(defineBase({ store }), 'encryption')).toMatchObject({ AWSOwnedKey: true });
  });

  test('takes an index that is there, and lets the knowledge base in', () => {
    const base = defineBase({ store: KnowledgeStore.openSearchServerless({ index: EXISTING }) });
    base.template().resourceCountIs('AWS::OpenSearchServerless::Collection', 0);
    expect(base.binding.storageConfiguration).toEqual({
      type: 'OPENSEARCH_SERVERLESS',
      opensearchServerlessConfiguration: { collectionArn: EXISTING.collectionArn, vectorIndexName: 'passages', fieldMapping: { vectorField: 'v', textField: 't', metadataField: 'm' } },
    });
    expect(policyOf(base, 'data')).toEqual([{ Rules: [expect.objectContaining({ Resource: ['index/docs/passages'] })], Principal: ['${Role1ABCC5F0.Arn}'] }]);
  });

  test('takes another deployment role', () => {
    const base = defineBase({
      store: (stack) => KnowledgeStore.openSearchServerless({ deploymentRole: Role.fromRoleArn(stack, 'Deployer', 'arn:aws:iam::111122223333:role/deployer') }),
      stackProps: { synthesizer: new CliCredentialsStackSynthesizer() },
    });
    expect(policyOf(base, 'data')[1].Principal).toEqual(['arn:aws:iam::111122223333:role/deployer']);
  });

  test.each<[string, () => KnowledgeStore, object, string]>([
    ['units between the steps', () => KnowledgeStore.openSearchServerless({ capacity: CollectionCapacity.scaleToZero({ mostSearch: 20 }) }), {},
      "'capacity.mostSearch' must be 0, 2, 4, 8, 16 or a multiple of 16, at least 2, got 20"],
    ['less than the least', () => KnowledgeStore.openSearchServerless({ capacity: CollectionCapacity.scaleToZero({ leastIndexing: 8, mostIndexing: 4 }) }), {},
      "'capacity.mostIndexing' must be 0, 2, 4, 8, 16 or a multiple of 16, at least 8, got 4"],
    ['an index beside what would make one', () => KnowledgeStore.openSearchServerless({ index: EXISTING, access: CollectionAccess.bedrock() }), {}, "'index' must stand alone"],
    ['a deployment whose role nobody knows', () => store, { synthesizer: new CliCredentialsStackSynthesizer() }, "'deploymentRole' must be the role under which CloudFormation deploys the stack"],
  ])('refuses %s', (_, make, stackProps, message) => {
    expect(() => defineBase({ store: make(), stackProps })).toThrow(message);
  });

  test('gives two stacks of an app collections of different names', () => {
    const nameIn = () => JSON.stringify(Stack.of(defineBase({ store }).stack).resolve(Object.values(defineBase({ store }).template().findResources('AWS::OpenSearchServerless::Collection'))[0].Properties.Name));
    expect(nameIn()).toContain('AWS::StackId');
  });
});
