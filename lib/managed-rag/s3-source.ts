import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { isManaged, type SourceBinding, type SourceBuild } from './source-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { PrivateBucket } from '../internal/private-bucket';

export interface S3SourceProps extends SourceBuild {
  readonly bucket?: IBucket;
  readonly prefix?: string;
}

/** Documents in a bucket, and the right of a knowledge base to read them. */
export class S3Source extends Construct {
  public readonly binding: SourceBinding;

  constructor(scope: Construct, id: string, props: S3SourceProps) {
    super(scope, id);
    const bucket = props.bucket ?? this.defineBucket(props);
    const prefixes = props.prefix === undefined ? undefined : [props.prefix];
    this.letRead(bucket, props);
    this.binding = {
      configuration: isManaged(props) ? connector(bucket, prefixes, Stack.of(this).account) : { type: 'S3', s3Configuration: { bucketArn: bucket.bucketArn, inclusionPrefixes: prefixes } },
      documents: { bucket, prefixes },
      deletion: 'DELETE',
      crawled: false,
    };
  }

  private defineBucket({ logRetention, encryptionKey, posture }: S3SourceProps) {
    const bucket = new PrivateBucket(this, 'Bucket', { logRetention, encryptionKey });
    posture.protectBucket(this, bucket, []);
    return bucket;
  }

  private letRead(bucket: IBucket, { role, prefix = '' }: S3SourceProps) {
    const conditions = { StringEquals: { 'aws:ResourceAccount': Stack.of(this).account } };
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn], conditions }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(`${prefix}*`)], conditions }));
    acknowledgeWildcard(role, bucket.arnForObjects(`${prefix}*`), 'The documents of the data source, whose names are their authors\' to choose.');
    if (bucket.encryptionKey) role.allowEncryption(bucket.encryptionKey, 's3');
  }
}

/** How a managed knowledge base knows a bucket. */
function connector(bucket: IBucket, inclusionPrefixes: string[] | undefined, bucketOwnerAccountId: string) {
  return {
    type: 'MANAGED_KNOWLEDGE_BASE_CONNECTOR',
    managedKnowledgeBaseConnectorConfiguration: {
      connectorParameters: {
        type: 'S3',
        version: '1',
        connectionConfiguration: { bucketName: bucket.bucketName, bucketOwnerAccountId },
        ...(inclusionPrefixes && { filterConfiguration: { inclusionPrefixes } }),
      },
    },
  };
}
