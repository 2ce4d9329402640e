import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { DOCUMENTS_TABLE } from '../../lib/contract/document-index';
import { type Indexes, INDEXES_ITEM } from '../../lib/contract/reindexing';
import type { IndexRegistry } from '../ports/index-registry';

const Key = { [DOCUMENTS_TABLE.partitionKey]: INDEXES_ITEM.partition, [DOCUMENTS_TABLE.sortKey]: INDEXES_ITEM.sort };

/** One item in the table of documents. */
export function dynamoIndexRegistry(client: DynamoDBDocumentClient, TableName: string): IndexRegistry {
  return {
    async read() {
      const { Item: item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return item && { indexes: item.indexes as Indexes, revision: Number(item.revision) };
    },

    async save(indexes, revision) {
      try {
        await client.send(new PutCommand({
          TableName,
          Item: { ...Key, indexes: JSON.parse(JSON.stringify(indexes)) as Indexes, revision: (revision ?? 0) + 1 },
          ...(revision === undefined
            ? { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': DOCUMENTS_TABLE.partitionKey } }
            : { ConditionExpression: '#revision = :revision', ExpressionAttributeNames: { '#revision': 'revision' }, ExpressionAttributeValues: { ':revision': revision } }),
        }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}

/** Which index answers, for those who ask: a moment behind. */
export function dynamoIndexPointer(client: DynamoDBDocumentClient, TableName: string): () => Promise<Indexes | undefined> {
  return async () => {
    const { Item: item } = await client.send(new GetCommand({ TableName, Key }));
    return item?.indexes as Indexes | undefined;
  };
}
