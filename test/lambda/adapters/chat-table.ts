import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';

export interface ChatTable {
  readonly name: string;
  readonly client: DynamoDBDocumentClient;
  stop(): Promise<unknown>;
}

/** A conversations table of its own, as the construct makes it. */
export async function startTable(name = 'conversations', keys: readonly string[] = ['pk', 'sk', 'updatedAt']): Promise<ChatTable> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bare = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'y' } });
  const client = DynamoDBDocumentClient.from(bare, { marshallOptions: { removeUndefinedValues: true } });
  await bare.send(new CreateTableCommand({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: AttributeName === 'updatedAt' ? 'N' : 'S' })),
    KeySchema: keys.slice(0, 2).map((AttributeName, place) => ({ AttributeName, KeyType: place === 0 ? 'HASH' : 'RANGE' })),
    ...(keys.includes('listed') && {
      GlobalSecondaryIndexes: [{
        IndexName: 'listed',
        Projection: { ProjectionType: 'ALL' },
        KeySchema: [{ AttributeName: 'listed', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      }],
    }),
    ...(keys.includes('updatedAt') && {
      LocalSecondaryIndexes: [{
        IndexName: 'recent',
        Projection: { ProjectionType: 'ALL' },
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'updatedAt', KeyType: 'RANGE' }],
      }],
    }),
  }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    name,
    client,
    stop: () => {
      client.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
