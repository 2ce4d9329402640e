import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { type Build } from './build';
import { encryptTable } from '../internal/encrypted-table';
import { grantKeyThrough } from '../internal/key-grants';

/** The keys of a table's items, by the names that a contract gives them. */
export interface ItemKeys {
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** Until when an item lives. */
  readonly ttl?: string;
}

export interface ItemTableProps extends Pick<dynamodb.TablePropsV2, 'localSecondaryIndexes' | 'globalSecondaryIndexes'> {
  /**
   * What would be lost with the table. `data`: somebody's words, which stay when the stack goes. `state`: what runs depends on it and nothing else does; it goes
   * with the stack, unless it is protected. `passing`: what means nothing a moment later, or must not outlive its time; no copy is kept.
   */
  readonly holds: 'data' | 'state' | 'passing';
}

/** A table that is paid by the request, built as the posture says. */
export function defineItemTable(scope: Construct, id: string, { posture, encryptionKey }: Build, keys: ItemKeys, props: ItemTableProps): dynamodb.TableV2 {
  const { partitionKey, sortKey, ttl } = keys;
  const { holds, localSecondaryIndexes, globalSecondaryIndexes } = props;
  const text = (name: string) => ({ name, type: dynamodb.AttributeType.STRING });
  const lasting = holds !== 'passing';
  const table = new dynamodb.TableV2(scope, id, {
    localSecondaryIndexes,
    globalSecondaryIndexes,
    partitionKey: text(partitionKey),
    ...(sortKey !== undefined && { sortKey: text(sortKey) }),
    timeToLiveAttribute: ttl,
    billing: dynamodb.Billing.onDemand(),
    encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey(),
    ...(lasting && { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true }, deletionProtection: posture.deletionProtection }),
    // A deletion that protection refuses would fail, and the stack's with it.
    removalPolicy: holds === 'data' || (lasting && posture.deletionProtection) ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  if (encryptionKey) encryptTable(table, encryptionKey);
  if (lasting) posture.protectTable(scope, table);
  return table;
}

/** Lets somebody do something with the items of a table of a construct; with nothing to do, nothing is let. */
export function grantItems(grantee: IGrantable, table: dynamodb.TableV2, { encryptionKey }: Pick<Build, 'encryptionKey'>, actions: readonly string[]) {
  if (actions.length === 0) return;
  Grant.addToPrincipal({ grantee, actions: actions.map((action) => `dynamodb:${action}`), resourceArns: [table.tableArn] });
  grantKeyThrough(table, grantee, encryptionKey, ['dynamodb']);
}
