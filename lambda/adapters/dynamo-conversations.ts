import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, type QueryCommandInput, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { CONVERSATIONS } from '../../lib/contract/conversations';
import type { Conversation, ConversationKey, Conversations, MessagePlace, OpenTurn, OutlinedMessage, RememberedMessage, StoredMessage } from '../ports/conversations';

type Item = Record<string, unknown>;

/** Conversations in one DynamoDB table, by writes on single items that carry their own condition. */
export function dynamoConversations(client: DynamoDBDocumentClient, TableName: string): Conversations {
  const items = (query: Omit<QueryCommandInput, 'TableName'>) => queried(client, { TableName, ...query });
  return {
    async begin(request) {
      const { conversation, turnId, now, until, expiresAt } = request;
      try {
        const { Attributes: before } = await client.send(new UpdateCommand({
          TableName,
          Key: headKey(conversation),
          // The turn's own id is let in again, for a write that was answered too late is repeated by the client library.
          ConditionExpression: 'attribute_not_exists(deletedAt) AND (attribute_not_exists(lockedBy) OR lockedUntil < :now OR lockedBy = :turnId)',
          UpdateExpression: 'SET id = :id, lockedBy = :turnId, lockedUntil = :until'
            + (expiresAt === undefined ? ' REMOVE expiresAt' : ', expiresAt = :expiresAt') + ' ADD attempts :one',
          ExpressionAttributeValues: {
            ':id': conversation.id, ':turnId': turnId, ':until': until, ':now': now, ':one': 1, ...(expiresAt !== undefined && { ':expiresAt': expiresAt }),
          },
          ReturnValues: 'ALL_OLD',
        }));
        const expired = typeof before?.expiresAt === 'number' && before.expiresAt * 1000 <= now;
        return { ...request, number: Number(before?.attempts ?? 0) + 1, fresh: before === undefined || expired, newest: before?.newest as number | undefined };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },

    async* newestFirst(conversation, upToTurn) {
      const { ExpressionAttributeNames, ...query } = turnsOf(conversation, 0, upToTurn);
      // Reading an attribute costs time even where nobody looks at it, so the model waits for no more than it needs.
      const found = items({
        ...query,
        ScanIndexForward: false,
        ProjectionExpression: '#sk, message, #parent, expiresAt, #end.finishReason, #end.excluded, #end.#length',
        ExpressionAttributeNames: { ...ExpressionAttributeNames, '#parent': 'parent', '#end': 'end', '#length': 'length' },
      });
      for await (const item of found) yield remembered(item);
    },

    async* outline(conversation) {
      const { ExpressionAttributeNames, ...query } = turnsOf(conversation, 0);
      const found = items({
        ...query,
        ProjectionExpression: '#sk, #parent, expiresAt, #end.finishReason',
        ExpressionAttributeNames: { ...ExpressionAttributeNames, '#parent': 'parent', '#end': 'end' },
      });
      for await (const item of found) yield outlined(item);
    },

    async* oldestFirst(conversation, fromTurn) {
      for await (const item of items(turnsOf(conversation, fromTurn))) yield { ...remembered(item), createdAt: item.createdAt } as StoredMessage;
    },

    async commit(turn, stored, { title, now, branches }) {
      const put = ({ turn: number, index, ...message }: StoredMessage) => client.send(new PutCommand({
        TableName,
        Item: { ...messageKey(turn.conversation, number, index), ...message, turnId: turn.turnId },
        // The table may delete an expired head, which counts the turns, days before the messages: what has expired makes room.
        ConditionExpression: `attribute_not_exists(${CONVERSATIONS.partitionKey}) OR turnId = :turnId OR ${CONVERSATIONS.ttl} <= :now`,
        ExpressionAttributeValues: { ':turnId': turn.turnId, ':now': Math.floor(turn.now / 1000) },
      }));
      // In any order: readers know a turn that lacks a message, and leave it out.
      await Promise.all(stored.map(put));
      const once = (field: string) => turn.fresh ? `:${field}` : `if_not_exists(${field}, :${field})`;
      const shown = client.send(new UpdateCommand({
        TableName,
        Key: headKey(turn.conversation),
        ConditionExpression: 'lockedBy = :turnId',
        UpdateExpression: `SET title = ${once('title')}, createdAt = ${once('createdAt')}, updatedAt = :now, `
          + `turns = ${turn.fresh ? ':zero' : 'if_not_exists(turns, :zero)'} + :one, newest = :number${branches ? ', branched = :branches' : ''} `
          + `REMOVE lockedBy, lockedUntil${turn.fresh ? ', branched' : ''}`,
        ExpressionAttributeValues: {
          ...{ ':title': title, ':createdAt': turn.now, ':now': now, ':zero': 0, ':one': 1, ':number': turn.number, ':turnId': turn.turnId },
          ...(branches && { ':branches': true }),
        },
      }));
      // The lock is gone when this very write was repeated because its answer was lost; the turn is complete with its messages.
      await shown.catch((error) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },

    async settle(turn, index, usage) {
      const settled = client.send(new UpdateCommand({
        TableName,
        Key: messageKey(turn.conversation, turn.number, index),
        ConditionExpression: 'turnId = :turnId',
        UpdateExpression: 'SET #end.#usage = :usage',
        ExpressionAttributeNames: { '#end': 'end', '#usage': 'usage' },
        ExpressionAttributeValues: { ':usage': usage, ':turnId': turn.turnId },
      }));
      // The message may be gone by now, and what it cost with it.
      await settled.catch((error) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },

    async release(turn) {
      await client.send(new UpdateCommand({
        TableName,
        Key: headKey(turn.conversation),
        ConditionExpression: 'lockedBy = :turnId',
        UpdateExpression: 'REMOVE lockedBy, lockedUntil',
        ExpressionAttributeValues: { ':turnId': turn.turnId },
      }));
    },

    async find(conversation) {
      const { Item: head } = await client.send(new GetCommand({ TableName, Key: headKey(conversation), ConsistentRead: true }));
      // A head without this field belongs to a conversation whose first turn has not ended yet, or failed.
      return head?.updatedAt === undefined ? undefined : conversationOf(head);
    },

    async* recent(owner, after) {
      const found = items({
        IndexName: CONVERSATIONS.recentIndex,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': CONVERSATIONS.partitionKey },
        ExpressionAttributeValues: { ':pk': ownerKey(owner) },
        ScanIndexForward: false,
        ...(after && { ExclusiveStartKey: { ...headKey({ owner, id: after.id }), [CONVERSATIONS.recentSortKey]: after.updatedAt } }),
      });
      for await (const head of found) yield conversationOf(head);
    },
  };
}

export async function* queried(client: DynamoDBDocumentClient, query: QueryCommandInput): AsyncGenerator<Item, void> {
  let ExclusiveStartKey = query.ExclusiveStartKey;
  do {
    const page = await client.send(new QueryCommand({ ConsistentRead: true, ...query, ExclusiveStartKey }));
    yield* page.Items ?? [];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

/** The place of a message is told by its key alone. */
function outlined({ [CONVERSATIONS.sortKey]: place, parent, expiresAt, end }: Item): OutlinedMessage {
  const [, turn, index] = String(place).split('#').map(Number);
  return {
    turn, index, ...(parent !== undefined && { parent }), ...(expiresAt !== undefined && { expiresAt }), ...(end !== undefined && { end }),
  } as OutlinedMessage;
}

function remembered(item: Item): RememberedMessage {
  return { ...outlined(item), message: item.message } as RememberedMessage;
}

function turnsOf(conversation: ConversationKey, from: number, to = 99_999_999) {
  return {
    KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#pk': CONVERSATIONS.partitionKey, '#sk': CONVERSATIONS.sortKey },
    ExpressionAttributeValues: {
      ':pk': conversationKey(conversation), ':from': messagePlace({ turn: from, index: 0 }), ':to': messagePlace({ turn: to, index: 9_999 }),
    },
  };
}

export function conversationOf({ id, title, createdAt, updatedAt, turns, expiresAt, branched }: Item): Conversation {
  return { id, title, createdAt, updatedAt, turns, expiresAt, ...(branched === true && { branched }) } as Conversation;
}

/** Encoded, so that no owner can spell another's key. */
function ownerKey(owner: string): string {
  return `owner#${encodeURIComponent(owner)}`;
}

export function conversationKey({ owner, id }: ConversationKey): string {
  return `${ownerKey(owner)}#conversation#${id}`;
}

export function headKey({ owner, id }: ConversationKey): Item {
  return { [CONVERSATIONS.partitionKey]: ownerKey(owner), [CONVERSATIONS.sortKey]: `conversation#${id}` };
}

export function messageKey(conversation: OpenTurn['conversation'], turn: number, index: number): Item {
  return { [CONVERSATIONS.partitionKey]: conversationKey(conversation), [CONVERSATIONS.sortKey]: messagePlace({ turn, index }) };
}

function messagePlace({ turn, index }: MessagePlace): string {
  return `turn#${digits(turn, 8)}#${digits(index, 4)}`;
}

export function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
