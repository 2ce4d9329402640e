import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type Construct } from 'constructs';
import { letServiceUse } from '../internal/key-policy';

const CLOUDWATCH = new iam.ServicePrincipal('cloudwatch.amazonaws.com');

/** A topic that CloudWatch's alarms of this account publish to, and nobody else. */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, encryptionKey?: IKey) {
    super(scope, id, { enforceSSL: true, masterKey: encryptionKey });
    // A topic with a policy of its own has lost the one that lets its account publish.
    const { region, account } = Stack.of(this);
    this.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'CloudWatchAlarms',
      actions: ['sns:Publish'],
      principals: [CLOUDWATCH],
      resources: [this.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:cloudwatch:${region}:${account}:alarm:*` },
      },
    }));
    // CloudWatch asks for the data key with which SNS encrypts, and says no source when it does; the topic's policy is what tells alarms apart.
    if (encryptionKey) letServiceUse(this, encryptionKey, { sid: 'CloudWatchAlarms', actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], principals: [CLOUDWATCH] });
  }
}
