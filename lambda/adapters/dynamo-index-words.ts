import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoItems, gone, type Key } from './dynamo-items';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';
import type { Dropped } from '../ports/passage-store';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

export interface IndexWords {
  readonly table: string;
  readonly index: string;
}

/**
 * Takes all that a table of words holds of an index out. The table is read once through, for words are kept by what they are and not by whose: a read unit
 * for some 80 items, where each item that goes costs a write unit. Where the time is over before the end, or the table fails on the way, it says up to which item
 * none is left.
 */
export async function dropIndexWords(client: DynamoDBDocumentClient, { table, index }: IndexWords, signal: AbortSignal, from?: string): Promise<Dropped> {
  const items = dynamoItems(client, { table, holds: 'words' });
  const page = async (ExclusiveStartKey: Key | undefined): Promise<Key | undefined> => {
    const { Items: found = [], LastEvaluatedKey } = await items.told(() => client.send(new ScanCommand({
      TableName: table,
      FilterExpression: 'begins_with(#pk, :index)',
      ProjectionExpression: '#pk, #sk',
      ExpressionAttributeNames: { '#pk': PK, '#sk': SK },
      ExpressionAttributeValues: { ':index': `${index}#` },
      ExclusiveStartKey,
    })));
    await items.write(found.map(gone));
    return LastEvaluatedKey;
  };
  let after = from === undefined ? undefined : JSON.parse(from) as Key;
  for (let pages = 0; ; pages++) {
    const stopped = () => ({ done: false, ...(after && { from: JSON.stringify(after) }) });
    if (signal.aborted) return stopped();
    try {
      after = await page(after);
    } catch (error) {
      if (pages > 0) return stopped();
      throw error;
    }
    if (!after) return { done: true };
  }
}
