import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { type MemoryBinding } from './memory-binding';
import { CONVERSATIONS } from '../contract/conversations';
import { encryptTable } from '../internal/encrypted-table';
import { type ServiceRole } from '../internal/handler-role';
import { requireDuration } from '../internal/validation';
import { type Chart } from '../observability/operations-dashboard';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';

const RETENTION = Duration.days(90);

/** What the handler does with the table's items. */
const TABLE_ACTIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'Query'].map((action) => `dynamodb:${action}`);

/** Conversations in a DynamoDB table of the chat. */
export class ConversationTable implements MemoryBinding {
  public readonly keepsConversations = true;
  public readonly keepsSummaries = true;
  public readonly table: dynamodb.TableV2;
  public readonly calls: CalledService[] = [CalledService.DYNAMODB];
  public readonly parts: string[] = [];
  public readonly alarms = {};

  constructor(scope: Construct, protected readonly build: Build, public readonly retention = RETENTION) {
    requireDuration(scope, 'conversations.memory.retention', retention, Duration.days(1), Duration.days(36_500));
    this.table = this.defineTable(scope);
  }

  public get environment(): MemoryBinding['environment'] {
    return { TABLE_NAME: this.table.tableName, CACHE: '', AGENT_MEMORY: '', RETENTION_SECONDS: `${this.retention.toSeconds()}` };
  }

  public get charts(): Chart[] {
    return [{
      title: 'Table',
      unit: 'requests',
      lines: [this.table.metric('ReadThrottleEvents', { label: 'Reads throttled' }), this.table.metric('WriteThrottleEvents', { label: 'Writes throttled' })],
    }];
  }

  public placeHandler(handler: Construct, calls: CalledService[]) {
    return this.build.posture.placeFunction(handler, calls);
  }

  public grantUse(role: ServiceRole) {
    const { tableArn } = this.table;
    Grant.addToPrincipal({ grantee: role, actions: TABLE_ACTIONS, resourceArns: [tableArn] });
    Grant.addToPrincipal({ grantee: role, actions: ['dynamodb:Query'], resourceArns: [`${tableArn}/index/${CONVERSATIONS.recentIndex}`] });
    if (this.build.encryptionKey) role.allowEncryption(this.build.encryptionKey, 'dynamodb');
  }

  private defineTable(scope: Construct) {
    const { partitionKey, sortKey, ttl, recentIndex, recentSortKey } = CONVERSATIONS;
    const { posture, encryptionKey } = this.build;
    const table = new dynamodb.TableV2(scope, 'Conversations', {
      partitionKey: { name: partitionKey, type: dynamodb.AttributeType.STRING },
      sortKey: { name: sortKey, type: dynamodb.AttributeType.STRING },
      localSecondaryIndexes: [{ indexName: recentIndex, sortKey: { name: recentSortKey, type: dynamodb.AttributeType.NUMBER } }],
      timeToLiveAttribute: ttl,
      billing: dynamodb.Billing.onDemand(),
      encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: posture.deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    if (encryptionKey) encryptTable(table, encryptionKey);
    posture.protectTable(scope, table);
    return table;
  }
}
