import { Match } from 'aws-cdk-lib/assertions';
import { defineBase } from './define-base';
import { defineRag } from './define-rag';
import { ApiAuth, ChatbotApi, DataSource, EmbeddingModel, KnowledgeStore, type ManagedRagProps, MetadataField, Model } from '../../lib';

const store = KnowledgeStore.managed();

describe('KnowledgeStore.managed', () => {
  test('keeps passages in the knowledge base itself, which embeds them too', () => {
    const { template, granted } = defineBase({ store });
    template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: { Type: 'MANAGED', ManagedKnowledgeBaseConfiguration: { EmbeddingModelType: 'MANAGED' } },
    });
    expect(Object.values(template().findResources('AWS::Bedrock::KnowledgeBase'))[0].Properties.StorageConfiguration).toBeUndefined();
    expect(granted()).toEqual([]);
  });

  test('embeds by a model that is named', () => {
    const { template, granted } = defineBase({ store, embedding: EmbeddingModel.foundation('cohere.embed-multilingual-v3') });
    template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: { ManagedKnowledgeBaseConfiguration: { EmbeddingModelType: 'CUSTOM', EmbeddingModelArn: Match.anyValue(), EmbeddingModelConfiguration: Match.absent() } },
    });
    expect(granted()).toEqual(['bedrock:InvokeModel on arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/cohere.embed-multilingual-v3']);
  });

  test('is encrypted by a key of yours', () => {
    defineBase({ store, encrypted: true }).template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: { ManagedKnowledgeBaseConfiguration: { ServerSideEncryptionConfiguration: { KmsKeyArn: { 'Fn::GetAtt': ['Key961B73FD', 'Arn'] } } } },
    });
  });

  test('stands in a ManagedRag, which then names no model', () => {
    const { template } = defineRag({ store });
    template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: { Type: 'MANAGED', ManagedKnowledgeBaseConfiguration: { EmbeddingModelType: 'MANAGED', EmbeddingModelArn: Match.absent() } },
    });
    template().hasResourceProperties('AWS::Bedrock::DataSource', { DataSourceConfiguration: { Type: 'MANAGED_KNOWLEDGE_BASE_CONNECTOR' } });
  });

  test('chooses its search itself', () => {
    expect(defineBase({ store }).binding.searches).toEqual([]);
  });

  test('warns where the Region was not known to have it', () => {
    expect(defineBase({ store, stackProps: { env: { region: 'sa-east-1' } } }).warnings()[0]).toContain('the stack is in sa-east-1');
    expect(defineBase({ store, stackProps: { env: { region: 'eu-central-1' } } }).warnings()).toEqual([]);
  });

  const guarded = { store, sources: [DataSource.s3(undefined, { accessControl: true })] };

  test('shows documents to those who may read them, whom a claim names', () => {
    const { template } = defineRag({ ...guarded, retrieval: { identity: 'email' } });
    expect(JSON.stringify(template().findResources('AWS::Lambda::Function')).replaceAll('\\', '')).toContain('"identity":"email"');
    const [plain] = Object.keys(defineRag({ store }).template().findResources('AWS::Bedrock::DataSource'));
    // It can never be changed: another answer is another source.
    expect(Object.keys(template().findResources('AWS::Bedrock::DataSource'))).not.toContain(plain);
  });

  test.each<[string, ManagedRagProps, string]>([
    ['access control lists without a claim', guarded, "'retrieval.identity' must be given with a source that has 'accessControl'"],
    ['a claim of callers who sign', { ...guarded, auth: ApiAuth.iam(), retrieval: { identity: 'email' } }, "'retrieval.identity' must be left out with signatures of IAM credentials"],
    ['a claim without a name', { ...guarded, retrieval: { identity: '' } }, "'retrieval.identity' must have between 1 and 256 characters, got 0"],
    ['a claim for a store', { retrieval: { identity: 'email' } }, "'retrieval.identity' must be left out for a knowledge base that is not managed"],
    [
      'a model that reads filters out of questions',
      { store, retrieval: { fields: [MetadataField.number('year')], implicitFilter: Model.standard() } },
      "'retrieval.implicitFilter' must be left out for a managed knowledge base",
    ],
  ])('refuses %s', (_, props, message) => {
    expect(() => defineRag(props)).toThrow(message);
  });

  test('refuses a chat whose callers nobody names', () => {
    const { stack, rag } = defineRag({ ...guarded, retrieval: { identity: 'email' } });
    expect(() => new ChatbotApi(stack, 'Chat', { knowledge: rag, auth: ApiAuth.apiKey() })).toThrow("'knowledge' must have no tenants and name nobody with API keys");
  });

  test('refuses vectors of bits', () => {
    expect(() => defineBase({ store, embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { binary: true }) }))
      .toThrow("'embedding' must make float vectors with KnowledgeStore.managed(), got binary ones");
  });
});
