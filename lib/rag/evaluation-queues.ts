import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVALUATE_SECONDS, QUESTION_ATTEMPTS } from '../contract/evaluation';
import { acknowledge } from '../internal/acknowledge';
import { type Build } from '../posture/build';

/** What a killed function has taken comes back after this long: nothing else gives it back, and a run does not wait for ever. */
const VISIBILITY = Duration.seconds(EVALUATE_SECONDS + 60);

/** What waits to be evaluated: runs, the questions of those that are under way, and what nobody could deal with. */
export class EvaluationQueues extends Construct {
  public readonly runs: sqs.Queue;
  public readonly questions: sqs.Queue;
  public readonly lost: sqs.Queue;

  constructor(scope: Construct, id: string, private readonly build: Build) {
    super(scope, id);
    this.lost = this.define('Lost', {});
    acknowledge(this.lost, 'Serverless-SQSRedrivePolicy', 'It is the dead-letter queue itself: what arrives here has failed already, and waits for a person.');
    const deadLetterQueue = { queue: this.lost, maxReceiveCount: QUESTION_ATTEMPTS };
    this.runs = this.define('Runs', { visibilityTimeout: VISIBILITY, deadLetterQueue });
    this.questions = this.define('Questions', { visibilityTimeout: VISIBILITY, deadLetterQueue });
  }

  /** Lets somebody have a run begin. */
  public grantRun(grantee: IGrantable): Grant {
    const { encryptionKey } = this.build;
    const grant = Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.runs.queueArn] });
    return encryptionKey ? grant.combine(encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey')) : grant;
  }

  private define(id: string, props: sqs.QueueProps) {
    const { encryptionKey } = this.build;
    return new sqs.Queue(this, id, {
      enforceSSL: true,
      encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: encryptionKey,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
      ...props,
    });
  }
}
