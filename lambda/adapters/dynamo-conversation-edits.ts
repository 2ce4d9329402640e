import { ConditionalCheckFailedException, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { conversationKey, conversationOf, digits, headKey } from './dynamo-conversations';
import { CONVERSATIONS } from '../../lib/contract/conversations';
import type { Feedback, ReferringEdits } from '../ports/conversation-edits';
import type { ConversationKey, MessagePlace } from '../ports/conversations';

/** As many as DynamoDB takes in one batch. */
const BATCH = 25;

const { partitionKey, sortKey, ttl } = CONVERSATIONS;
const keyNames = { '#pk': partitionKey, '#sk': sortKey };

/** Edits of conversations in their DynamoDB table; whatever must not meet a turn is a conditional write on the head. */
export function dynamoConversationEdits(client: DynamoDBDocumentClient, TableName: string): ReferringEdits {
  return {
    async rename(conversation, title, now) {
      const renamed = await unlessRefused(client.send(new UpdateCommand({
        TableName,
        Key: headKey(conversation),
        ConditionExpression: `attribute_exists(updatedAt) AND (attribute_not_exists(${ttl}) OR ${ttl} > :now)`,
        UpdateExpression: 'SET title = :title',
        ExpressionAttributeValues: { ':title': title, ':now': Math.floor(now / 1000) },
        ReturnValues: 'ALL_NEW',
      })));
      return renamed?.Attributes && conversationOf(renamed.Attributes);
    },

    async hide({ conversation, runId, now, until }) {
      const hidden = await unlessRefused(client.send(new UpdateCommand({
        TableName,
        Key: headKey(conversation),
        ConditionExpression: '(attribute_exists(updatedAt) OR attribute_exists(deletedAt)) AND (attribute_not_exists(lockedBy) OR lockedUntil < :now OR lockedBy = :runId)',
        // Without `updatedAt` it is found no more, neither by its id nor in the index.
        UpdateExpression: 'SET deletedAt = if_not_exists(deletedAt, :now), lockedBy = :runId, lockedUntil = :until REMOVE title, createdAt, updatedAt, turns, newest, branched',
        ExpressionAttributeValues: { ':now': now, ':runId': runId, ':until': until },
      })));
      if (hidden) return 'hidden';
      const { Item: head } = await client.send(new GetCommand({ TableName, Key: headKey(conversation), ConsistentRead: true }));
      return (head?.updatedAt ?? head?.deletedAt ?? head?.lockedBy) === undefined ? 'unknown' : 'busy';
    },

    async erase(conversation, first) {
      const { Items = [] } = await client.send(new QueryCommand({
        TableName,
        // All that lies there, whatever it is.
        KeyConditionExpression: '#pk = :pk',
        ProjectionExpression: `#pk, #sk${first ? ', message' : ''}`,
        ExpressionAttributeNames: keyNames,
        ExpressionAttributeValues: { ':pk': conversationKey(conversation) },
        Limit: BATCH,
        ConsistentRead: true,
      }));
      if (Items.length === 0) return { found: 0, deleted: 0 };
      await first?.(Items.map(({ message }) => message));
      const { UnprocessedItems = {} } = await client.send(new BatchWriteCommand({
        RequestItems: { [TableName]: Items.map(({ message: _, ...Key }) => ({ DeleteRequest: { Key } })) },
      }));
      const refused: WriteRequest[] = Object.values(UnprocessedItems).flat() as WriteRequest[];
      return { found: Items.length, deleted: Items.length - refused.length };
    },

    async forget({ conversation, runId }) {
      // Refused when this very write was repeated because its answer was lost, or when another removal took over.
      await unlessRefused(client.send(new DeleteCommand({
        TableName, Key: headKey(conversation), ConditionExpression: 'lockedBy = :runId', ExpressionAttributeValues: { ':runId': runId },
      })));
    },

    async pause({ conversation, runId }) {
      await unlessRefused(client.send(new UpdateCommand({
        TableName,
        Key: headKey(conversation),
        ConditionExpression: 'lockedBy = :runId',
        UpdateExpression: 'REMOVE lockedBy, lockedUntil',
        ExpressionAttributeValues: { ':runId': runId },
      })));
    },

    async rate(conversation, { turn, index, ...feedback }) {
      const { Attributes: before } = await client.send(new PutCommand({
        TableName, Item: { ...feedbackKey(conversation, { turn, index }), ...feedback }, ReturnValues: 'ALL_OLD',
      }));
      return before?.rating as Feedback['rating'] | undefined;
    },

    async withdraw(conversation, feedback) {
      await unlessRefused(client.send(new DeleteCommand({
        TableName,
        Key: feedbackKey(conversation, feedback),
        ConditionExpression: 'createdAt = :createdAt',
        ExpressionAttributeValues: { ':createdAt': feedback.createdAt },
      })));
    },

    async feedback(conversation, from, to) {
      const { Items = [] } = await client.send(new QueryCommand({
        TableName,
        KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
        ExpressionAttributeNames: keyNames,
        ExpressionAttributeValues: { ':pk': conversationKey(conversation), ':from': feedbackPlace(from), ':to': feedbackPlace(to) },
        ConsistentRead: true,
      }));
      return Items.map(({ [partitionKey]: _, [sortKey]: place, ...feedback }) => {
        const [, turn, index] = String(place).split('#').map(Number);
        return { turn, index, ...feedback } as Feedback;
      });
    },
  };
}

async function unlessRefused<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

function feedbackKey(conversation: ConversationKey, place: MessagePlace) {
  return { [partitionKey]: conversationKey(conversation), [sortKey]: feedbackPlace(place) };
}

function feedbackPlace({ turn, index }: MessagePlace): string {
  return `feedback#${digits(turn, 8)}#${digits(index, 4)}`;
}
