import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { type Construct } from 'constructs';
import { CONTENT } from '../contract/content';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { type ServiceRole } from '../internal/handler-role';
import { PrivateBucket } from '../internal/private-bucket';
import { type Build } from '../posture/build';

export interface ChatContentRetention {
  /** How long what belongs to conversations is kept; undefined keeps it for ever. */
  readonly conversations?: Duration;
  readonly files: Duration;
}

/** What of a chat is too large for a table: long messages, and what callers attach. An empty bucket costs nothing. */
export class ChatContent {
  public readonly bucket: PrivateBucket;

  constructor(scope: Construct, private readonly build: Build, public readonly retention: ChatContentRetention) {
    const { posture, logRetention, encryptionKey } = build;
    const lifecycleRules = rules(retention);
    this.bucket = new PrivateBucket(scope, 'Content', { encryptionKey, logRetention, lifecycleRules });
    posture.protectBucket(this.bucket, this.bucket, lifecycleRules);
  }

  public grantUse(role: ServiceRole, uses: Readonly<Record<keyof typeof CONTENT, boolean>>) {
    const prefixes = (Object.keys(CONTENT) as (keyof typeof CONTENT)[]).filter((name) => uses[name]).map((name) => CONTENT[name]);
    if (prefixes.length === 0) return;
    for (const prefix of prefixes) {
      const objects = this.bucket.arnForObjects(`${prefix}*`);
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], resources: [objects] }));
      acknowledgeWildcard(role, objects, 'The handler names each object by its owner as it is written: the wildcard covers objects of this chat, in this one place of its own bucket.');
    }
    // Without it S3 does not tell what is missing from what is forbidden.
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }));
    if (this.build.encryptionKey) role.allowEncryption(this.build.encryptionKey, 's3');
  }
}

/** What belongs to a conversation outlives its messages by a day, for the last of them is as young as its last turn. */
function rules({ conversations, files }: ChatContentRetention): LifecycleRule[] {
  return [
    { id: 'Files', prefix: CONTENT.files, expiration: wholeDays(files) },
    ...conversations ? [{ id: 'Conversations', prefix: CONTENT.conversations, expiration: wholeDays(conversations).plus(Duration.days(1)) }] : [],
  ];
}

/** S3 counts days. */
function wholeDays(time: Duration): Duration {
  return Duration.days(Math.ceil(time.toDays({ integral: false })));
}
