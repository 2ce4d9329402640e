import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SYNC_TABLE } from '../../lib/contract/document-sync';
import type { SourceGates, SourceState } from '../ports/sync-state';

const BATCH = 'batch#';
const IS_OPEN = '(attribute_not_exists(closedUntil) OR closedUntil < :now)';

/** One item a source; a batch that is in is an attribute of it, so that letting one in and closing the gate exclude each other. */
export function dynamoSourceGates(client: DynamoDBDocumentClient, TableName: string): SourceGates {
  const read = async (dataSourceId: string): Promise<Item> => {
    const { Item: item = {} } = await client.send(new GetCommand({ TableName, Key: keyOf(dataSourceId), ConsistentRead: true }));
    return item;
  };
  const write = async (dataSourceId: string, update: Update): Promise<Item | undefined> => {
    try {
      const { Attributes = {} } = await client.send(new UpdateCommand({ TableName, Key: keyOf(dataSourceId), ReturnValues: 'ALL_NEW', ...update }));
      return Attributes;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  };

  return {
    async find(dataSourceId) {
      return stateOf(await read(dataSourceId));
    },

    async enter(dataSourceId, batch, now, until) {
      const entered = await write(dataSourceId, {
        ConditionExpression: IS_OPEN,
        UpdateExpression: 'SET #batch = :until',
        ExpressionAttributeNames: { '#batch': BATCH + batch },
        ExpressionAttributeValues: { ':now': now, ':until': until },
      });
      return { entered: entered !== undefined, state: stateOf(entered ?? await read(dataSourceId)) };
    },

    async leave(dataSourceId, batch) {
      await write(dataSourceId, { UpdateExpression: 'REMOVE #batch', ExpressionAttributeNames: { '#batch': BATCH + batch } });
    },

    async want(dataSourceId, now, lately) {
      return await write(dataSourceId, {
        ConditionExpression: 'attribute_not_exists(wantedAt) OR wantedAt < :lately',
        UpdateExpression: 'SET wantedAt = :now',
        ExpressionAttributeValues: { ':now': now, ':lately': lately },
      }) !== undefined;
    },

    async close(dataSourceId, token, now, until) {
      const item = await write(dataSourceId, {
        UpdateExpression: 'SET closedBy = :token, closedUntil = :until',
        ExpressionAttributeValues: { ':token': token, ':until': until },
      }) ?? {};
      const batches = Object.entries(item).filter(([name]) => name.startsWith(BATCH));
      const over = batches.filter(([, stays]) => Number(stays) < now).map(([name]) => name);
      if (over.length > 0) {
        const names = Object.fromEntries(over.map((name, at) => [`#over${at}`, name]));
        await write(dataSourceId, { UpdateExpression: `REMOVE ${Object.keys(names).join(', ')}`, ExpressionAttributeNames: names });
      }
      return batches.length - over.length;
    },

    async began(dataSourceId, startedAt) {
      await write(dataSourceId, { UpdateExpression: 'SET startedAt = :startedAt REMOVE wantedAt', ExpressionAttributeValues: { ':startedAt': startedAt } });
    },

    async open(dataSourceId, token, found = {}) {
      const told = Object.entries(found).filter(([, time]) => time !== undefined);
      const set = told.length > 0 ? `SET ${told.map(([name]) => `${name} = :${name}`).join(', ')} ` : '';
      await write(dataSourceId, {
        ConditionExpression: 'closedBy = :token',
        UpdateExpression: `${set}REMOVE closedBy, closedUntil${found.failedAt === undefined ? '' : ', wantedAt'}`,
        ExpressionAttributeValues: { ':token': token, ...Object.fromEntries(told.map(([name, time]) => [`:${name}`, time])) },
      });
    },
  };
}

type Item = Readonly<Record<string, unknown>>;
type Update = Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key'>;

function keyOf(dataSourceId: string) {
  return { [SYNC_TABLE.partitionKey]: `source#${dataSourceId}`, [SYNC_TABLE.sortKey]: 'gate' };
}

function stateOf({ closedUntil, wantedAt, startedAt, coveredFrom, coveredAt, failedAt }: Item): SourceState {
  return { closedUntil, wantedAt, startedAt, coveredFrom, coveredAt, failedAt } as SourceState;
}
