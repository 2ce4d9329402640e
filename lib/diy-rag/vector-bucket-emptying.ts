import { CfnDeletionPolicy, CustomResource, Duration, Lazy, Size } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { Construct } from 'constructs';
import { EMPTIED_VECTOR_BUCKET, type EmptiedVectorBucket, type VectorBucketEnv } from '../contract/vector-bucket';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { BundledFunction } from '../internal/bundled-function';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';

export interface VectorBucketEmptyingProps extends Build {
  readonly bucket: CfnVectorBucket;
}

/**
 * Empties a vector bucket that goes: with its stack, with a stack that could not be made, or for another that takes its place. Its indexes are made at runtime, CloudFormation
 * knows none of them, and does not delete what holds one. A bucket that is to be retained keeps them.
 */
export class VectorBucketEmptying extends Construct {
  constructor(scope: Construct, id: string, private readonly props: VectorBucketEmptyingProps) {
    super(scope, id);
    const handler = this.defineHandler();
    const { bucket } = props;
    const properties: EmptiedVectorBucket = {
      VectorBucketArn: bucket.attrVectorBucketArn,
      Emptied: Lazy.string({ produce: () => String(!isRetained(bucket)) }) as 'true',
    };
    const resource = new CustomResource(this, 'Resource', {
      resourceType: EMPTIED_VECTOR_BUCKET,
      serviceToken: handler.function.functionArn,
      serviceTimeout: Duration.minutes(15),
      properties: { ...properties },
    });
    resource.node.addDependency(handler);
  }

  private defineHandler() {
    const { posture, logRetention, encryptionKey, bucket } = this.props;
    const handler = new BundledFunction<VectorBucketEnv>(this, 'Handler', {
      bundle: 'vector-bucket',
      description: 'Empties a vector bucket that is deleted',
      timeout: Duration.minutes(5),
      memory: Size.mebibytes(256),
      logRetention,
      encryptionKey,
      reservedConcurrency: posture.reservedConcurrency === undefined ? undefined : 1,
      // CloudFormation takes answers at an address of S3.
      place: (placed) => posture.placeFunction(placed, [CalledService.S3_VECTORS, CalledService.S3, CalledService.XRAY]),
    });
    handler.configure({ SERVICE: this.node.path.replaceAll('/', '-') });
    const { role } = handler;
    // A bucket encrypted otherwise is another one, made beside the one that is emptied then.
    role.grantUntilReplaced('Emptying', () => {
      const indexes = `${bucket.attrVectorBucketArn}/index/*`;
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3vectors:ListIndexes'], resources: [bucket.attrVectorBucketArn] }));
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3vectors:DeleteIndex'], resources: [indexes] }));
      acknowledgeWildcard(role, indexes, 'All indexes of its own vector bucket, which is deleted after them.');
    }, () => encryptionKey?.keyArn);
    return handler;
  }
}

function isRetained({ cfnOptions: { deletionPolicy, updateReplacePolicy } }: CfnVectorBucket): boolean {
  const retained: readonly (CfnDeletionPolicy | undefined)[] = [CfnDeletionPolicy.RETAIN, CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE];
  return retained.includes(deletionPolicy) || retained.includes(updateReplacePolicy);
}
