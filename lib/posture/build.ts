import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Posture } from '../posture';

/** How the parts of a chat are built. */
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
