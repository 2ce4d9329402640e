import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type Construct } from 'constructs';
import { SYNC_TABLE } from '../contract/document-sync';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';

/** Who may start a job, which jobs ran, and which documents failed: worth nothing without the knowledge base, and made anew by the next job. */
export function defineSyncTable(scope: Construct, build: Build): TableV2 {
  return defineItemTable(scope, 'Table', build, SYNC_TABLE, { holds: 'state' });
}

/** What the function that syncs does with the table's items. */
export function grantSyncTable(table: TableV2, role: ServiceRole, { oneByOne, ...build }: Build & { readonly oneByOne: boolean }) {
  grantItems(role, table, build, ['GetItem', 'UpdateItem', 'BatchWriteItem', 'Query', ...oneByOne ? ['BatchGetItem'] : []]);
}
