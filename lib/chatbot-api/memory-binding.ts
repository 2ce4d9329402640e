import { type Duration } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type Construct } from 'constructs';
import { type ChatEnv } from '../contract/chat';
import { type ServiceRole } from '../internal/handler-role';
import { type AlarmRules } from '../observability/alarm-set';
import { type Chart } from '../observability/operations-dashboard';
import { type CalledService, type FunctionPlacement } from '../posture';

/** What a memory brings to the chat that it was chosen for. */
export interface MemoryBinding {
  /** Whether there is a conversation to come back to, and routes that lead there. */
  readonly keepsConversations: boolean;
  /** Whether summaries of conversations can be kept beside them. */
  readonly keepsSummaries?: boolean;
  readonly table?: TableV2;
  /** How long a message is kept; undefined where the memory keeps none, or for ever. */
  readonly retention?: Duration;
  /** What the handler reaches because of it. */
  readonly calls: CalledService[];
  /** Parts that the handler needs for it. */
  readonly parts: string[];
  readonly environment: Pick<ChatEnv, 'TABLE_NAME' | 'CACHE' | 'AGENT_MEMORY' | 'RETENTION_SECONDS'>;
  readonly charts: Chart[];
  readonly alarms: AlarmRules;
  /** Where the handler runs, with what lies beside it there. */
  placeHandler(handler: Construct, calls: CalledService[]): FunctionPlacement | undefined;
  grantUse(role: ServiceRole): void;
}
