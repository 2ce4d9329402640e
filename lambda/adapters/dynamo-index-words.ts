import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoItems, gone, type Key } from './dynamo-items';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

export interface IndexWords {
  readonly table: string;
  readonly index: string;
}

/**
 * Takes all that a table of words holds of an index out. The table is read once through, for words are kept by what they are and not by whose: a read unit
 * for some 80 items, where each item that goes costs a write unit. Whether the end was reached before the time was over; the next call reads on from the start.
 */
export async function dropIndexWords(client: DynamoDBDocumentClient, { table, index }: IndexWords, signal: AbortSignal): Promise<boolean> {
  const items = dynamoItems(client, { table, holds: 'words' });
  let after: Key | undefined;
  do {
    if (signal.aborted) return false;
    const from = after;
    const { Items: found = [], LastEvaluatedKey } = await items.told(() => client.send(new ScanCommand({
      TableName: table,
      FilterExpression: 'begins_with(#pk, :index)',
      ProjectionExpression: '#pk, #sk',
      ExpressionAttributeNames: { '#pk': PK, '#sk': SK },
      ExpressionAttributeValues: { ':index': `${index}#` },
      ExclusiveStartKey: from,
    })));
    await items.write(found.map(gone));
    after = LastEvaluatedKey;
  } while (after);
  return true;
}
