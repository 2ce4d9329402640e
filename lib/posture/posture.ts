import { type IRestApi, type Stage } from 'aws-cdk-lib/aws-apigateway';
import { type ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';

/**
 * How strictly a construct is built. Constructs ask it for what the chosen level adds: a key, a network, a firewall, a backup.
 *
 * @example
 * new ChatbotApi(this, 'Chat', { posture: Posture.standard() });
 */
export abstract class Posture {
  /** Secure defaults that cost nothing while idle; passes the AwsSolutions and Serverless rules of cdk-nag. */
  public static standard(): Posture {
    return new StandardPosture();
  }

  /** How long logs are kept. */
  public abstract readonly logRetention: RetentionDays;

  /** Whether data refuses to be deleted until its protection is lifted by hand. */
  public abstract readonly deletionProtection: boolean;

  /** Most instances of a handler at a time, set aside for it; undefined shares the account's. */
  public abstract readonly reservedConcurrency?: number;

  /** The key that encrypts what a construct of this scope keeps; undefined leaves it to keys that AWS owns. */
  public abstract encryptionKey(scope: Construct): IKey | undefined;

  /** Puts what the level asks for in front of an API: a firewall, a client certificate. */
  public abstract protectApi(api: IRestApi, stage: Stage): void;

  /** Puts what the level asks for behind a table: a backup plan. */
  public abstract protectTable(table: ITableV2): void;
}

class StandardPosture extends Posture {
  public readonly logRetention = RetentionDays.THREE_MONTHS;
  public readonly deletionProtection = false;
  public readonly reservedConcurrency = undefined;

  public encryptionKey(_scope: Construct): IKey | undefined {
    return undefined;
  }

  public protectApi(_api: IRestApi, _stage: Stage) {}

  public protectTable(_table: ITableV2) {}
}
