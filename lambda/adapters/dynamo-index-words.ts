import { BatchWriteCommand, type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';
import { StoreFailure } from '../ports/passage-store';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

/** What the service takes in one request, and requests that are under way at once. */
const DELETE = 25;
const AT_ONCE = 8;
const ATTEMPTS = 9;

type Key = Record<string, unknown>;

export interface IndexWords {
  readonly table: string;
  readonly index: string;
}

/**
 * Takes all that a table of words holds of an index out. The table is read once through, for words are kept by what they are and not by whose: a read unit
 * for some 80 items, where each item that goes costs a write unit. Whether the end was reached before the time was over; the next call reads on from the start.
 */
export async function dropIndexWords(client: DynamoDBDocumentClient, { table, index }: IndexWords, signal: AbortSignal): Promise<boolean> {
  try {
    let after: Key | undefined;
    do {
      if (signal.aborted) return false;
      const page: { Items?: Key[]; LastEvaluatedKey?: Key } = await client.send(new ScanCommand({
        TableName: table,
        FilterExpression: 'begins_with(#pk, :index)',
        ProjectionExpression: '#pk, #sk',
        ExpressionAttributeNames: { '#pk': PK, '#sk': SK },
        ExpressionAttributeValues: { ':index': `${index}#` },
        ExclusiveStartKey: after,
      }));
      await deleted(client, table, page.Items ?? []);
      after = page.LastEvaluatedKey;
    } while (after);
    return true;
  } catch (error) {
    if (error instanceof StoreFailure) throw error;
    const { name, message } = error as Error;
    throw new StoreFailure(BUSY.includes(name) ? 'throttled' : 'unavailable', `the table of words: ${name}: ${message}`, { cause: error });
  }
}

const BUSY = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];

async function deleted(client: DynamoDBDocumentClient, table: string, keys: readonly Key[]): Promise<void> {
  const groups = Array.from({ length: Math.ceil(keys.length / DELETE) }, (_, at) => keys.slice(at * DELETE, (at + 1) * DELETE));
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let some = groups.shift(); some; some = groups.shift()) {
      let left: object[] = some.map((key) => ({ DeleteRequest: { Key: key } }));
      for (let attempt = 1; left.length > 0; attempt++) {
        if (attempt > ATTEMPTS) throw new StoreFailure('throttled', `the table of words takes no more just now: ${left.length} requests are left after ${ATTEMPTS} attempts`);
        if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(5_000, 50 * 2 ** attempt)));
        const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: left as { DeleteRequest: { Key: Key } }[] } }));
        left = UnprocessedItems?.[table] ?? [];
      }
    }
  }));
}
