import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { DOCUMENT_STATES, DOCUMENTS_TABLE, type DocumentStateName } from '../../lib/contract/document-index';
import type { DocumentState, DocumentStates, ListedDocuments } from '../ports/document-states';
import type { Scalar } from '../ports/passages';

const { partitionKey, sortKey, ttl, listedIndex, listedPartitionKey } = DOCUMENTS_TABLE;

type Item = Readonly<Record<string, unknown>>;
interface Page {
  readonly Items?: Item[];
  readonly LastEvaluatedKey?: Record<string, unknown>;
}

/** One item a document. */
export function dynamoDocumentStates(client: DynamoDBDocumentClient, TableName: string): DocumentStates {
  return {
    async find(source, key) {
      const { Item: item } = await client.send(new GetCommand({ TableName, Key: keyOf(source, key), ConsistentRead: true }));
      return item && { state: stateOf(item), revision: Number(item.revision) };
    },

    async save(state, revision, seconds) {
      const next = (revision ?? 0) + 1;
      const Item = {
        ...state,
        ...keyOf(state.source, state.key),
        revision: next,
        [listedPartitionKey]: listedUnder(state.state, state.tenants),
        ...(seconds !== undefined && { [ttl]: Math.ceil(state.updatedAt / 1000) + seconds }),
      };
      try {
        await client.send(new PutCommand({
          TableName,
          Item,
          ...(revision === undefined
            ? { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': partitionKey } }
            : { ConditionExpression: '#revision = :revision', ExpressionAttributeNames: { '#revision': 'revision' }, ExpressionAttributeValues: { ':revision': revision } }),
        }));
        return next;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },

    async* all(source, after = '') {
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey }: Page = await client.send(new QueryCommand({
          TableName,
          KeyConditionExpression: after === '' ? '#pk = :source' : '#pk = :source AND #sk > :after',
          ExpressionAttributeNames: { '#pk': partitionKey, ...(after !== '' && { '#sk': sortKey }) },
          ExpressionAttributeValues: { ':source': partitionOf(source), ...(after !== '' && { ':after': after }) },
          ConsistentRead: true,
          ExclusiveStartKey,
        }));
        yield* Items.map(stateOf);
        ExclusiveStartKey = LastEvaluatedKey;
      } while (ExclusiveStartKey);
    },
  };
}

/** Documents by their state, from the index over them, which is a moment behind. */
export function dynamoListedDocuments(client: DynamoDBDocumentClient, TableName: string): ListedDocuments {
  return {
    async page({ state, tenant, after, most }) {
      const listed = listedUnder(state, tenant === undefined ? undefined : [tenant]);
      const { Items = [], LastEvaluatedKey }: Page = await client.send(new QueryCommand({
        TableName,
        IndexName: listedIndex,
        KeyConditionExpression: '#listed = :listed',
        ExpressionAttributeNames: { '#listed': listedPartitionKey },
        ExpressionAttributeValues: { ':listed': listed },
        ExclusiveStartKey: after && { ...keyOf(after.source, after.key), [listedPartitionKey]: listed },
        Limit: most,
      }));
      return { documents: Items.map(stateOf), more: LastEvaluatedKey !== undefined };
    },

    async find(source, key) {
      const { Item: item } = await client.send(new GetCommand({ TableName, Key: keyOf(source, key) }));
      return item && stateOf(item);
    },
  };
}

/** A state, and the one tenant behind it. */
function listedUnder(state: DocumentStateName, tenants: readonly Scalar[] = []): string {
  return tenants.length === 1 ? `${state}#${JSON.stringify(tenants[0])}` : state;
}

function stateOf(item: Item): DocumentState {
  const own = [partitionKey, sortKey, ttl, listedPartitionKey, 'revision'] as readonly string[];
  const state = Object.fromEntries(Object.entries(item).filter(([name]) => !own.includes(name)));
  const { state: name } = state;
  if (!DOCUMENT_STATES.some((one) => one === name)) throw new Error(`a document's state must be one of ${DOCUMENT_STATES.join(', ')}, got ${String(name)}`);
  return state as unknown as DocumentState;
}

function keyOf(source: string, key: string): Record<string, string> {
  return { [partitionKey]: partitionOf(source), [sortKey]: key };
}

function partitionOf(source: string): string {
  return `documents#${source}`;
}
