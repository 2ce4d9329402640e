import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoItems, gone, inTurns, put } from './dynamo-items';
import type { Place, Places } from './open-search-passages';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

/** Chunks that are asked for at once. */
const AT_ONCE = 16;

export interface PlaceOptions {
  readonly table: string;
  /** Version of the index; several share a table. */
  readonly index: string;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** In which documents of a collection chunks stand: an item for each, under its chunk, so that none who writes touches what another may touch. */
export function dynamoPlaces(client: DynamoDBDocumentClient, { index, ...options }: PlaceOptions): Places {
  const items = dynamoItems(client, { ...options, holds: 'places' });
  const partition = (id: string) => `${index}#o#${id}`;
  const keyOf = ({ id, mark }: Place) => ({ [PK]: partition(id), [SK]: mark });
  const itemOf = (place: Place) => ({ ...keyOf(place), t: place.at, ...place.document !== undefined && { d: place.document } });

  return {
    find: async (ids) => {
      const found: Place[] = [];
      await inTurns(ids, async (id) => {
        const { Items = [] } = await items.told(() => client.send(new QueryCommand({
          TableName: options.table,
          ConsistentRead: true,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeNames: { '#pk': PK },
          ExpressionAttributeValues: { ':pk': partition(id) },
        })));
        found.push(...Items.map(({ [SK]: mark, t, d }): Place => ({ id, mark: String(mark), at: Number(t), ...d !== undefined && { document: String(d) } })));
      }, AT_ONCE);
      return found;
    },
    write: (places) => items.write(places.map((place) => put(itemOf(place)))),
    forget: (places) => items.write(places.map((place) => gone(keyOf(place)))),
  };
}
