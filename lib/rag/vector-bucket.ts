import { Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { letServiceUse } from '../internal/key-policy';

/** S3 Vectors indexes in the background, as itself. */
export function letVectorsBeIndexed(key: IKey, bucket: CfnVectorBucket) {
  const stack = Stack.of(bucket);
  letServiceUse(bucket, key, {
    sid: 'S3VectorsIndexing',
    principals: [new ServicePrincipal('indexing.s3vectors.amazonaws.com')],
    actions: ['kms:Decrypt'],
    conditions: {
      'ArnLike': { 'aws:SourceArn': stack.formatArn({ service: 's3vectors', resource: 'bucket', resourceName: '*' }) },
      'StringEquals': { 'aws:SourceAccount': stack.account },
      'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['aws:s3vectors:arn', 'aws:s3vectors:resource-id'] },
    },
  });
}
