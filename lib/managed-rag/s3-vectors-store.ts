import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnIndex, CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { Construct } from 'constructs';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail } from '../internal/validation';
import { letVectorsBeIndexed } from '../rag/vector-bucket';

/** Options of `KnowledgeStore.s3Vectors`. */
export interface S3VectorsOptions {
  /**
   * ARN of an index that you have. It needs the embedding model's dimension, float vectors, and `AMAZON_BEDROCK_TEXT` and `AMAZON_BEDROCK_METADATA`
   * among its metadata that cannot be filtered by.
   *
   * @default - a vector bucket and an index are made
   */
  readonly indexArn?: string;
}

export interface S3VectorsStoreProps extends VectorStoreBuild, S3VectorsOptions {}

/** What Bedrock writes beside each vector. It is longer than what can be filtered by may be. */
const NOT_FILTERED = ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'];

/** Of 50 keys beside a vector, Bedrock keeps 15 for itself. */
const MOST_FIELDS = 35;

/** A vector bucket and the index of one knowledge base. */
export class S3VectorsStore extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, props: S3VectorsStoreProps) {
    super(scope, id);
    if (props.vectors.binary) fail(this, 'KnowledgeStore.s3Vectors() must be given an embedding model with float vectors, for it holds no others, got binary ones: leave `binary` out, or take KnowledgeStore.openSearchServerless()');

    if (props.fields.length > MOST_FIELDS) {
      fail(this, `'retrieval.fields' must be at most ${MOST_FIELDS} with KnowledgeStore.s3Vectors(), which keeps no more beside a vector, got ${props.fields.length}: declare fewer, or take KnowledgeStore.openSearchServerless()`);
    }
    const index = props.indexArn === undefined ? this.defineIndex(props) : undefined;
    const indexArn = index?.attrIndexArn ?? props.indexArn!;
    props.role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['s3vectors:DeleteVectors', 's3vectors:GetIndex', 's3vectors:GetVectors', 's3vectors:ListVectors', 's3vectors:PutVectors', 's3vectors:QueryVectors'],
      resources: [index ? this.everyIndexOf(index, props) : indexArn],
    }));
    this.binding = {
      storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn } },
      searches: ['SEMANTIC'],
      settled: index && [props.vectors.dimension, props.encryptionKey?.keyArn],
      dependencies: index ? [index] : [],
    };
  }

  /** An index that another takes the place of is emptied by its data sources as they go, when the role knows the new one's name already. */
  private everyIndexOf({ vectorBucketArn }: CfnIndex, { role }: S3VectorsStoreProps) {
    const indexes = `${vectorBucketArn}/index/*`;
    acknowledgeWildcard(role, indexes, 'The one index of a vector bucket that holds nothing else, and the one that it takes the place of.');
    return indexes;
  }

  private defineIndex({ vectors, encryptionKey, role }: S3VectorsStoreProps): CfnIndex {
    const bucket = new CfnVectorBucket(this, 'Bucket', {
      encryptionConfiguration: encryptionKey ? { sseType: 'aws:kms', kmsKeyArn: encryptionKey.keyArn } : { sseType: 'AES256' },
    });
    if (encryptionKey) {
      role.allowEncryption(encryptionKey, 's3vectors');
      letVectorsBeIndexed(encryptionKey, bucket);
    }
    const settled = { dataType: 'float32', dimension: vectors.dimension, distanceMetric: 'cosine', metadataConfiguration: { nonFilterableMetadataKeys: NOT_FILTERED } };
    // Nothing of an index can be changed: what changes gets another name, or CloudFormation would make the new one under the old one's.
    const indexName = nameUnlikeAnyOther(this, Stack.of(this).resolve([settled, encryptionKey?.keyArn]), { separator: '-', maxLength: 63 });
    return new CfnIndex(this, 'Index', { vectorBucketArn: bucket.attrVectorBucketArn, indexName, ...settled });
  }
}
