import { type Duration } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { type ChatBuild } from './chat-build';
import { ConversationTable } from './conversation-table';
import { type MemoryBinding } from './memory-binding';

/** Options of `ConversationMemory.dynamoDb`. */
export interface DynamoDbMemoryOptions {
  /**
   * How long a message is kept, at least one day.
   *
   * @default Duration.days(90)
   */
  readonly retention?: Duration;
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

  /** Nothing is kept: a request holds its whole conversation, and the API has no routes for conversations. */
  public static stateless(): ConversationMemory {
    return new StatelessMemory();
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: ChatBuild): MemoryBinding;
}

class DynamoDbMemory extends ConversationMemory {
  constructor(private readonly options: DynamoDbMemoryOptions) {
    super();
  }

  public _bind(scope: Construct, build: ChatBuild): MemoryBinding {
    const { retention } = this.options;
    return new ConversationTable(scope, build, retention);
  }
}

class StatelessMemory extends ConversationMemory {
  public _bind(): MemoryBinding {
    return { keepsConversations: false, calls: [], environment: { TABLE_NAME: '', RETENTION_SECONDS: '' }, charts: [], grantUse: () => undefined };
  }
}
