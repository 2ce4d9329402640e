import { type Duration } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type ChatEnv } from '../contract/chat';
import { type HandlerRole } from '../internal/handler-role';
import { type Chart } from '../observability/operations-dashboard';
import { type CalledService } from '../posture';

/** What a memory brings to the chat that it was chosen for. */
export interface MemoryBinding {
  /** Whether there is a conversation to come back to, and routes that lead there. */
  readonly keepsConversations: boolean;
  readonly table?: TableV2;
  /** How long a message is kept; undefined where the memory keeps none, or for ever. */
  readonly retention?: Duration;
  /** What the handler reaches because of it. */
  readonly calls: CalledService[];
  readonly environment: Pick<ChatEnv, 'TABLE_NAME' | 'RETENTION_SECONDS'>;
  readonly charts: Chart[];
  grantUse(role: HandlerRole): void;
}
