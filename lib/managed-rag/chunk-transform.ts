import { Duration, Stack } from 'aws-cdk-lib';
import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { Grant, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type SourceBuild } from './source-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { acknowledgeInPacks, PrivateBucket } from '../internal/private-bucket';

export interface ChunkTransformProps extends SourceBuild {
  readonly handler: IFunction;
}

/** A function that passages go through before they are embedded, and the bucket over which they come and go. */
export class ChunkTransform extends Construct {
  public readonly configuration: CfnDataSource.CustomTransformationConfigurationProperty;

  constructor(scope: Construct, id: string, props: ChunkTransformProps) {
    super(scope, id);
    const bucket = this.defineBucket(props);
    this.letExchange(bucket, props);
    this.letCall(props);
    this.configuration = {
      intermediateStorage: { s3Location: { uri: bucket.s3UrlForObject() } },
      transformations: [{
        stepToApply: 'POST_CHUNKING',
        transformationFunction: { transformationLambdaConfiguration: { lambdaArn: props.handler.functionArn } },
      }],
    };
  }

  private defineBucket({ logRetention, encryptionKey }: ChunkTransformProps) {
    const bucket = new PrivateBucket(this, 'Bucket', { logRetention, encryptionKey, lifecycleRules: [{ id: 'Passing', expiration: Duration.days(1) }] });
    acknowledgeInPacks(bucket, 'S3BucketReplicationEnabled', 'Passages lie here for the minutes between two steps, and are made again from the documents whenever these are read.');
    return bucket;
  }

  private letExchange(bucket: PrivateBucket, { role, handler }: ChunkTransformProps) {
    const objects = bucket.arnForObjects('*');
    for (const grantee of [role, handler]) {
      Grant.addToPrincipal({ grantee, actions: ['s3:GetObject', 's3:PutObject'], resourceArns: [objects] });
      acknowledgeWildcard(grantee, objects, 'Passages on their way through the function, whose names are Bedrock\'s to choose, in a bucket that holds nothing else.');
    }
    if (!bucket.encryptionKey) return;
    role.allowEncryption(bucket.encryptionKey, 's3');
    const { region, urlSuffix } = Stack.of(this);
    Grant.addToPrincipal({
      grantee: handler,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resourceArns: [bucket.encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` } },
    });
  }

  private letCall({ role, handler }: ChunkTransformProps) {
    const { functionArn } = handler;
    // Bedrock names the version that it calls.
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn, `${functionArn}:*`] }));
    acknowledgeWildcard(role, `${functionArn}:*`, 'The versions of one function.');
  }
}
