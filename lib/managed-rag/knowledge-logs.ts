import { Stack } from 'aws-cdk-lib';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { type Build } from '../posture/build';

/** What Bedrock itself says of a knowledge base: of each document and job, why it was read or not. */
export class KnowledgeLogs extends Construct {
  public readonly logs: EncryptedLogs;

  constructor(scope: Construct, id: string, base: CfnKnowledgeBase, { logRetention, encryptionKey }: Build) {
    super(scope, id);
    const name = nameUnlikeAnyOther(this, Stack.of(this).resolve(base.name), { separator: '-', maxLength: 60 });
    this.logs = new EncryptedLogs(this, 'Logs', {
      retention: logRetention,
      encryptionKey,
      // Under this path CloudWatch lets the service write by itself; a policy for each log group would soon meet the limit of ten in a Region.
      logGroupName: `/aws/vendedlogs/bedrock/knowledge-base/${name}`,
    });
    const source = new CfnDeliverySource(this, 'Source', { name, logType: 'APPLICATION_LOGS', resourceArn: base.attrKnowledgeBaseArn });
    const destination = new CfnDeliveryDestination(this, 'Destination', { name, destinationResourceArn: this.logs.logGroupArn });
    const delivery = new CfnDelivery(this, 'Delivery', { deliverySourceName: name, deliveryDestinationArn: destination.attrArn });
    delivery.addResourceDependency(source);
  }
}
