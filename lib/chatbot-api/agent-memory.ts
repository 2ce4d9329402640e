import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnMemory, type IMemoryStrategy, Memory } from 'aws-cdk-lib/aws-bedrockagentcore';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { ConversationTable } from './conversation-table';
import { type MemoryBinding } from './memory-binding';
import { acknowledge } from '../internal/acknowledge';
import { ServiceRole } from '../internal/handler-role';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { requireCount, requireDuration, requireInteger } from '../internal/validation';
import { type Chart } from '../observability/operations-dashboard';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';

export interface AgentMemoryOptions {
  readonly retention?: Duration;
  readonly strategies?: IMemoryStrategy[];
}

const RETENTION = Duration.days(90);

/** What the handler does with the memory's events. */
const EVENT_ACTIONS = ['CreateEvent', 'GetEvent', 'ListEvents', 'DeleteEvent'].map((action) => `bedrock-agentcore:${action}`);

/** Messages in an AgentCore memory, and what it has no place for in a table. */
export class AgentMemory extends ConversationTable implements MemoryBinding {
  public override readonly calls = [CalledService.DYNAMODB, CalledService.BEDROCK_AGENTCORE];
  public override readonly parts = ['agentcore'];
  private readonly memory: Memory;

  constructor(scope: Construct, build: Build, { retention = RETENTION, strategies }: AgentMemoryOptions) {
    requireDuration(scope, 'conversations.memory.retention', retention, Duration.days(7), Duration.days(365));
    requireInteger(scope, 'conversations.memory.retention in days', retention.toDays({ integral: false }), 7, 365);
    requireCount(scope, 'conversations.memory.strategies', strategies, 0, 6);
    super(scope, build, retention);
    this.memory = this.defineMemory(scope, retention, strategies);
  }

  public override get environment(): MemoryBinding['environment'] {
    return { ...super.environment, AGENT_MEMORY: this.memory.memoryId };
  }

  public override get charts(): Chart[] {
    return [...super.charts, {
      title: 'Memory',
      unit: 'requests',
      lines: [
        this.memory.metricErrorsForApiOperation('CreateEvent', { label: 'Messages not kept' }),
        this.memory.metricErrorsForApiOperation('ListEvents', { label: 'Histories not read' }),
      ],
    }];
  }

  public override grantUse(role: ServiceRole) {
    super.grantUse(role);
    Grant.addToPrincipal({ grantee: role, actions: EVENT_ACTIONS, resourceArns: [this.memory.memoryArn] });
    if (this.build.encryptionKey) role.allowEncryption(this.build.encryptionKey, 'bedrock-agentcore');
  }

  private defineMemory(scope: Construct, retention: Duration, strategies: IMemoryStrategy[] | undefined) {
    const { encryptionKey } = this.build;
    const role = new ServiceRole(scope, 'MemoryRole', 'bedrock-agentcore.amazonaws.com');
    if (encryptionKey) acknowledge(role, 'AwsSolutions-IAM5[Action::kms:ReEncrypt*]', 'AgentCore takes the role to keep memories under this one key; the two actions that the wildcard stands for are how it changes the key of what it holds.');
    const memory = new Memory(scope, 'Memory', {
      // One that stays behind would stand in the way of the next under a fixed name; a key cannot be changed, so that another key is another memory.
      memoryName: nameUnlikeAnyOther(scope, [Stack.of(scope).resolve(encryptionKey?.keyArn) ?? null], { separator: '', maxLength: 48 }),
      description: 'Conversations',
      expirationDuration: retention,
      kmsKey: encryptionKey,
      memoryStrategies: strategies,
      executionRole: role,
    });
    // The L2 cannot pass it on.
    memory.node.children.filter((child) => child instanceof CfnMemory).forEach((child) => child.applyRemovalPolicy(RemovalPolicy.RETAIN));
    return memory;
  }
}
