import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';
import { Posture } from './posture';

/** How the parts of a construct are built. */
export interface Build {
  /** How strictly. */
  readonly posture: Posture;

  /** How long logs are kept. */
  readonly logRetention: RetentionDays;

  /**
   * What encrypts data and logs.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: IKey;
}

/** How a construct is built, as its props say; makes the key that its posture wants. */
export function buildOf(scope: Construct, { posture = Posture.standard(), encryptionKey }: Partial<Build>): Build {
  return { posture, logRetention: posture.logRetention, encryptionKey: encryptionKey ?? posture.encryptionKey(scope) };
}
