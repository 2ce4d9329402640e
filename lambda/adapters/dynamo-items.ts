import { BatchGetCommand, BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { awsTold } from './aws-told';
import { StoreFailure } from '../ports/passage-store';

/** What the service takes in one request. */
const PUT = 25;
const GET = 100;
/** Requests that are under way at once. */
const AT_ONCE = 8;
const ATTEMPTS = 9;

export interface ItemOptions {
  readonly table: string;
  /** What failures call the table by what it holds, such as `words`. */
  readonly holds: string;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

export type Item = Readonly<Record<string, unknown>>;
export type Key = Readonly<Record<string, unknown>>;

/** Items of a table beside a store, many at a time. Throws `StoreFailure`. */
export interface Items {
  /** Those that are there, in no order. */
  read(keys: readonly Key[], how: { readonly consistent: boolean }, signal?: AbortSignal): Promise<Item[]>;
  /** What `put` and `gone` make. */
  write(requests: readonly object[]): Promise<void>;
  /** What the table answers, or its failure as a store's. */
  told<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function dynamoItems(client: DynamoDBDocumentClient, { table, holds, pause = sleep }: ItemOptions): Items {
  return {
    read: async (keys, { consistent: ConsistentRead }, abortSignal) => {
      const found: Item[] = [];
      await told(() => inTurns(groups(keys, GET), (some) => persist(some, async (Keys) => {
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead } } }), { abortSignal });
        found.push(...Responses?.[table] ?? []);
        return UnprocessedKeys?.[table]?.Keys ?? [];
      })), abortSignal);
      return found;
    },

    write: (requests) => told(() => inTurns(groups(requests, PUT), (some) => persist(some, async (left) => {
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: left } }));
      return UnprocessedItems?.[table] ?? [];
    }))),

    told,
  };

  function told<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return awsTold(`the table of ${holds}`, call, signal);
  }

  /** What the table had no room for is asked for again, later each time. */
  async function persist<T>(all: T[], ask: (left: T[]) => Promise<T[]>): Promise<void> {
    let left = all;
    for (let attempt = 1; left.length > 0; attempt++) {
      left = await ask(left);
      if (left.length === 0) return;
      if (attempt === ATTEMPTS) throw new StoreFailure('throttled', `the table of ${holds} takes no more just now: ${left.length} requests are left after ${ATTEMPTS} attempts`);
      await pause(Math.random() * Math.min(5_000, 50 * 2 ** attempt));
    }
  }
}

export function put(item: Item): object {
  return { PutRequest: { Item: item } };
}

export function gone(key: Key): object {
  return { DeleteRequest: { Key: key } };
}

export function groups<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}

/** Where one fails no other begins, and none is left under way: what was still written later would undo what others have written since. */
export async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  const left = [...all];
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, all.length) }, async () => {
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
