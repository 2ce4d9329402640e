import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { DOCUMENT_STATES, DOCUMENTS_TABLE, type DocumentStateName } from '../../lib/contract/document-index';
import type { Indexes, KnownIndex } from '../../lib/contract/reindexing';
import type { DocumentState, DocumentStates, ListedDocuments } from '../ports/document-states';
import type { Scalar } from '../ports/passages';

const { partitionKey, sortKey, ttl, listedIndex, listedPartitionKey } = DOCUMENTS_TABLE;

type Item = Readonly<Record<string, unknown>>;
interface Page {
  readonly Items?: Item[];
  readonly LastEvaluatedKey?: Record<string, unknown>;
}

/** Where documents are known as an index has them: another store that has one of the same name has none of them. */
export function spaceOf({ recipe, place }: Pick<KnownIndex, 'recipe' | 'place'>): string {
  return `${recipe.index.name}.${place}`;
}

/** One item a document, as one index has it. */
export function dynamoDocumentStates(client: DynamoDBDocumentClient, TableName: string, space: string): DocumentStates {
  const keyOf = (source: string, key: string) => itemKey(space, source, key);
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
        [listedPartitionKey]: listedUnder(space, state.state, state.tenants),
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

    async remove(source, key) {
      await client.send(new DeleteCommand({ TableName, Key: keyOf(source, key) }));
    },

    async* all(source, after = '') {
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey }: Page = await client.send(new QueryCommand({
          TableName,
          KeyConditionExpression: after === '' ? '#pk = :source' : '#pk = :source AND #sk > :after',
          ExpressionAttributeNames: { '#pk': partitionKey, ...(after !== '' && { '#sk': sortKey }) },
          ExpressionAttributeValues: { ':source': partitionOf(space, source), ...(after !== '' && { ':after': after }) },
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
export function dynamoListedDocuments(client: DynamoDBDocumentClient, TableName: string, indexes: () => Promise<Indexes>): ListedDocuments {
  const spaceNow = async (index?: string) => {
    const { answering, known } = await indexes();
    const own = known[index ?? answering ?? ''];
    return own && spaceOf(own);
  };
  return {
    indexes,

    async page({ state, tenant, after, most, index }) {
      const space = await spaceNow(index);
      if (space === undefined) return { documents: [], more: false };
      const listed = listedUnder(space, state, tenant === undefined ? undefined : [tenant]);
      const { Items = [], LastEvaluatedKey }: Page = await client.send(new QueryCommand({
        TableName,
        IndexName: listedIndex,
        KeyConditionExpression: '#listed = :listed',
        ExpressionAttributeNames: { '#listed': listedPartitionKey },
        ExpressionAttributeValues: { ':listed': listed },
        ExclusiveStartKey: after && { ...itemKey(space, after.source, after.key), [listedPartitionKey]: listed },
        Limit: most,
      }));
      return { documents: Items.map(stateOf), more: LastEvaluatedKey !== undefined };
    },

    async find(source, key, index) {
      const space = await spaceNow(index);
      if (space === undefined) return undefined;
      const { Item: item } = await client.send(new GetCommand({ TableName, Key: itemKey(space, source, key) }));
      return item && stateOf(item);
    },
  };
}

/** A state, and the one tenant behind it. */
function listedUnder(space: string, state: DocumentStateName, tenants: readonly Scalar[] = []): string {
  return tenants.length === 1 ? `${space}#${state}#${JSON.stringify(tenants[0])}` : `${space}#${state}`;
}

function stateOf(item: Item): DocumentState {
  const own = [partitionKey, sortKey, ttl, listedPartitionKey, 'revision'] as readonly string[];
  const state = Object.fromEntries(Object.entries(item).filter(([name]) => !own.includes(name)));
  const { state: name } = state;
  if (!DOCUMENT_STATES.some((one) => one === name)) throw new Error(`a document's state must be one of ${DOCUMENT_STATES.join(', ')}, got ${String(name)}`);
  return state as unknown as DocumentState;
}

function itemKey(space: string, source: string, key: string): Record<string, string> {
  return { [partitionKey]: partitionOf(space, source), [sortKey]: key };
}

function partitionOf(space: string, source: string): string {
  return `documents#${space}#${source}`;
}
