import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { acknowledge } from './acknowledge';

export interface PrivateBucketProps {
  readonly encryptionKey?: IKey;
  /** How long it is kept who read and wrote what. */
  readonly logRetention: RetentionDays;
  readonly lifecycleRules?: s3.LifecycleRule[];
}

/** How long what was deleted or replaced can be fetched back: as long as the recovery log of a table reaches. */
export const RECOVERY = Duration.days(35);

/** A bucket that nobody reads but those who were granted it: over TLS, versioned, its accesses logged. It outlives its stack. */
export class PrivateBucket extends s3.Bucket {
  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id, {
      ...PRIVATE,
      ...encryption(props.encryptionKey),
      lifecycleRules: [
        { id: 'Leftovers', noncurrentVersionExpiration: RECOVERY, expiredObjectDeleteMarker: true, abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...props.lifecycleRules ?? [],
      ],
    });
    AccessLogs.of(this, props.logRetention).writeFor(this);
  }

  /** Lets web pages of these origins send forms here that were signed for them. A form needs no header that a browser would ask for first. */
  public allowUploads(origins: string[]) {
    if (origins.length > 0) this.addCorsRule({ allowedOrigins: origins, allowedMethods: [s3.HttpMethods.POST], maxAge: 3600 });
  }
}

const PRIVATE: s3.BucketProps = {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  versioned: true,
  removalPolicy: RemovalPolicy.RETAIN,
};

function encryption(encryptionKey?: IKey): s3.BucketProps {
  if (!encryptionKey) return { encryption: s3.BucketEncryption.S3_MANAGED };
  // One key for many objects: a request to the key service for each would cost more than the objects.
  return { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true };
}

/** Where S3 writes who read and wrote what, one bucket a stack. */
class AccessLogs extends Construct {
  public static of(scope: IConstruct, retention: RetentionDays): AccessLogs {
    const stack = Stack.of(scope);
    const id = `AccessLogs${retention}`;
    return (stack.node.tryFindChild(id) as AccessLogs | undefined) ?? new AccessLogs(stack, id, retention);
  }

  private readonly bucket: s3.Bucket;

  private constructor(scope: Construct, id: string, retention: RetentionDays) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      ...PRIVATE,
      ...encryption(),
      lifecycleRules: [{
        id: 'Retention',
        ...(retention !== RetentionDays.INFINITE && { expiration: Duration.days(retention) }),
        noncurrentVersionExpiration: RECOVERY,
        abortIncompleteMultipartUploadAfter: Duration.days(1),
      }],
    });
    const copies = 'It holds logs, which S3 delivers as best it can and may leave out: a copy of them proves no more than they do.';
    const key = 'S3 delivers access logs to buckets that it encrypts with its own key, and to no others.';
    acknowledgeInPacks(this.bucket, 'S3BucketReplicationEnabled', copies);
    acknowledgeInPacks(this.bucket, 'S3DefaultEncryptionKMS', key);
  }

  public writeForBalancer(balancer: ApplicationLoadBalancer) {
    const prefix = balancer.node.addr;
    const stack = Stack.of(balancer);
    this.bucket.addToResourcePolicy(new PolicyStatement({
      principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects(`${prefix}/AWSLogs/${stack.account}/*`)],
    }));
    balancer.setAttribute('access_logs.s3.enabled', 'true');
    balancer.setAttribute('access_logs.s3.bucket', this.bucket.bucketName);
    balancer.setAttribute('access_logs.s3.prefix', prefix);
    // The load balancer tries whether it may write before it exists.
    balancer.node.addDependency(this.bucket.policy!);
  }

  /** Not through the L2: what it writes depends on feature flags of the app, down to an access control list. */
  public writeFor(source: s3.Bucket) {
    const prefix = `${source.node.addr}/`;
    (source.node.defaultChild as s3.CfnBucket).loggingConfiguration = { destinationBucketName: this.bucket.bucketName, logFilePrefix: prefix };
    this.bucket.addToResourcePolicy(new PolicyStatement({
      principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects(`${prefix}*`)],
      conditions: { ArnLike: { 'aws:SourceArn': source.bucketArn }, StringEquals: { 'aws:SourceAccount': Stack.of(source).account } },
    }));
  }
}

/** Has a load balancer write who asked for what. Not through the L2, which wants to know the Region. */
export function logAccess(balancer: ApplicationLoadBalancer, retention: RetentionDays) {
  AccessLogs.of(balancer, retention).writeForBalancer(balancer);
}

/** Accepts a finding in the packs of regulators, which give the rule one name. */
export function acknowledgeInPacks(scope: IConstruct, rule: string, reason: string) {
  for (const pack of ['HIPAA.Security', 'NIST.800.53.R5', 'PCI.DSS.321']) acknowledge(scope, `${pack}-${rule}`, reason);
}
