import { type CfnGlobalTable, type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IKey } from 'aws-cdk-lib/aws-kms';

/** Encrypts a table with a key. The L2 refuses to in a stack that names no region, though a table without replicas needs none. */
export function encryptTable(table: TableV2, key: IKey) {
  const resource = table.node.defaultChild as CfnGlobalTable;
  resource.sseSpecification = { sseEnabled: true, sseType: 'KMS' };
  resource.addPropertyOverride('Replicas.0.SSESpecification.KMSMasterKeyId', key.keyArn);
}
