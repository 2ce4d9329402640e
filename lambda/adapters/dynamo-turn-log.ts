import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { conversationKey, digits, headKey, queried } from './dynamo-conversations';
import { CONVERSATIONS, TURN_LOG_SECONDS } from '../../lib/contract/conversations';
import type { ConversationKey } from '../ports/conversations';
import type { LogEntry, TurnLog } from '../ports/turn-log';

/** A turn writes a few times a second; whoever wants it to stop is late so many times only when something is wrong. */
const STOP_ATTEMPTS = 20;

/** The logs of turns beside the messages of their conversations. */
export function dynamoTurnLog(client: DynamoDBDocumentClient, TableName: string): TurnLog {
  const put = async (Item: Record<string, unknown>, condition: string, values?: Record<string, unknown>): Promise<boolean> => {
    try {
      await client.send(new PutCommand({ TableName, Item, ConditionExpression: condition, ExpressionAttributeValues: values }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  const free = `attribute_not_exists(${CONVERSATIONS.partitionKey})`;

  return {
    async running(conversation, now) {
      const { Item: head } = await client.send(new GetCommand({ TableName, Key: headKey(conversation), ConsistentRead: true }));
      // What deletes a conversation locks it too, and is no turn.
      const runs = head?.lockedBy !== undefined && head.deletedAt === undefined && head.lockedUntil >= now;
      return runs ? head.lockedBy as string : undefined;
    },

    append({ conversation, turnId, expiresAt = Infinity }, { place, at, text, last }) {
      const entry = { ...entryKey(conversation, turnId, place), turnId, at, text, last, [CONVERSATIONS.ttl]: Math.min(expiresAt, expiryOf(at)) };
      return put(entry, `${free} OR turnId = :turnId`, { ':turnId': turnId });
    },

    async* read(conversation, turnId, from, now) {
      for await (const item of queried(client, { TableName, ...entries(conversation, turnId, from) })) {
        if (Number(item[CONVERSATIONS.ttl]) * 1000 > now) yield entryOf(item);
      }
    },

    async stop(conversation, turnId, now) {
      for (let attempt = 1; attempt <= STOP_ATTEMPTS; attempt++) {
        const { Items: [newest] = [] } = await client.send(new QueryCommand({
          TableName, ConsistentRead: true, ...entries(conversation, turnId, 0), ScanIndexForward: false, Limit: 1,
        }));
        if (newest?.last) return false;
        // Somebody else's wish that the turn has not heard of yet does as well.
        if (newest && newest.turnId === undefined) return true;
        const place = newest ? entryOf(newest).place + 1 : 0;
        // Without the turn's id, so that the turn itself is refused.
        const wish = { ...entryKey(conversation, turnId, place), at: now, [CONVERSATIONS.ttl]: expiryOf(now) };
        if (await put(wish, free)) return true;
      }
      throw new Error('the turn could not be stopped');
    },
  };
}

function entries(conversation: ConversationKey, turnId: string, from: number) {
  const all = `log#${turnId}#`;
  return {
    KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#pk': CONVERSATIONS.partitionKey, '#sk': CONVERSATIONS.sortKey },
    ExpressionAttributeValues: { ':pk': conversationKey(conversation), ':from': `${all}${digits(from, 8)}`, ':to': `${all}99999999` },
  };
}

function entryKey(conversation: ConversationKey, turnId: string, place: number) {
  return { [CONVERSATIONS.partitionKey]: conversationKey(conversation), [CONVERSATIONS.sortKey]: `log#${turnId}#${digits(place, 8)}` };
}

function entryOf({ [CONVERSATIONS.sortKey]: key, at, text = '', last = false }: Record<string, unknown>): LogEntry {
  return { place: Number(String(key).split('#')[2]), at, text, last } as LogEntry;
}

function expiryOf(at: number): number {
  return Math.floor(at / 1000) + TURN_LOG_SECONDS;
}
