import {
  BatchGetCommand, type BatchGetCommandOutput, BatchWriteCommand, type BatchWriteCommandInput, type BatchWriteCommandOutput, type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { VECTOR_TABLE } from '../../lib/contract/diy-rag';
import type { Clock } from '../ports/clock';

const { partitionKey, ttl } = VECTOR_TABLE;
/** As many as one call reads and writes. */
const MOST_READ = 100;
const MOST_WRITTEN = 25;
const ROUNDS = 8;
const FIRST_PAUSE_MS = 50;

export interface Remembered<T> {
  find(keys: readonly string[]): Promise<ReadonlyMap<string, T>>;
  keep(values: ReadonlyMap<string, T>): Promise<void>;
}

/** How a value stands in its item. */
export interface RememberedAs<T> {
  readonly attribute: string;
  encode(value: T): unknown;
  decode(attribute: unknown): T;
}

export interface RememberedOptions {
  readonly table: string;
  readonly seconds: number;
  readonly clock: Pick<Clock, 'now' | 'pause' | 'chance'>;
}

/** What was made before, in a table, by the hash of what it was made from, for so many seconds. */
export function dynamoRemembered<T>(client: DynamoDBDocumentClient, options: RememberedOptions, as: RememberedAs<T>): Remembered<T> {
  const { table: TableName, seconds: lifetime, clock } = options;
  const seconds = () => Math.floor(clock.now() / 1_000);
  /** What the table did not come to is asked again, after pauses that grow. */
  const pause = async (round: number) => {
    if (round >= ROUNDS) throw new Error('the table of what is remembered leaves items undone: it is asked for more than it may be');
    if (round > 0) await clock.pause(FIRST_PAUSE_MS * 2 ** round * (0.5 + clock.chance() / 2));
  };

  return {
    async find(keys) {
      const known = new Map<string, T>();
      for (let from = 0; from < keys.length; from += MOST_READ) {
        const some = [...new Set(keys.slice(from, from + MOST_READ))];
        let asked: BatchGetCommandOutput['UnprocessedKeys'] = { [TableName]: { Keys: some.map((key) => ({ [partitionKey]: key })) } };
        for (let round = 0; asked?.[TableName]; round++) {
          await pause(round);
          const { Responses, UnprocessedKeys }: Pick<BatchGetCommandOutput, 'Responses' | 'UnprocessedKeys'> = await client.send(new BatchGetCommand({ RequestItems: asked }));
          for (const { [partitionKey]: key, [as.attribute]: value, [ttl]: expires } of Responses?.[TableName] ?? []) {
            // Items go some time after they should.
            if (Number(expires) > seconds()) known.set(String(key), as.decode(value));
          }
          asked = UnprocessedKeys;
        }
      }
      return known;
    },

    async keep(values) {
      const requests = [...values].map(([key, value]) => ({
        PutRequest: { Item: { [partitionKey]: key, [as.attribute]: as.encode(value), [ttl]: seconds() + lifetime } },
      }));
      for (let from = 0; from < requests.length; from += MOST_WRITTEN) {
        let left: BatchWriteCommandInput['RequestItems'] = { [TableName]: requests.slice(from, from + MOST_WRITTEN) };
        for (let round = 0; left?.[TableName]; round++) {
          await pause(round);
          const { UnprocessedItems }: Pick<BatchWriteCommandOutput, 'UnprocessedItems'> = await client.send(new BatchWriteCommand({ RequestItems: left }));
          left = UnprocessedItems;
        }
      }
    },
  };
}
