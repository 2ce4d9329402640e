import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { SESSIONS, type SessionsPolicy } from '../contract/sessions';
import { encryptTable } from '../internal/encrypted-table';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';

export interface SessionTableProps extends Build {
  readonly retention: Duration;
}

/** What was asked and answered lately. People are told that it ends with its session: no copy of it is kept, and nothing keeps it when the stack goes. */
export class SessionTable extends Construct {
  public readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, private readonly props: SessionTableProps) {
    super(scope, id);
    this.table = new dynamodb.TableV2(this, 'Table', {
      partitionKey: { name: SESSIONS.partitionKey, type: dynamodb.AttributeType.STRING },
      sortKey: { name: SESSIONS.sortKey, type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: SESSIONS.ttl,
      billing: dynamodb.Billing.onDemand(),
      encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    if (props.encryptionKey) encryptTable(this.table, props.encryptionKey);
  }

  public get policy(): SessionsPolicy {
    return { table: this.table.tableName, seconds: this.props.retention.toSeconds() };
  }

  public grantUse(role: ServiceRole) {
    const actions = ['GetItem', 'PutItem', 'DeleteItem'].map((action) => `dynamodb:${action}`);
    Grant.addToPrincipal({ grantee: role, actions, resourceArns: [this.table.tableArn] });
    if (this.props.encryptionKey) role.allowEncryption(this.props.encryptionKey, 'dynamodb');
  }
}
