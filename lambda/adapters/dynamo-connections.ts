import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { partKey, requestKey } from './dynamo-socket-requests';
import { CONNECTIONS, SOCKET_LIFE_SECONDS, SOCKET_PART_SECONDS, SOCKET_REQUEST_SECONDS } from '../../lib/contract/chat-socket';
import type { Connection, Connections } from '../ports/socket';

const { partitionKey, sortKey, ttl } = CONNECTIONS;
/** What nobody has taken on may be asked again, and be handed on again: whoever takes it on does so once. */
const NOT_TAKEN = 'attribute_not_exists(run)';

/** The table of connections, as the door uses it. */
export function dynamoConnections(client: DynamoDBDocumentClient, TableName: string): Connections {
  return {
    async open({ id, ...connection }, now) {
      await client.send(new PutCommand({ TableName, Item: { ...connectionKey(id), ...connection, [ttl]: seconds(now) + SOCKET_LIFE_SECONDS } }));
    },

    async find(id) {
      const { Item } = await client.send(new GetCommand({ TableName, Key: connectionKey(id), ConsistentRead: true }));
      return Item && { id, owner: Item.owner, claims: Item.claims, until: Item.until } as Connection;
    },

    async close(id) {
      await client.send(new DeleteCommand({ TableName, Key: connectionKey(id) }));
    },

    async keep({ connectionId, claims, text, ...key }, now) {
      return !await refused(client.send(new PutCommand({
        TableName,
        Item: { ...requestKey(key), connection: connectionId, claims, text, [ttl]: seconds(now) + SOCKET_REQUEST_SECONDS },
        ConditionExpression: NOT_TAKEN,
      })));
    },

    async keepPart({ connectionId, claims, text, part, of, ...key }, now) {
      await client.send(new PutCommand({ TableName, Item: { ...partKey(key, part), text, [ttl]: seconds(now) + SOCKET_PART_SECONDS } }));
      try {
        // A set of numbers: a part that comes twice counts once.
        const { Attributes } = await client.send(new UpdateCommand({
          TableName,
          Key: requestKey(key),
          ConditionExpression: NOT_TAKEN,
          UpdateExpression: `SET #connection = :connection, claims = :claims, #of = :of, ${ttl} = :ttl ADD #parts :part`,
          ExpressionAttributeNames: { '#connection': 'connection', '#of': 'of', '#parts': 'parts' },
          ExpressionAttributeValues: { ':connection': connectionId, ':claims': claims, ':of': of, ':part': new Set([part]), ':ttl': seconds(now) + SOCKET_REQUEST_SECONDS },
          ReturnValues: 'ALL_NEW',
        }));
        return (Attributes?.parts as Set<number>).size === of ? 'whole' : 'incomplete';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'taken';
        throw error;
      }
    },

    async drop(key) {
      await refused(client.send(new DeleteCommand({ TableName, Key: requestKey(key), ConditionExpression: NOT_TAKEN })));
    },
  };
}

async function refused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return false;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return true;
    throw error;
  }
}

function connectionKey(id: string) {
  return { [partitionKey]: `connection#${id}`, [sortKey]: 'connection' };
}

function seconds(now: number): number {
  return Math.floor(now / 1000);
}
