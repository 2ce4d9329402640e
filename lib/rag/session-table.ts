import { type Duration } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { SESSIONS, type SessionsPolicy } from '../contract/sessions';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';

export interface SessionTableProps extends Build {
  readonly retention: Duration;
}

/** What was asked and answered lately. People are told that it ends with its session: no copy of it is kept, and nothing keeps it when the stack goes. */
export class SessionTable extends Construct {
  public readonly table: TableV2;

  constructor(scope: Construct, id: string, private readonly props: SessionTableProps) {
    super(scope, id);
    this.table = defineItemTable(this, 'Table', props, SESSIONS, { holds: 'passing' });
  }

  public get policy(): SessionsPolicy {
    return { table: this.table.tableName, seconds: this.props.retention.toSeconds() };
  }

  public grantUse(role: ServiceRole) {
    grantItems(role, this.table, this.props, ['GetItem', 'PutItem', 'DeleteItem']);
  }
}
