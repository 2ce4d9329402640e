import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Pool } from 'pg';
import { dynamoKeywords } from '../../lambda/adapters/dynamo-keywords';
import { postgres } from '../../lambda/adapters/postgres-connection';
import { postgresIndexes } from '../../lambda/adapters/postgres-indexes';
import { postgresPassages } from '../../lambda/adapters/postgres-passages';
import { indexArnOf } from '../../lambda/adapters/s3-vectors-indexes';
import { s3VectorsPassages } from '../../lambda/adapters/s3-vectors-passages';
import { makeStore } from '../../lambda/pgvector-schema/passages';
import type { PassageStore } from '../../lambda/ports/passage-store';
import { KEYWORD_TABLE, type PassageIndex, S3_VECTORS_KEYS } from '../../lib/contract/passage-stores';
import { startAwsEndpoint } from '../../local/aws/endpoint';
import { dynamoDb } from '../../local/dynamodb/service';
import { Principals } from '../../local/iam/principals';
import { startPostgres } from '../../local/postgres/postgres';
import { s3Vectors } from '../../local/s3vectors/service';

/** An empty store that runs here, behind the adapters that run in Lambda. */
export interface OpenStore {
  readonly store: PassageStore;
  readonly note: string;
  close(): Promise<void>;
}

export const STORES: Readonly<Record<string, (index: PassageIndex) => Promise<OpenStore>>> = { 'aurora': openAurora, 's3-vectors': openS3Vectors };

const SCHEMA = 'bench';

async function openAurora(index: PassageIndex): Promise<OpenStore> {
  const database = await startPostgres();
  const pool = new Pool({ ...database, max: 2 });
  const server = postgres(() => pool, SCHEMA, () => pool.end());
  for (const statement of makeStore(SCHEMA)) await pool.query(statement);
  await postgresIndexes(server, SCHEMA).make(index);
  return {
    store: postgresPassages(server, SCHEMA, index),
    note: 'aurora: PostgreSQL is PGlite',
    close: async () => {
      await server.close();
      await database.stop();
    },
  };
}

async function openS3Vectors(index: PassageIndex): Promise<OpenStore> {
  const [vectors, tables, principals] = [s3Vectors(), dynamoDb(), new Principals()];
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  principals.add({ accessKeyId: 'AKIABENCH', arn: 'arn:aws:iam::123456789012:role/bench', policies: [{ name: 'bench', document }] } as Parameters<Principals['add']>[0]);
  const endpoint = await startAwsEndpoint({ services: [vectors, tables], principals, onNotice: () => undefined });
  const reached = { endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'AKIABENCH', secretAccessKey: 'x' } };
  const [client, dynamo] = [new S3VectorsClient(reached), new DynamoDBClient(reached)];
  const keys = [KEYWORD_TABLE.partitionKey, KEYWORD_TABLE.sortKey];
  await dynamo.send(new CreateTableCommand({
    TableName: 'words',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys.map((AttributeName, place) => ({ AttributeName, KeyType: place === 0 ? 'HASH' : 'RANGE' })),
  }));
  const indexArn = indexArnOf('arn:aws:s3vectors:us-east-1:123456789012:bucket/bench', index.name);
  vectors.createIndexes([{ arn: indexArn, dimension: index.dimension, metric: 'cosine', nonFilterableKeys: [S3_VECTORS_KEYS.chunk] }]);
  return {
    store: s3VectorsPassages(client, indexArn, index, dynamoKeywords(DynamoDBDocumentClient.from(dynamo), { table: 'words', index: index.name })),
    note: 's3-vectors: S3 Vectors is a fake that looks at every vector, and the words\' table in DynamoDB is dynalite',
    close: async () => {
      client.destroy();
      dynamo.destroy();
      await endpoint.stop();
      await tables.stop();
    },
  };
}
