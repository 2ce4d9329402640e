import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoItems, gone, put } from './dynamo-items';
import type { Namespaces } from './pinecone-passages';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

export interface NamespaceOptions {
  readonly table: string;
  /** Version of the index; several share a table. */
  readonly index: string;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** In which namespaces the records of chunks stand: an item for each, in the table that keeps words, read as it was written last. */
export function dynamoNamespaces(client: DynamoDBDocumentClient, { index, ...options }: NamespaceOptions): Namespaces {
  const items = dynamoItems(client, { ...options, holds: 'namespaces' });
  const prefix = `${index}#n#`;
  const keyOf = (id: string) => ({ [PK]: `${prefix}${id}`, [SK]: 'n' });

  return {
    read: async (ids) => {
      const found = await items.read(ids.map(keyOf), { consistent: true });
      return new Map(found.map(({ [PK]: key, n }) => [String(key).slice(prefix.length), n as string[]]));
    },
    write: (places) => items.write([...places].map(([id, n]) => (n.length > 0 ? put({ ...keyOf(id), n }) : gone(keyOf(id))))),
  };
}
