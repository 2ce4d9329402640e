import { defineBase } from './define-base';
import { defineRag } from './define-rag';
import { EmbeddingModel, KnowledgeStore, MetadataField, Posture } from '../../lib';

const store = KnowledgeStore.s3Vectors();
const TITAN = 'amazon.titan-embed-text-v2:0';

describe('KnowledgeStore.s3Vectors', () => {
  test('makes an index whose passages are no longer than what can be filtered by', () => {
    const { template, binding } = defineBase({ store });
    template().hasResourceProperties('AWS::S3Vectors::Index', {
      DataType: 'float32',
      Dimension: 1024,
      DistanceMetric: 'cosine',
      MetadataConfiguration: { NonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
    });
    expect(binding.searches).toEqual(['SEMANTIC']);
  });

  test('grants what the knowledge base does with the index, and with the one that it takes the place of, which is emptied under the same role', () => {
    const verbs = ['DeleteVectors', 'GetIndex', 'GetVectors', 'ListVectors', 'PutVectors', 'QueryVectors'];
    const granted = defineBase({ store }).granted().filter((each) => each.startsWith('s3vectors:'));
    expect(granted).toEqual(verbs.map((verb) => `s3vectors:${verb} on \${StoreBucket42A4CEFB.VectorBucketArn}/index/*`));
  });

  test('names the index after what cannot be changed of it, and after the stack', () => {
    const nameOf = (dimension: number, encrypted = false) => {
      const { template } = defineBase({ store, encrypted, embedding: EmbeddingModel.foundation(TITAN, { dimension }) });
      return JSON.stringify(Object.values(template().findResources('AWS::S3Vectors::Index'))[0].Properties.IndexName);
    };
    expect(new Set([nameOf(1024), nameOf(256), nameOf(1024, true)]).size).toBe(3);
    expect(nameOf(1024)).toContain('AWS::StackId');
  });

  test('is encrypted by a key of yours, which the service may index with', () => {
    const { template } = defineBase({ store, posture: Posture.regulated() });
    template().hasResourceProperties('AWS::S3Vectors::VectorBucket', { EncryptionConfiguration: { SseType: 'aws:kms' } });
    const [{ Properties }] = Object.values(template().findResources('AWS::KMS::Key'));
    const statement = Properties.KeyPolicy.Statement.find(({ Sid }: { Sid?: string }) => Sid === 'S3VectorsIndexing');
    expect(statement).toMatchObject({ Action: 'kms:Decrypt', Principal: { Service: 'indexing.s3vectors.amazonaws.com' } });
  });

  test('takes an index that is there', () => {
    const indexArn = 'arn:aws:s3vectors:us-east-1:111122223333:bucket/docs/index/passages';
    const { template, granted } = defineBase({ store: KnowledgeStore.s3Vectors({ indexArn }) });
    template().resourceCountIs('AWS::S3Vectors::Index', 0);
    expect(granted()).toContain(`s3vectors:QueryVectors on ${indexArn}`);
  });

  test('refuses more fields than fit beside a vector', () => {
    const fields = Array.from({ length: 36 }, (_, n) => MetadataField.text(`field${n}`));
    expect(() => defineRag({ store, retrieval: { fields } })).toThrow("'retrieval.fields' must be at most 35 with KnowledgeStore.s3Vectors(), which keeps no more beside a vector, got 36");
  });

  test('refuses vectors of bits', () => {
    expect(() => defineBase({ store, embedding: EmbeddingModel.foundation(TITAN, { binary: true }) })).toThrow('it holds no others, got binary ones');
  });
});
