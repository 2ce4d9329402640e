import { Duration } from 'aws-cdk-lib';
import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { type MemoryBinding } from './memory-binding';
import { CONVERSATIONS } from '../contract/conversations';
import { type ServiceRole } from '../internal/handler-role';
import { requireDuration } from '../internal/validation';
import { type Chart } from '../observability/operations-dashboard';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';

const RETENTION = Duration.days(90);

/** What the handler does with the table's items. */
const TABLE_ACTIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'Query'];

/** Conversations in a DynamoDB table of the chat. */
export class ConversationTable implements MemoryBinding {
  public readonly keepsConversations = true;
  public readonly keepsSummaries = true;
  public readonly table: TableV2;
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
    grantItems(role, this.table, this.build, TABLE_ACTIONS);
    Grant.addToPrincipal({ grantee: role, actions: ['dynamodb:Query'], resourceArns: [`${this.table.tableArn}/index/${CONVERSATIONS.recentIndex}`] });
  }

  private defineTable(scope: Construct) {
    const { recentIndex, recentSortKey } = CONVERSATIONS;
    return defineItemTable(scope, 'Conversations', this.build, CONVERSATIONS, {
      holds: 'data',
      localSecondaryIndexes: [{ indexName: recentIndex, sortKey: { name: recentSortKey, type: AttributeType.NUMBER } }],
    });
  }
}
