import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SYNC_TABLE } from '../../lib/contract/document-sync';
import type { JobLease, JobLeases } from '../ports/sync-state';

const Key = { [SYNC_TABLE.partitionKey]: 'lease', [SYNC_TABLE.sortKey]: 'job' };
/** Words that DynamoDB keeps to itself. */
const names = { '#owner': 'owner', '#token': 'token', '#until': 'until' };

type Item = Partial<JobLease> & { readonly lastStart?: number };

/** One item: the token only ever grows, and the newest start is known after the lease was given up. */
export function dynamoJobLeases(client: DynamoDBDocumentClient, TableName: string): JobLeases {
  const read = async (): Promise<Item> => {
    const { Item: item = {} } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return item;
  };
  const write = async (update: Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key'>): Promise<Item | undefined> => {
    try {
      const { Attributes = {} } = await client.send(new UpdateCommand({ TableName, Key, ReturnValues: 'ALL_NEW', ...update }));
      return Attributes;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  };

  return {
    async find() {
      return leaseOf(await read());
    },

    async take({ owner, dataSourceId, wantedAt, attempt, until }, now, earliest) {
      const item = await read();
      if (item.owner === owner) {
        const kept = await write({
          ConditionExpression: '#owner = :owner AND #token = :token',
          UpdateExpression: 'SET #until = :until',
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: { ':owner': owner, ':token': item.token, ':until': until },
        });
        return kept && leaseOf(kept);
      }
      if ((item.lastStart ?? -Infinity) > earliest) return undefined;
      const taken = await write({
        ConditionExpression: '(attribute_not_exists(#token) OR #token = :old) AND (attribute_not_exists(#owner) OR (#until < :now AND attribute_not_exists(jobId)))',
        UpdateExpression: 'SET #owner = :owner, #token = :token, #until = :until, dataSourceId = :source, wantedAt = :wantedAt, attempt = :attempt REMOVE startedAt, look',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: {
          ':old': item.token ?? 0,
          ':token': (item.token ?? 0) + 1,
          ':owner': owner,
          ':until': until,
          ':now': now,
          ':source': dataSourceId,
          ':wantedAt': wantedAt,
          ':attempt': attempt,
        },
      });
      return taken && leaseOf(taken);
    },

    async keep(token, kept) {
      const told = Object.entries({ ...kept, lastStart: kept.startedAt }).filter(([, value]) => value !== undefined);
      return await write({
        ConditionExpression: '#token = :token AND attribute_exists(#owner)',
        UpdateExpression: `SET ${told.map(([name]) => `#${name} = :${name}`).join(', ')}`,
        ExpressionAttributeNames: { '#token': 'token', '#owner': 'owner', ...Object.fromEntries(told.map(([name]) => [`#${name}`, name])) },
        ExpressionAttributeValues: { ':token': token, ...Object.fromEntries(told.map(([name, value]) => [`:${name}`, value])) },
      }) !== undefined;
    },

    async release(token) {
      return await write({
        ConditionExpression: '#token = :token AND attribute_exists(#owner)',
        UpdateExpression: 'REMOVE #owner, #until, dataSourceId, wantedAt, attempt, jobId, startedAt, look',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':token': token },
      }) !== undefined;
    },
  };
}

function leaseOf({ owner, token, dataSourceId, until, wantedAt, attempt, jobId, startedAt, look }: Item): JobLease | undefined {
  if (owner === undefined) return undefined;
  return { owner, token, dataSourceId, until, wantedAt, attempt, jobId, startedAt, look } as JobLease;
}
