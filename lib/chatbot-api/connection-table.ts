import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { CONNECTIONS } from '../contract/chat-socket';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';

/** Who is connected, and what they have asked for until somebody has read it. Nothing in it lasts, so nothing of it is backed up: restored, it would lead to nobody. */
export class ConnectionTable extends Construct {
  public readonly table: TableV2;

  constructor(scope: Construct, id: string, private readonly build: Build) {
    super(scope, id);
    this.table = defineItemTable(this, 'Table', build, CONNECTIONS, { holds: 'passing' });
  }

  public grant(role: ServiceRole, ...actions: string[]) {
    grantItems(role, this.table, this.build, actions);
  }
}
