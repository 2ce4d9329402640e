import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Queue } from 'aws-cdk-lib/aws-sqs';
import { type Construct } from 'constructs';
import { letServiceUse } from './key-policy';

/** EventBridge tries for a day. */
const RETRIES = { maximumEventAgeInSeconds: Duration.hours(24).toSeconds(), maximumRetryAttempts: 24 };

/** A rule that leads events to one target, and what cannot be delivered to a queue: by exact policies, whatever feature flags an app has. */
export class EventRule extends events.Rule {
  constructor(scope: Construct, id: string, eventPattern: events.EventPattern, private readonly lost: Queue) {
    super(scope, id, { eventPattern });
  }

  public call(handler: IFunction): this {
    handler.addPermission('AllowRule', { principal: EVENTS, sourceArn: this.ruleArn, scope: this });
    return this.lead(handler.functionArn);
  }

  public sendTo(queue: Queue, message: object): this {
    this.letSend(queue);
    return this.lead(queue.queueArn, events.RuleTargetInput.fromObject(message));
  }

  private lead(arn: string, input?: events.RuleTargetInput): this {
    this.letSend(this.lost);
    this.addTarget({ bind: () => ({ arn, input, retryPolicy: RETRIES, deadLetterConfig: { arn: this.lost.queueArn } }) });
    return this;
  }

  private letSend(queue: Queue) {
    queue.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      principals: [EVENTS],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': this.ruleArn } },
    }));
    if (queue.encryptionMasterKey) this.letEncrypt(queue.encryptionMasterKey);
  }

  /** EventBridge encrypts in its own name what it puts into a queue. */
  private letEncrypt(key: IKey) {
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    letServiceUse(this, key, { sid: 'EventBridge', actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], principals: [EVENTS], conditions });
  }
}

const EVENTS = new iam.ServicePrincipal('events.amazonaws.com');
