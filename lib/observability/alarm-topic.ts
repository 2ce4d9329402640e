import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type Construct } from 'constructs';

/** A topic that CloudWatch's alarms of this account publish to, and nobody else. */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, encryptionKey?: IKey) {
    super(scope, id, { enforceSSL: true, masterKey: encryptionKey });
    // A topic with a policy of its own has lost the one that lets its account publish.
    const { region, account } = Stack.of(this);
    this.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'CloudWatchAlarms',
      actions: ['sns:Publish'],
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      resources: [this.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:cloudwatch:${region}:${account}:alarm:*` },
      },
    }));
    if (encryptionKey) allowAlarmsToUse(encryptionKey);
  }
}

/** Keys that have the statement already: the policy of a key that many topics share says it once. */
const opened = new WeakSet<IKey>();

/** CloudWatch asks for the data key with which SNS encrypts, and says no source when it does; the topic's policy is what tells alarms apart. */
function allowAlarmsToUse(key: IKey) {
  if (opened.has(key)) return;
  opened.add(key);
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'CloudWatchAlarms',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
    resources: ['*'],
  }));
}
