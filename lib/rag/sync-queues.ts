import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CHANGE_ATTEMPTS, JOB_ATTEMPTS } from '../contract/document-sync';
import { acknowledge } from '../internal/acknowledge';
import { type Build } from '../posture/build';

/** As long as SQS keeps anything. */
const LONGEST = Duration.days(14);

export interface SyncQueuesProps extends Build {
  /** Whether changes of documents are followed. */
  readonly changes: boolean;
  /** How long one run of the function has that reads them. */
  readonly seconds: number;
}

/** What waits to be read into a knowledge base: changes in a line of their own for each document, jobs, and what nobody could deal with. */
export class SyncQueues extends Construct {
  public readonly jobs: sqs.Queue;
  public readonly lost: sqs.Queue;
  public readonly changes?: sqs.Queue;
  public readonly lostChanges?: sqs.Queue;

  constructor(scope: Construct, id: string, private readonly props: SyncQueuesProps) {
    super(scope, id);
    this.lost = this.defineLost('Lost');
    // As AWS advises for queues that a function reads: what it has taken comes back only once it cannot be working on it.
    const visibilityTimeout = Duration.seconds(6 * props.seconds);
    this.jobs = this.define('Jobs', { visibilityTimeout, deadLetterQueue: { queue: this.lost, maxReceiveCount: JOB_ATTEMPTS } });
    if (!props.changes) return;
    this.lostChanges = this.defineLost('LostChanges', { fifo: true });
    this.changes = this.define('Changes', {
      fifo: true,
      // By lines, and not 300 calls a second for all of them: many files are put up at once.
      deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      visibilityTimeout,
      deadLetterQueue: { queue: this.lostChanges, maxReceiveCount: CHANGE_ATTEMPTS },
    });
  }

  /** Where what was given up waits for a person. */
  public get allLost(): sqs.Queue[] {
    return this.lostChanges ? [this.lost, this.lostChanges] : [this.lost];
  }

  /** Lets somebody ask for a sync. */
  public grantRequest(grantee: IGrantable): Grant {
    const { encryptionKey } = this.props;
    const grant = Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.jobs.queueArn] });
    return encryptionKey ? grant.combine(encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey')) : grant;
  }

  private defineLost(id: string, props: sqs.QueueProps = {}) {
    const queue = this.define(id, props);
    acknowledge(queue, 'Serverless-SQSRedrivePolicy', 'It is the dead-letter queue itself: what arrives here has failed already, and waits for a person.');
    return queue;
  }

  private define(id: string, props: sqs.QueueProps) {
    const { encryptionKey } = this.props;
    return new sqs.Queue(this, id, {
      enforceSSL: true,
      encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: encryptionKey,
      retentionPeriod: LONGEST,
      removalPolicy: RemovalPolicy.DESTROY,
      ...props,
    });
  }
}
