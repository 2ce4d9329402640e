import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { conversationKey, digits, messageKey } from './dynamo-conversations';
import { CONVERSATIONS } from '../../lib/contract/conversations';
import type { ConversationKey } from '../ports/conversations';
import type { Summaries, Summary } from '../ports/summaries';

/** Branches that anybody still writes in are few, and each has one summary that holds for it. */
const READ = 10;

const { partitionKey, sortKey } = CONVERSATIONS;

/** Summaries in the conversations table, each an item of its own. */
export function dynamoSummaries(client: DynamoDBDocumentClient, TableName: string): Summaries {
  return {
    async newestFirst(conversation) {
      const { Items = [] } = await client.send(new QueryCommand({
        TableName,
        KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :summary)',
        ExpressionAttributeNames: { '#pk': partitionKey, '#sk': sortKey },
        ExpressionAttributeValues: { ':pk': conversationKey(conversation), ':summary': 'summary#' },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: READ,
      }));
      return Items.map(({ [sortKey]: place, text, createdAt, expiresAt }) => ({ turn: Number(String(place).split('#')[1]), text, createdAt, expiresAt }) as Summary);
    },

    async keep({ conversation, number, turnId }, { turn, ...summary }) {
      const Key = summaryKey(conversation, turn);
      try {
        await client.send(new PutCommand({ TableName, Item: { ...Key, ...summary }, ConditionExpression: `attribute_not_exists(${partitionKey})` }));
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return;
        throw error;
      }
      // Nothing holds the conversation any more, so it may be deleted meanwhile. While the writer's own turn is there, whoever deletes has not
      // come to the end and finds the summary too; where it is not, the summary would be left behind.
      const { Item: own } = await client.send(new GetCommand({ TableName, Key: messageKey(conversation, number, 0), ProjectionExpression: 'turnId', ConsistentRead: true }));
      if (own?.turnId !== turnId) await client.send(new DeleteCommand({ TableName, Key }));
    },
  };
}

function summaryKey(conversation: ConversationKey, turn: number) {
  return { [partitionKey]: conversationKey(conversation), [sortKey]: `summary#${digits(turn, 8)}` };
}
