import { Duration } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { SessionTable } from './session-table';
import { requireDuration } from '../internal/validation';
import { type Build } from '../posture/build';

/** Options of `QuerySessions.dynamoDb`. */
export interface DynamoDbSessionsOptions {
  /**
   * How long a session is kept after its last question, from 5 minutes to 30 days.
   *
   * @default Duration.hours(24)
   */
  readonly retention?: Duration;
}

/**
 * Whether what was asked is remembered, so that a question can follow another.
 *
 * @example
 * new ManagedRag(this, 'Rag', { answering: { sessions: QuerySessions.dynamoDb({ retention: Duration.hours(1) }) } });
 */
export abstract class QuerySessions {
  /** Nothing is kept: clients send a conversation along. */
  public static none(): QuerySessions {
    return new NoSessions();
  }

  /**
   * Questions and answers in a DynamoDB table, for a while. Every answer names its session, and a question that names it is understood by what was said in it.
   * No copies are kept of the table, and it goes with its stack: what has ended is to be found nowhere.
   */
  public static dynamoDb(options: DynamoDbSessionsOptions = {}): QuerySessions {
    return new DynamoDbSessions(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: Build): SessionTable | undefined;
}

class NoSessions extends QuerySessions {
  public _bind() {
    return undefined;
  }
}

const RETENTION = Duration.hours(24);

class DynamoDbSessions extends QuerySessions {
  constructor(private readonly options: DynamoDbSessionsOptions) {
    super();
  }

  public _bind(scope: Construct, build: Build) {
    const { retention = RETENTION } = this.options;
    requireDuration(scope, 'answering.sessions.retention', retention, Duration.minutes(5), Duration.days(30));
    return new SessionTable(scope, 'Sessions', { ...build, retention });
  }
}
