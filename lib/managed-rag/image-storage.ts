import { Grant } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type SourceBuild } from './source-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { type ServiceRole } from '../internal/handler-role';
import { PrivateBucket } from '../internal/private-bucket';
import { fail } from '../internal/validation';

/** Where each knowledge base keeps images, by its role: Bedrock takes one place for all sources. */
const storages = new WeakMap<ServiceRole, { readonly given?: IBucket; readonly bucket: IBucket }>();

/** Where the images, sounds and films of a knowledge base are kept. */
export class ImageStorage extends Construct {
  public static of(scope: Construct, build: SourceBuild, given?: IBucket): IBucket {
    const known = storages.get(build.role);
    if (known && known.given !== given) {
      fail(scope, "'parsing.imageBucket' must be the same in all sources of a knowledge base, which keeps images in one place, got another: give each the same bucket, or none");
    }
    if (known) return known.bucket;
    const { bucket } = new ImageStorage(build.role.node.scope as Construct, 'Images', build, given);
    storages.set(build.role, { given, bucket });
    return bucket;
  }

  public readonly bucket: IBucket;

  private constructor(scope: Construct, id: string, build: SourceBuild, given?: IBucket) {
    super(scope, id);
    this.bucket = given ?? this.defineBucket(build);
    this.letKeep(build.role);
  }

  private defineBucket({ logRetention, encryptionKey, posture }: SourceBuild) {
    const bucket = new PrivateBucket(this, 'Bucket', { logRetention, encryptionKey });
    posture.protectBucket(this, bucket, []);
    return bucket;
  }

  private letKeep(role: ServiceRole) {
    const objects = this.bucket.arnForObjects('*');
    Grant.addToPrincipal({ grantee: role, actions: ['s3:ListBucket'], resourceArns: [this.bucket.bucketArn] });
    Grant.addToPrincipal({ grantee: role, actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], resourceArns: [objects] });
    acknowledgeWildcard(role, objects, 'Images that were found in documents, whose names are Bedrock\'s to choose.');
    if (this.bucket.encryptionKey) role.allowEncryption(this.bucket.encryptionKey, 's3');
  }
}
