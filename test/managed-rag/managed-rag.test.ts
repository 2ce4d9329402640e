import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { actionsOf, defineRag, statements } from './define-rag';
import { ApiAuth, DataSource, EmbeddingModel, KnowledgeStore, ManagedRag, MetadataField, type ManagedRagProps, Model, RerankModel, Reranking, SearchKind } from '../../lib';

const byDefault = defineRag();
const SERVICE_ROLE = /^RagKnowledgeBaseRole/;

const names = (template: Template, type: string) => Object.values(template.findResources(type)).map(({ Properties }) => JSON.stringify(Properties.Name));

describe('the knowledge base', () => {
  test('keeps vectors of Titan v2 in S3 Vectors, of the length that the index has', () => {
    const template = byDefault.template();
    template.hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: {
        Type: 'VECTOR',
        VectorKnowledgeBaseConfiguration: {
          EmbeddingModelArn: { 'Fn::Join': ['', Match.arrayWith(['::foundation-model/amazon.titan-embed-text-v2:0'])] },
          EmbeddingModelConfiguration: { BedrockEmbeddingModelConfiguration: { Dimensions: 1024 } },
        },
      },
      StorageConfiguration: { Type: 'S3_VECTORS' },
    });
    template.hasResourceProperties('AWS::S3Vectors::Index', { Dimension: 1024 });
  });

  test('is made without a custom resource', () => {
    const types = Object.values(byDefault.template().toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type);
    expect(types.filter((type) => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource')).toEqual([]);
  });

  test('gives its role to Bedrock alone, for knowledge bases of this account and Region', () => {
    byDefault.template().hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Principal: { Service: 'bedrock.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', Match.arrayWith([':knowledge-base/*'])] } },
          },
        }],
      },
    });
  });

  test('may embed by its model, use its index and read its bucket, and nothing else', () => {
    expect(actionsOf(statements(byDefault.template(), SERVICE_ROLE)).sort()).toEqual([
      'bedrock:InvokeModel', 's3:GetObject', 's3:ListBucket',
      's3vectors:DeleteVectors', 's3vectors:GetIndex', 's3vectors:GetVectors', 's3vectors:ListVectors', 's3vectors:PutVectors', 's3vectors:QueryVectors',
    ]);
  });

  test('is made after its permissions and its index, and so deleted before them; its source before it', () => {
    const template = byDefault.template();
    const [base] = Object.values(template.findResources('AWS::Bedrock::KnowledgeBase'));
    expect(base.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/RolePermissions/), expect.stringMatching(/StoreIndex/)]));
    const [source] = Object.values(template.findResources('AWS::Bedrock::DataSource'));
    expect(source.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/RolePermissions/)]));
    expect(source.Properties.KnowledgeBaseId).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^RagKnowledgeBase[0-9A-F]{8}/), 'KnowledgeBaseId'] });
  });

  test('has another name with another model, and its sources keep theirs: what replaces it finds the name free', () => {
    const other = defineRag({ embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { dimension: 256 }) }).template();
    expect(names(other, 'AWS::Bedrock::KnowledgeBase')).not.toEqual(names(byDefault.template(), 'AWS::Bedrock::KnowledgeBase'));
    expect(names(other, 'AWS::Bedrock::DataSource')).toEqual(names(byDefault.template(), 'AWS::Bedrock::DataSource'));
    expect(names(defineRag({ retrieval: { passages: 9 } }).template(), 'AWS::Bedrock::KnowledgeBase')).toEqual(names(byDefault.template(), 'AWS::Bedrock::KnowledgeBase'));
  });

  test('says nothing of dimensions to a model that has one length only', () => {
    defineRag({ embedding: EmbeddingModel.foundation('cohere.embed-multilingual-v3') }).template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: { VectorKnowledgeBaseConfiguration: { EmbeddingModelConfiguration: Match.absent() } },
    });
  });

  test('tells in a log group why each document was read or not, as Bedrock writes it', () => {
    const template = byDefault.template();
    template.hasResourceProperties('AWS::Logs::DeliverySource', { LogType: 'APPLICATION_LOGS', ResourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^RagKnowledgeBase'), 'KnowledgeBaseArn'] } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('^/aws/vendedlogs/bedrock/knowledge-base/')])] }, RetentionInDays: 90 });
    template.resourceCountIs('AWS::Logs::Delivery', 1);
  });

  test('deletes the passages of a source that is deleted', () => {
    byDefault.template().hasResourceProperties('AWS::Bedrock::DataSource', { DataDeletionPolicy: 'DELETE', DataSourceConfiguration: { Type: 'S3' } });
  });

  test('keeps the logical ids of what holds data', () => {
    const ids = (type: string) => Object.keys(byDefault.template().findResources(type));
    expect(ids('AWS::Bedrock::KnowledgeBase')).toEqual([expect.stringMatching(/^RagKnowledgeBase[0-9A-F]{8}$/)]);
    expect(ids('AWS::Bedrock::DataSource')).toEqual([expect.stringMatching(/^RagKnowledgeBaseSource1Source[0-9A-F]{8}$/)]);
    expect(ids('AWS::S3::Bucket')).toEqual(expect.arrayContaining([expect.stringMatching(/^RagKnowledgeBaseSource1DocumentsBucket[0-9A-F]{8}$/)]));
  });
});

