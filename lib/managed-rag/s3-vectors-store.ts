import { Names } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnIndex, CfnVectorBucket, type IIndexRef } from 'aws-cdk-lib/aws-s3vectors';
import { Construct } from 'constructs';
import { type StoreBinding, type StoreBuild } from './store-binding';
import { fail } from '../internal/validation';

/** Options of `KnowledgeStore.s3Vectors`. */
export interface S3VectorsOptions {
  /**
   * An index that you have. It needs the embedding model's dimension, float vectors, and `AMAZON_BEDROCK_TEXT` and `AMAZON_BEDROCK_METADATA`
   * among its metadata that cannot be filtered by.
   *
   * @default - a vector bucket and an index are made
   */
  readonly index?: IIndexRef;
}

export interface S3VectorsStoreProps extends StoreBuild, S3VectorsOptions {}

/** What Bedrock writes beside each vector. It is longer than what can be filtered by may be. */
const NOT_FILTERED = ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'];

/** S3 Vectors takes 2 KB of metadata that can be filtered by. */
const FILTERABLE_BYTES = 2_048;

/** A vector bucket and the index of one knowledge base. */
export class S3VectorsStore extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, props: S3VectorsStoreProps) {
    super(scope, id);
    if (props.vectors.binary) fail(this, 'KnowledgeStore.s3Vectors() must be given an embedding model with float vectors, for it holds no others, got binary ones: leave `binary` out, or take KnowledgeStore.openSearchServerless()');

    const index = props.index ?? this.defineIndex(props);
    props.role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['s3vectors:DeleteVectors', 's3vectors:GetIndex', 's3vectors:GetVectors', 's3vectors:ListVectors', 's3vectors:PutVectors', 's3vectors:QueryVectors'],
      resources: [index.indexRef.indexArn],
    }));
    this.binding = {
      storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: index.indexRef.indexArn } },
      searches: ['SEMANTIC'],
      settled: props.index ? undefined : props.vectors.dimension,
      dependencies: [index],
      filterableBytes: FILTERABLE_BYTES,
    };
  }

  private defineIndex({ vectors, encryptionKey, role }: S3VectorsStoreProps): CfnIndex {
    const bucket = new CfnVectorBucket(this, 'Bucket', {
      encryptionConfiguration: encryptionKey ? { sseType: 'aws:kms', kmsKeyArn: encryptionKey.keyArn } : { sseType: 'AES256' },
    });
    if (encryptionKey) role.allowEncryption(encryptionKey, 's3vectors');
    return new CfnIndex(this, 'Index', {
      vectorBucketArn: bucket.attrVectorBucketArn,
      // Nothing of an index can be changed: what changes gets another name, or CloudFormation would make the new one under the old one's.
      indexName: `${Names.uniqueResourceName(this, { maxLength: 50, separator: '-' })}-${vectors.dimension}`.toLowerCase(),
      dataType: 'float32',
      dimension: vectors.dimension,
      distanceMetric: 'cosine',
      metadataConfiguration: { nonFilterableMetadataKeys: NOT_FILTERED },
    });
  }
}
