import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { CONNECTIONS } from '../contract/chat-socket';
import { encryptTable } from '../internal/encrypted-table';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';

/** Who is connected, and what they have asked for until somebody has read it. Nothing in it lasts, so nothing of it is backed up: restored, it would lead to nobody. */
export class ConnectionTable extends Construct {
  public readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, private readonly build: Build) {
    super(scope, id);
    this.table = new dynamodb.TableV2(this, 'Table', {
      partitionKey: { name: CONNECTIONS.partitionKey, type: dynamodb.AttributeType.STRING },
      sortKey: { name: CONNECTIONS.sortKey, type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: CONNECTIONS.ttl,
      billing: dynamodb.Billing.onDemand(),
      encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    if (build.encryptionKey) encryptTable(this.table, build.encryptionKey);
  }

  public grant(role: ServiceRole, ...actions: string[]) {
    Grant.addToPrincipal({ grantee: role, actions: actions.map((action) => `dynamodb:${action}`), resourceArns: [this.table.tableArn] });
    if (this.build.encryptionKey) role.allowEncryption(this.build.encryptionKey, 'dynamodb');
  }
}
