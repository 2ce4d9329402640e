import { Match } from 'aws-cdk-lib/assertions';
import { defineBase } from './define-base';
import { defineRag } from './define-rag';
import { EmbeddingModel, KnowledgeStore } from '../../lib';

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

  test('refuses vectors of bits', () => {
    expect(() => defineBase({ store, embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { binary: true }) }))
      .toThrow("'embedding' must make float vectors with KnowledgeStore.managed(), got binary ones");
  });
});
