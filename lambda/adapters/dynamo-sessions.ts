import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { SESSIONS } from '../../lib/contract/sessions';
import type { KeptSession, SessionKey, Sessions } from '../ports/sessions';

const { partitionKey, sortKey, ttl } = SESSIONS;

/** Sessions in their DynamoDB table, each one item. */
export function dynamoSessions(client: DynamoDBDocumentClient, TableName: string): Sessions {
  return {
    async find(key, now) {
      const { Item: item } = await client.send(new GetCommand({ TableName, Key: keyOf(key), ConsistentRead: true }));
      return item && isLive(item, now) ? { exchanges: item.exchanges, version: item.version, expiresAt: item[ttl] } as KeptSession : undefined;
    },

    async keep(key, { exchanges, expiresAt }, before, now) {
      try {
        await client.send(new PutCommand({
          TableName,
          Item: { ...keyOf(key), exchanges, version: (before?.version ?? 0) + 1, [ttl]: expiresAt },
          // The table deletes what has expired days late.
          ...before
            ? { ConditionExpression: 'version = :version', ExpressionAttributeValues: { ':version': before.version } }
            : { ConditionExpression: `attribute_not_exists(${partitionKey}) OR ${ttl} <= :now`, ExpressionAttributeValues: { ':now': Math.floor(now / 1000) } },
        }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    async forget(key, now) {
      const { Attributes: item } = await client.send(new DeleteCommand({ TableName, Key: keyOf(key), ReturnValues: 'ALL_OLD' }));
      return item !== undefined && isLive(item, now);
    },
  };
}

function isLive({ [ttl]: expiresAt }: Readonly<Record<string, unknown>>, now: number): boolean {
  return Number(expiresAt) * 1000 > now;
}

function keyOf({ owner, tenant, id }: SessionKey) {
  const whose = `owner#${encodeURIComponent(owner)}${tenant === undefined ? '' : `#tenant#${encodeURIComponent(tenant)}`}`;
  return { [partitionKey]: whose, [sortKey]: `session#${id}` };
}
