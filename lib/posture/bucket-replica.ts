import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Bucket, type CfnBucket, type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { ServiceRole } from '../internal/handler-role';
import { acknowledgeInPacks, PrivateBucket } from '../internal/private-bucket';

export interface BucketReplicaProps {
  readonly source: Bucket;
  readonly encryptionKey: IKey;
  readonly logRetention: RetentionDays;
  readonly lifecycleRules: LifecycleRule[];
}

/** A second bucket that S3 copies everything into, deletions too; what is deleted can be fetched back from both for a while. */
export class BucketReplica extends Construct {
  constructor(scope: Construct, id: string, { source, encryptionKey, logRetention, lifecycleRules }: BucketReplicaProps) {
    super(scope, id);

    const replica = new PrivateBucket(this, 'Bucket', { encryptionKey, logRetention, lifecycleRules });
    acknowledgeInPacks(replica, 'S3BucketReplicationEnabled', 'It is the copy itself, of a bucket that holds the same.');
    const role = this.defineRole(source, replica, encryptionKey);

    (source.node.defaultChild as CfnBucket).replicationConfiguration = {
      role: role.roleArn,
      rules: [{
        id: 'Everything',
        status: 'Enabled',
        priority: 1,
        filter: { prefix: '' },
        deleteMarkerReplication: { status: 'Enabled' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination: { bucket: replica.bucketArn, encryptionConfiguration: { replicaKmsKeyId: encryptionKey.keyArn } },
      }],
    };
  }

  private defineRole(source: Bucket, replica: PrivateBucket, key: IKey) {
    const { region, urlSuffix } = Stack.of(this);
    const role = new ServiceRole(this, 'Role', 's3.amazonaws.com');
    const allow = (actions: string[], resource: string, conditions?: Record<string, unknown>) =>
      role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [resource], conditions }));
    const reads = source.arnForObjects('*');
    const writes = replica.arnForObjects('*');

    allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], source.bucketArn);
    allow(['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'], reads);
    allow(['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'], writes);
    allow(['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'], key.keyArn, { StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` } });
    for (const objects of [reads, writes]) {
      acknowledgeWildcard(role, objects, 'S3 copies every object of one bucket into one other, whose names it cannot know before they are written.');
    }
    return role;
  }
}
