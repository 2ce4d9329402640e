import { type Duration } from 'aws-cdk-lib';
import { type IMemoryStrategy } from 'aws-cdk-lib/aws-bedrockagentcore';
import { type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type Construct } from 'constructs';
import { AgentMemory } from './agent-memory';
import { CacheMemory } from './cache-memory';
import { ConversationTable } from './conversation-table';
import { type MemoryBinding } from './memory-binding';
import { type Build } from '../posture/build';

/** Options of `ConversationMemory.dynamoDb`. */
export interface DynamoDbMemoryOptions {
  /**
   * How long a message is kept, at least one day.
   *
   * @default Duration.days(90)
   */
  readonly retention?: Duration;
}

/** Options of `ConversationMemory.elastiCache`. */
export interface ElastiCacheMemoryOptions {
  /**
   * The VPC of the cache and of the handler that speaks to it.
   *
   * @default - the VPC of the posture; `Posture.standard()` has none, so there it must be given
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of `vpc`, in two zones or three.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Whether endpoints are made in `vpc` for the services that the handler calls; an endpoint is made once a VPC. Say no where the VPC has them,
   * or a way to the internet.
   *
   * @default true
   */
  readonly vpcEndpoints?: boolean;

  /**
   * How long a message is kept, at least one day.
   *
   * @default Duration.days(90)
   */
  readonly retention?: Duration;
}

/** Options of `ConversationMemory.agentCore`. */
export interface AgentCoreMemoryOptions {
  /**
   * How long a message is kept, in whole days, from 7 to 365.
   *
   * @default Duration.days(90)
   */
  readonly retention?: Duration;

  /**
   * What long-term memories AgentCore makes of the messages; paid for by the record.
   *
   * @default - none
   */
  readonly strategies?: IMemoryStrategy[];
}

/**
 * Where a chat keeps its conversations.
 *
 * @example
 * new ChatbotApi(this, 'Chat', { conversations: { memory: ConversationMemory.dynamoDb({ retention: Duration.days(30) }) } });
 */
export abstract class ConversationMemory {
  /** A DynamoDB table, one item a message: nothing to operate, and nothing paid while idle but storage. */
  public static dynamoDb(options: DynamoDbMemoryOptions = {}): ConversationMemory {
    return new DynamoDbMemory(options);
  }

  /**
   * ElastiCache Serverless for Valkey, in a VPC beside the handler: answers within a millisecond, and is paid for by the hour even while nobody
   * talks. Its data is copied daily; what came after the last copy may be lost with the cache.
   */
  public static elastiCache(options: ElastiCacheMemoryOptions = {}): ConversationMemory {
    return new ElastiCacheMemory(options);
  }

  /**
   * Messages as events of a Bedrock AgentCore memory, so that agents find them there and long-term memories are made of them; titles, locks and
   * the logs of turns stay in a DynamoDB table.
   */
  public static agentCore(options: AgentCoreMemoryOptions = {}): ConversationMemory {
    return new AgentCoreMemory(options);
  }

  /** Nothing is kept: a request holds its whole conversation, and the API has no routes for conversations. */
  public static stateless(): ConversationMemory {
    return new StatelessMemory();
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: Build): MemoryBinding;
}

class DynamoDbMemory extends ConversationMemory {
  constructor(private readonly options: DynamoDbMemoryOptions) {
    super();
  }

  public _bind(scope: Construct, build: Build): MemoryBinding {
    const { retention } = this.options;
    return new ConversationTable(scope, build, retention);
  }
}

class ElastiCacheMemory extends ConversationMemory {
  constructor(private readonly options: ElastiCacheMemoryOptions) {
    super();
  }

  public _bind(scope: Construct, build: Build): MemoryBinding {
    return new CacheMemory(scope, build, this.options);
  }
}

class AgentCoreMemory extends ConversationMemory {
  constructor(private readonly options: AgentCoreMemoryOptions) {
    super();
  }

  public _bind(scope: Construct, build: Build): MemoryBinding {
    return new AgentMemory(scope, build, this.options);
  }
}

class StatelessMemory extends ConversationMemory {
  public _bind(_scope: Construct, { posture }: Build): MemoryBinding {
    return {
      keepsConversations: false,
      calls: [],
      parts: [],
      environment: { TABLE_NAME: '', CACHE: '', AGENT_MEMORY: '', RETENTION_SECONDS: '' },
      charts: [],
      alarms: {},
      placeHandler: (handler, calls) => posture.placeFunction(handler, calls),
      grantUse: () => undefined,
    };
  }
}