describe('sources', () => {
  test('are read each by itself, and the first bucket is where documents are put', () => {
    const { rag, template } = defineRag((stack) => ({
      sources: [DataSource.s3(Bucket.fromBucketName(stack, 'Handbook', 'handbook'), { prefix: 'public/' }), DataSource.s3()],
    }));
    template().resourceCountIs('AWS::Bedrock::DataSource', 2);
    template().hasResourceProperties('AWS::Bedrock::DataSource', {
      DataSourceConfiguration: { S3Configuration: { InclusionPrefixes: ['public/'] } },
    });
    expect(rag.bucket?.bucketName).toBe('handbook');
  });
});

describe('a key of yours', () => {
  test('encrypts what is read while it is worked on', () => {
    const { template } = defineRag((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    template().hasResourceProperties('AWS::Bedrock::DataSource', { ServerSideEncryptionConfiguration: { KmsKeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } } });
    expect(statements(template(), SERVICE_ROLE)).toContainEqual(expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'] }));
  });
});

describe('a caller', () => {
  function bind(props: ManagedRagProps) {
    const { stack, rag, template } = defineRag(props);
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const { _policy } = rag.bind(stack, caller);
    const granted = () => Object.values(template().findResources('AWS::IAM::Policy'))
      .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: { Action: string; Resource: unknown }[] }).Statement);
    return { policy: _policy, granted, template };
  }

  test('may look passages up in this knowledge base, five at a time, by what the store can do', () => {
    const { policy, granted } = bind({});
    expect(policy).toMatchObject({ kind: 'vector', search: 'SEMANTIC', passages: 5, candidates: 5, fields: [], textFilters: undefined });
    expect(granted()).toEqual([{ Action: 'bedrock:Retrieve', Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^RagKnowledgeBase[0-9A-F]{8}/), 'KnowledgeBaseArn'] } }]);
  });

  test('looks five times as many up where a reranker chooses, which the knowledge base uses for it', () => {
    const { policy, granted, template } = bind({ retrieval: { passages: 4, rerank: Reranking.model(RerankModel.standard()) } });
    expect(policy).toMatchObject({ passages: 4, candidates: 20, rerank: { modelArn: expect.stringContaining('amazon.rerank-v1:0') } });
    expect(granted().map(({ Action }) => Action)).toEqual(['bedrock:Retrieve']);
    expect(actionsOf(statements(template(), SERVICE_ROLE))).toContain('bedrock:Rerank');
  });

  test('knows which fields there are, the tenant’s among them', () => {
    const fields = [MetadataField.text('department', { description: 'Who wrote it' }), MetadataField.number('year'), MetadataField.flag('draft'), MetadataField.textList('tags')];
    expect(bind({ auth: ApiAuth.newUserPool({ customAttributes: ['tenant'] }), retrieval: { fields, tenant: { field: 'tenant', claim: 'custom:tenant' } } }).policy).toMatchObject({
      fields: [
        { name: 'department', type: 'string', description: 'Who wrote it' }, { name: 'year', type: 'number' }, { name: 'draft', type: 'boolean' },
        { name: 'tags', type: 'stringList' }, { name: 'tenant', type: 'string' },
      ],
      tenant: { field: 'tenant', claim: 'custom:tenant' },
    });
  });

  test('compares parts of texts where the store can', () => {
    expect(bind({ store: KnowledgeStore.openSearchServerless() }).policy.textFilters).toBe(true);
  });

  test('may read documents where links to them are asked for', () => {
    const { policy, granted } = bind({ retrieval: { links: Duration.minutes(10) } });
    expect(policy.linkSeconds).toBe(600);
    expect(granted().map(({ Action }) => Action)).toContain('s3:GetObject');
  });

  test('has a model read filters out of questions, by its ARN', () => {
    const { policy } = bind({ retrieval: { fields: [MetadataField.number('year')], implicitFilter: Model.standard() } });
    expect(policy.implicitFilter?.modelArn).toMatch(/^arn:.*:inference-profile\/global\.amazon\.nova-2-lite-v1:0$/);
  });

  test('may be given Retrieve alone', () => {
    const { stack, rag, template } = defineRag();
    rag.grantRetrieve(new Role(stack, 'Somebody', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    template().hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [Match.objectLike({ Action: 'bedrock:Retrieve' })] } });
  });

  test.each<[string, ManagedRagProps['retrieval'], string]>([
    ['no passages', { passages: 0 }, "'retrieval.passages' must be a whole number between 1 and 100, got 0"],
    ['fewer candidates than passages', { passages: 9, candidates: 5, rerank: Reranking.model(RerankModel.standard()) }, "'retrieval.candidates' must be a whole number between 9 and 100"],
    ['candidates that nobody chooses among', { candidates: 50 }, "'retrieval.candidates' must be left out without 'retrieval.rerank'"],
    ['a score above one', { leastScore: 60 }, "'retrieval.leastScore' must be between 0 and 1, got 60"],
    ['a search that the store cannot do', { search: SearchKind.HYBRID }, "'retrieval.search' must be SearchKind.SEMANTIC for this store, which can do no other, got HYBRID"],
    ['the reranker of managed knowledge bases', { rerank: Reranking.managed() }, "'retrieval.rerank' must be Reranking.model(…) for a knowledge base with a store"],
    ['one field twice', { fields: [MetadataField.text('year'), MetadataField.number('year')] }, "'retrieval.fields' must name each field once, got 'year' twice"],
    ['a field that filters read as a word of theirs', { fields: [MetadataField.text('or')] }, "'retrieval.fields' must not name a field 'or', for filters join conditions by it"],
    ['a field without a name', { fields: [MetadataField.text('')] }, "'retrieval.fields' must be named by 1 to 100 letters"],
    ['a tenant that is so or not', { fields: [MetadataField.flag('tenant')], tenant: { field: 'tenant', claim: 'tid' } }, "'retrieval.tenant.field' must be a field that names somebody, got 'tenant', which is declared as a flag"],
    ['implicit filters without fields', { implicitFilter: Model.standard() }, "'retrieval.implicitFilter' must have 'retrieval.fields' to filter by, got none"],
    [
      'implicit filters by nothing but the tenant',
      { implicitFilter: Model.standard(), tenant: { field: 'org', claim: 'org' }, fields: [MetadataField.text('org')] },
      "'retrieval.implicitFilter' must have 'retrieval.fields' to filter by, got none",
    ],
    ['links for days', { links: Duration.days(2) }, "'retrieval.links' must be between 1 minute and 12 hours, got 2 days"],
    ['many questions', { questions: 9 }, "'retrieval.questions' must be a whole number between 1 and 5, got 9"],
  ])('refuses %s', (_, retrieval, message) => {
    expect(() => bind({ retrieval })).toThrow(message);
  });
});

test.each<[string, unknown, string]>([
  ['a store of another class', { store: {} }, "'store' must be made by KnowledgeStore, such as KnowledgeStore.s3Vectors(), got an object of Object"],
  ['no source', { sources: [] }, "'sources' must have an entry, such as DataSource.s3(), or be left out, got an empty list"],
  ['a bucket as a source', { sources: ['handbook'] }, "'sources' must be made by DataSource, such as DataSource.s3(), got 'handbook'"],
  ['six sources', { sources: Array.from({ length: 6 }, () => DataSource.s3()) }, "'sources' must have between 1 and 5 entries, got 6"],
  ['binary vectors in S3 Vectors', { embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { binary: true }) }, 'KnowledgeStore.s3Vectors() must be given an embedding model with float vectors'],
])('refuses %s', (_, props, message) => {
  expect(() => new ManagedRag(new Stack(new App(), 'Test'), 'Rag', props as ManagedRagProps)).toThrow(message);
});
