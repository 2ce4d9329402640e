import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { CONNECTIONS } from '../../lib/contract/chat-socket';
import type { RequestKey, SocketRequests } from '../ports/socket';

type Item = Record<string, unknown>;

const { partitionKey, sortKey } = CONNECTIONS;
/** As many as DynamoDB takes in one batch. */
const BATCH = 25;

/** The requests in the table of connections, as the one who answers uses them. */
export function dynamoSocketRequests(client: DynamoDBDocumentClient, TableName: string): SocketRequests {
  /** A page holds a megabyte, and a request in parts may be longer. */
  async function parts(key: RequestKey): Promise<Item[]> {
    const found: Item[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await client.send(new QueryCommand({
        TableName,
        KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :parts)',
        ExpressionAttributeNames: { '#pk': partitionKey, '#sk': sortKey },
        ExpressionAttributeValues: { ':pk': requestKey(key)[partitionKey], ':parts': `part#${key.id}#` },
        ConsistentRead: true,
        ExclusiveStartKey,
      }));
      found.push(...page.Items ?? []);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found;
  }

  return {
    async take(key, run) {
      try {
        const { Attributes: request = {} } = await client.send(new UpdateCommand({
          TableName,
          Key: requestKey(key),
          // The run's own id is let in again, for a write that was answered too late is repeated by the client library.
          ConditionExpression: `attribute_exists(${partitionKey}) AND (attribute_not_exists(run) OR run = :run)`,
          UpdateExpression: 'SET run = :run',
          ExpressionAttributeValues: { ':run': run },
          ReturnValues: 'ALL_NEW',
        }));
        const { connection: connectionId, claims, text = (await parts(key)).map((part) => part.text).join('') } = request;
        return { connectionId, claims, text } as Awaited<ReturnType<SocketRequests['take']>>;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },

    async forget(key) {
      const { Attributes: before } = await client.send(new UpdateCommand({
        TableName,
        Key: requestKey(key),
        UpdateExpression: 'REMOVE #text, claims',
        ExpressionAttributeNames: { '#text': 'text' },
        ReturnValues: 'ALL_OLD',
      }));
      if (before?.of === undefined) return;
      const keys = (await parts(key)).map(({ [partitionKey]: pk, [sortKey]: sk }) => ({ [partitionKey]: pk, [sortKey]: sk }));
      for (let start = 0; start < keys.length; start += BATCH) {
        // What is not deleted here is deleted by its time to live.
        const deletes = keys.slice(start, start + BATCH).map((Key) => ({ DeleteRequest: { Key } }));
        await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: deletes } }));
      }
    },
  };
}

/** Encoded, so that no owner can spell another's key. */
export function requestKey({ owner, id }: RequestKey) {
  return { [partitionKey]: `owner#${encodeURIComponent(owner)}`, [sortKey]: `request#${id}` };
}

export function partKey(key: RequestKey, part: number) {
  return { ...requestKey(key), [sortKey]: `part#${key.id}#${String(part).padStart(4, '0')}` };
}
