import { BatchGetCommand, BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Namespaces } from './pinecone-passages';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';
import { StoreFailure } from '../ports/passage-store';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

/** What the service takes in one request. */
const PUT = 25;
const GET = 100;
const ATTEMPTS = 9;

export interface NamespaceOptions {
  readonly table: string;
  /** Version of the index; several share a table. */
  readonly index: string;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** In which namespaces the records of chunks stand: an item for each, in the table that keeps words, read as it was written last. */
export function dynamoNamespaces(client: DynamoDBDocumentClient, options: NamespaceOptions): Namespaces {
  const { table, index, pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) } = options;
  const prefix = `${index}#n#`;
  const keyOf = (id: string) => ({ [PK]: `${prefix}${id}`, [SK]: 'n' });

  return {
    read: async (ids) => {
      const found = new Map<string, readonly string[]>();
      await each(ids.map(keyOf), GET, async (Keys) => {
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }));
        for (const { [PK]: key, n } of Responses?.[table] ?? []) found.set(String(key).slice(prefix.length), n as string[]);
        return UnprocessedKeys?.[table]?.Keys as typeof Keys | undefined ?? [];
      });
      return found;
    },

    write: async (places) => {
      const requests = [...places].map(([id, n]) => (n.length > 0 ? { PutRequest: { Item: { ...keyOf(id), n } } } : { DeleteRequest: { Key: keyOf(id) } }));
      await each<object>(requests, PUT, async (left) => {
        const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: left } }));
        return UnprocessedItems?.[table] ?? [];
      });
    },
  };

  /** What the table had no room for is asked for again, later each time. */
  async function each<T>(all: readonly T[], size: number, ask: (some: T[]) => Promise<T[]>): Promise<void> {
    for (let from = 0; from < all.length; from += size) {
      let left = all.slice(from, from + size);
      for (let attempt = 1; left.length > 0; attempt++) {
        if (attempt > ATTEMPTS) throw new StoreFailure('throttled', `the table of namespaces takes no more just now: ${left.length} requests are left after ${ATTEMPTS} attempts`);
        if (attempt > 1) await pause(Math.random() * Math.min(5_000, 50 * 2 ** attempt));
        left = await told(() => ask(left));
      }
    }
  }
}

const BUSY = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];

async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { name, message } = error as Error;
    const kind = BUSY.includes(name) ? 'throttled' : name === 'ValidationException' ? 'refused' : 'unavailable';
    throw new StoreFailure(kind, `the table of namespaces: ${name}: ${message}`, { cause: error });
  }
}
