import { BatchWriteCommand, type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Place, Places } from './open-search-passages';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';
import { StoreFailure } from '../ports/passage-store';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

/** What the service takes in one request. */
const PUT = 25;
/** Requests that are under way at once. */
const AT_ONCE = 16;
const ATTEMPTS = 9;

export interface PlaceOptions {
  readonly table: string;
  /** Version of the index; several share a table. */
  readonly index: string;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** In which documents of a collection chunks stand: an item for each, under its chunk, so that none who writes touches what another may touch. */
export function dynamoPlaces(client: DynamoDBDocumentClient, { table, index, pause = sleep }: PlaceOptions): Places {
  const partition = (id: string) => `${index}#o#${id}`;
  const keyOf = ({ id, mark }: Place) => ({ [PK]: partition(id), [SK]: mark });
  const itemOf = (place: Place) => ({ ...keyOf(place), t: place.at, ...place.document !== undefined && { d: place.document } });

  return {
    find: async (ids) => {
      const found: Place[] = [];
      await inTurns(ids, async (id) => {
        const { Items = [] } = await told(() => client.send(new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeNames: { '#pk': PK },
          ExpressionAttributeValues: { ':pk': partition(id) },
        })));
        found.push(...Items.map(({ [SK]: mark, t, d }): Place => ({ id, mark: String(mark), at: Number(t), ...d !== undefined && { document: String(d) } })));
      });
      return found;
    },
    write: (places) => change(places.map((place) => ({ PutRequest: { Item: itemOf(place) } }))),
    forget: (places) => change(places.map((place) => ({ DeleteRequest: { Key: keyOf(place) } }))),
  };

  async function change(requests: readonly object[]): Promise<void> {
    const groups = Array.from({ length: Math.ceil(requests.length / PUT) }, (_, at) => requests.slice(at * PUT, (at + 1) * PUT));
    await inTurns(groups, async (group) => {
      let left: object[] = [...group];
      // What the table had no room for is asked for again, later each time.
      for (let attempt = 1; left.length > 0; attempt++) {
        if (attempt > ATTEMPTS) throw new StoreFailure('throttled', `the table of places takes no more just now: ${left.length} requests are left after ${ATTEMPTS} attempts`);
        if (attempt > 1) await pause(Math.random() * Math.min(5_000, 50 * 2 ** attempt));
        const { UnprocessedItems } = await told(() => client.send(new BatchWriteCommand({ RequestItems: { [table]: left } })));
        left = UnprocessedItems?.[table] ?? [];
      }
    });
  }
}

/** Where one fails none is left under way: what was still written later would undo what others have written since. */
async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const ends = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, all.length) }, async () => {
    try {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
    } finally {
      left.length = 0;
    }
  }));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const BUSY = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];

async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { name, message } = error as Error;
    const kind = BUSY.includes(name) ? 'throttled' : name === 'ValidationException' ? 'refused' : 'unavailable';
    throw new StoreFailure(kind, `the table of places: ${name}: ${message}`, { cause: error });
  }
}
