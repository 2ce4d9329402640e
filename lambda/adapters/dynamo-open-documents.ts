import {
  BatchGetCommand, type BatchGetCommandOutput, BatchWriteCommand, type BatchWriteCommandInput, type BatchWriteCommandOutput, type DynamoDBDocumentClient,
  QueryCommand, UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { SYNC_TABLE } from '../../lib/contract/document-sync';
import type { OpenDocument, OpenDocuments } from '../ports/sync-state';

const { partitionKey, sortKey, ttl } = SYNC_TABLE;
/** What failed is listed for so long after it did last, and what was begun is waited for no longer. */
const FAILED_SECONDS = 90 * 86_400;
const PENDING_SECONDS = 86_400;
/** As many as one call writes. */
const MOST = 25;

type Item = Readonly<Record<string, unknown>>;
type BatchRead = Pick<BatchGetCommandOutput, 'Responses' | 'UnprocessedKeys'>;

/** One item a document that is not done with, under its source. */
export function dynamoOpenDocuments(client: DynamoDBDocumentClient, TableName: string): OpenDocuments {
  const update = async (dataSourceId: string, name: string, change: Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key'>) => {
    const { Attributes = {} } = await client.send(new UpdateCommand({ TableName, Key: keyOf(dataSourceId, name), ReturnValues: 'UPDATED_NEW', ...change }));
    return Attributes;
  };

  return {
    async find(dataSourceId, names) {
      const found: Item[] = [];
      let asked: BatchRead['UnprocessedKeys'] = { [TableName]: { Keys: names.map((name) => keyOf(dataSourceId, name)), ConsistentRead: true } };
      while (asked?.[TableName]) {
        const answer: BatchRead = await client.send(new BatchGetCommand({ RequestItems: asked }));
        found.push(...answer.Responses?.[TableName] ?? []);
        asked = answer.UnprocessedKeys;
      }
      return found.map(({ [sortKey]: name, changes, failedAt }): OpenDocument => ({
        name: String(name), changes: changes as OpenDocument['changes'], failed: failedAt !== undefined,
      }));
    },

    async keepPending(dataSourceId, documents, now) {
      await Promise.all(documents.map(({ name, changes }) => update(dataSourceId, name, {
        UpdateExpression: 'SET #changes = :changes, #ttl = if_not_exists(#ttl, :ttl)',
        ExpressionAttributeNames: { '#changes': 'changes', '#ttl': ttl },
        ExpressionAttributeValues: { ':changes': changes, ':ttl': seconds(now) + PENDING_SECONDS },
      })));
    },

    async fail(dataSourceId, { name, reason, at }) {
      const { attempts } = await update(dataSourceId, name, {
        UpdateExpression: 'SET #reason = :reason, failedAt = :at, #ttl = :ttl REMOVE #changes ADD attempts :one',
        ExpressionAttributeNames: { '#reason': 'reason', '#changes': 'changes', '#ttl': ttl },
        ExpressionAttributeValues: { ':reason': reason, ':at': new Date(at).toISOString(), ':ttl': seconds(at) + FAILED_SECONDS, ':one': 1 },
      });
      return Number(attempts);
    },

    async clear(dataSourceId, names) {
      for (let from = 0; from < names.length; from += MOST) {
        const requests = names.slice(from, from + MOST).map((name) => ({ DeleteRequest: { Key: keyOf(dataSourceId, name) } }));
        let left: BatchWriteCommandInput['RequestItems'] = { [TableName]: requests };
        while (left?.[TableName]) {
          const { UnprocessedItems }: BatchWriteCommandOutput = await client.send(new BatchWriteCommand({ RequestItems: left }));
          left = UnprocessedItems;
        }
      }
    },

    async* failed(dataSourceId) {
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey }: { Items?: Item[]; LastEvaluatedKey?: Record<string, unknown> } = await client.send(new QueryCommand({
          TableName,
          KeyConditionExpression: `${partitionKey} = :source`,
          FilterExpression: 'attribute_exists(failedAt)',
          ProjectionExpression: sortKey,
          ExpressionAttributeValues: { ':source': partitionOf(dataSourceId) },
          ExclusiveStartKey,
        }));
        yield Items.map((item) => String(item[sortKey]));
        ExclusiveStartKey = LastEvaluatedKey;
      } while (ExclusiveStartKey);
    },
  };
}

function keyOf(dataSourceId: string, name: string): Record<string, string> {
  return { [partitionKey]: partitionOf(dataSourceId), [sortKey]: name };
}

function partitionOf(dataSourceId: string): string {
  return `documents#${dataSourceId}`;
}

function seconds(now: number): number {
  return Math.ceil(now / 1000);
}
