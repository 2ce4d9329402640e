import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { SYNC_TABLE } from '../contract/document-sync';
import { encryptTable } from '../internal/encrypted-table';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';

/** Who may start a job, which jobs ran, and which documents failed: worth nothing without the knowledge base, and made anew by the next job. */
export function defineSyncTable(scope: Construct, { posture, encryptionKey }: Build): dynamodb.TableV2 {
  const table = new dynamodb.TableV2(scope, 'Table', {
    partitionKey: { name: SYNC_TABLE.partitionKey, type: dynamodb.AttributeType.STRING },
    sortKey: { name: SYNC_TABLE.sortKey, type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: SYNC_TABLE.ttl,
    billing: dynamodb.Billing.onDemand(),
    encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: posture.deletionProtection,
    // A deletion that protection refuses would fail, and the stack's with it.
    removalPolicy: posture.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  if (encryptionKey) encryptTable(table, encryptionKey);
  posture.protectTable(scope, table);
  return table;
}

/** What the function that syncs does with the table's items. */
export function grantSyncTable({ tableArn }: dynamodb.TableV2, role: ServiceRole, { encryptionKey, oneByOne }: Build & { readonly oneByOne: boolean }) {
  const actions = ['GetItem', 'UpdateItem', 'BatchWriteItem', 'Query', ...oneByOne ? ['BatchGetItem'] : []].map((action) => `dynamodb:${action}`);
  Grant.addToPrincipal({ grantee: role, actions, resourceArns: [tableArn] });
  if (encryptionKey) role.allowEncryption(encryptionKey, 'dynamodb');
}
