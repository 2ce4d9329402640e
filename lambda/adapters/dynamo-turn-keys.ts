import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { conversationKey } from './dynamo-conversations';
import { CONVERSATIONS, TURN_LOG_SECONDS } from '../../lib/contract/conversations';
import type { ConversationKey } from '../ports/conversations';
import type { KeyedTurn, TurnKeys } from '../ports/turn-keys';

const { partitionKey, sortKey, ttl } = CONVERSATIONS;

/** The keys of turns beside the messages of their conversations, kept as long as the log that tells the turn again. */
export function dynamoTurnKeys(client: DynamoDBDocumentClient, TableName: string): TurnKeys {
  return {
    async find(conversation, name, now) {
      const { Item: item } = await client.send(new GetCommand({ TableName, Key: keyOf(conversation, name), ConsistentRead: true }));
      return item && Number(item[ttl]) * 1000 > now ? { turnId: item.turnId, number: item.number, hash: item.hash } as KeyedTurn : undefined;
    },

    async claim({ conversation, turnId, number, now, expiresAt = Infinity }, { name, hash }, before) {
      const seconds = Math.floor(now / 1000);
      try {
        await client.send(new PutCommand({
          TableName,
          Item: { ...keyOf(conversation, name), turnId, number, hash, [ttl]: Math.min(expiresAt, seconds + TURN_LOG_SECONDS) },
          // The turn's own id is let in again, for a write that was answered too late is repeated by the client library.
          ConditionExpression: `attribute_not_exists(${partitionKey}) OR ${ttl} <= :now OR turnId = :turnId OR turnId = :before`,
          ExpressionAttributeValues: { ':now': seconds, ':turnId': turnId, ':before': before?.turnId ?? turnId },
        }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}

function keyOf(conversation: ConversationKey, name: string) {
  return { [partitionKey]: conversationKey(conversation), [sortKey]: `key#${name}` };
}
