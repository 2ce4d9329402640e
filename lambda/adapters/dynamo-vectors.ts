import {
  BatchGetCommand, type BatchGetCommandOutput, BatchWriteCommand, type BatchWriteCommandInput, type BatchWriteCommandOutput, type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { VECTOR_TABLE } from '../../lib/contract/diy-rag';
import type { Clock } from '../ports/clock';
import type { Vector } from '../ports/embeddings';
import type { Vectors } from '../ports/vectors';

const { partitionKey, ttl } = VECTOR_TABLE;
/** As many as one call reads and writes. */
const MOST_READ = 100;
const MOST_WRITTEN = 25;
const ROUNDS = 8;
const FIRST_PAUSE_MS = 50;

/** Vectors in a table, four bytes a number. */
export function dynamoVectors(client: DynamoDBDocumentClient, TableName: string, lifetimeSeconds: number, clock: Pick<Clock, 'now' | 'pause' | 'chance'>): Vectors {
  const seconds = () => Math.floor(clock.now() / 1_000);
  /** What the table did not come to is asked again, after pauses that grow. */
  const pause = async (round: number) => {
    if (round >= ROUNDS) throw new Error('the table of vectors leaves items undone: it is asked for more than it may be');
    if (round > 0) await clock.pause(FIRST_PAUSE_MS * 2 ** round * (0.5 + clock.chance() / 2));
  };

  return {
    async find(keys) {
      const known = new Map<string, Vector>();
      for (let from = 0; from < keys.length; from += MOST_READ) {
        let asked: BatchGetCommandOutput['UnprocessedKeys'] = { [TableName]: { Keys: keys.slice(from, from + MOST_READ).map((key) => ({ [partitionKey]: key })) } };
        for (let round = 0; asked?.[TableName]; round++) {
          await pause(round);
          const { Responses, UnprocessedKeys }: Pick<BatchGetCommandOutput, 'Responses' | 'UnprocessedKeys'> = await client.send(new BatchGetCommand({ RequestItems: asked }));
          for (const { [partitionKey]: key, vector, [ttl]: expires } of Responses?.[TableName] ?? []) {
            // Items go some time after they should.
            if (Number(expires) > seconds()) known.set(String(key), numbersOf(vector as Uint8Array));
          }
          asked = UnprocessedKeys;
        }
      }
      return known;
    },

    async keep(vectors) {
      const requests = [...vectors].map(([key, vector]) => ({
        PutRequest: { Item: { [partitionKey]: key, vector: bytesOf(vector), [ttl]: seconds() + lifetimeSeconds } },
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

function bytesOf(vector: Vector): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, at) => bytes.setFloat32(at * 4, value, true));
  return new Uint8Array(bytes.buffer);
}

function numbersOf(bytes: Uint8Array): Vector {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, at) => view.getFloat32(at * 4, true));
}
