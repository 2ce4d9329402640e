import { type Duration } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ANSWER_TABLE, type AnswerCachePolicy, type AnswersReference } from '../contract/answer-cache';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';

export interface AnswerTableProps extends Build {
  readonly similarity: number;
  readonly ttl: Duration;
}

/** Answers that were given lately, and how the index has changed since. They are made again of what is there: no copy of it is kept, and nothing keeps it when the stack goes. */
export class AnswerTable extends Construct {
  public readonly table: TableV2;

  constructor(scope: Construct, id: string, private readonly props: AnswerTableProps) {
    super(scope, id);
    this.table = defineItemTable(this, 'Table', props, ANSWER_TABLE, { holds: 'passing' });
  }

  public get reference(): AnswersReference {
    return { table: this.table.tableName };
  }

  /** @param lagSeconds how long the store of passages may give what is old */
  public policy(lagSeconds: number): AnswerCachePolicy {
    const { similarity, ttl } = this.props;
    return { ...this.reference, similarity, seconds: ttl.toSeconds(), lagSeconds };
  }

  /** Lets a role tell answers again, and keep those that it gives. */
  public grantUse(role: ServiceRole) {
    grantItems(role, this.table, this.props, ['Query', 'GetItem', 'BatchGetItem', 'PutItem']);
  }

  /** Lets a role tell that the index is another. */
  public grantChange(role: ServiceRole) {
    grantItems(role, this.table, this.props, ['PutItem']);
  }
}
