import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Queue } from 'aws-cdk-lib/aws-sqs';
import { type Construct } from 'constructs';

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
    if (queue.encryptionMasterKey) letEventsUse(queue.encryptionMasterKey, Stack.of(this).account);
  }
}

const EVENTS = new iam.ServicePrincipal('events.amazonaws.com');

/** Keys that have the statement already: the policy of a key that many rules share says it once. */
const opened = new WeakSet<IKey>();

/** EventBridge encrypts in its own name what it puts into a queue. */
function letEventsUse(key: IKey, account: string) {
  if (opened.has(key)) return;
  opened.add(key);
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'EventBridge',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    principals: [EVENTS],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': account } },
  }));
}
