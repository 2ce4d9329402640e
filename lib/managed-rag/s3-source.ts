import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { connector } from './connector';
import { type GuardedSourceOptions } from './ingestion';
import { isManaged, type SourceBuild, type SourceOfKind } from './source-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { PrivateBucket } from '../internal/private-bucket';
import { fail, requireLength, requireMade, requirePattern } from '../internal/validation';

/** Options of `DataSource.s3`. */
export interface S3SourceOptions extends GuardedSourceOptions {
  /**
   * Only documents whose key begins like this, at most 300 characters.
   *
   * @default - all of the bucket
   */
  readonly prefix?: string;

  /**
   * Account whose the bucket is, where it is not the stack's. The bucket's policy must let the stack's account read, and for `SyncPolicy.onChange()` that account
   * must send the bucket's events here: the synthesis warns with what is to be done.
   *
   * @default - the stack's
   */
  readonly bucketOwner?: string;
}

export interface S3SourceProps extends SourceBuild, Pick<S3SourceOptions, 'prefix' | 'bucketOwner' | 'accessControl'> {
  readonly bucket?: IBucket;
}

/** Documents in a bucket, and the right of a knowledge base to read them. */
export class S3Source extends Construct {
  public readonly binding: SourceOfKind;

  constructor(scope: Construct, id: string, props: S3SourceProps) {
    super(scope, id);
    requireMade(this, 'bucket', props.bucket, 'arnForObjects', "a bucket, such as Bucket.fromBucketName(this, 'Documents', 'documents')");
    requireLength(this, 'prefix', props.prefix, 1, 300);
    requirePattern(this, 'bucketOwner', props.bucketOwner, /^[0-9]{12}$/, "an account's id of 12 digits");
    if (props.bucketOwner !== undefined && !props.bucket) fail(this, "'bucketOwner' must be left out where no bucket is given, for the one that is made is the stack's: leave it out, or give the bucket");
    const bucket = props.bucket ?? this.defineBucket(props);
    const prefixes = props.prefix === undefined ? undefined : [props.prefix];
    this.letRead(bucket, props);
    this.binding = {
      configuration: isManaged(props) ? this.connect(bucket, prefixes, props) : this.configure(bucket, prefixes, props),
      documents: { bucket, prefixes, bucketOwner: props.bucketOwner },
      crawled: false,
    };
  }

  private configure({ bucketArn }: IBucket, inclusionPrefixes: string[] | undefined, { bucketOwner: bucketOwnerAccountId }: S3SourceProps) {
    return { type: 'S3', s3Configuration: { bucketArn, inclusionPrefixes, bucketOwnerAccountId } };
  }

  private connect({ bucketName }: IBucket, inclusionPrefixes: string[] | undefined, { bucketOwner = Stack.of(this).account, accessControl }: S3SourceProps) {
    const connectionConfiguration = { bucketName, bucketOwnerAccountId: bucketOwner };
    return connector('S3', { aclEnabled: accessControl || undefined, connectionConfiguration, filterConfiguration: { inclusionPrefixes } });
  }

  private defineBucket({ logRetention, encryptionKey, posture }: S3SourceProps) {
    const bucket = new PrivateBucket(this, 'Bucket', { logRetention, encryptionKey });
    posture.protectBucket(this, bucket, []);
    return bucket;
  }

  private letRead(bucket: IBucket, { role, prefix = '', bucketOwner = Stack.of(this).account }: S3SourceProps) {
    const conditions = { StringEquals: { 'aws:ResourceAccount': bucketOwner } };
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn], conditions }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(`${prefix}*`)], conditions }));
    acknowledgeWildcard(role, bucket.arnForObjects(`${prefix}*`), 'The documents of the data source, whose names are their authors\' to choose.');
    if (bucket.encryptionKey) role.allowEncryption(bucket.encryptionKey, 's3');
  }
}
