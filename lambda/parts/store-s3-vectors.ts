import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { PassageIndex, S3VectorsReference } from '../../lib/contract/passage-stores';
import { dynamoKeywords } from '../adapters/dynamo-keywords';
import { s3VectorsPassages } from '../adapters/s3-vectors-passages';
import type { PassageStore } from '../ports/passage-store';

/** Chunks in S3 Vectors, with their words in a table where there is one. */
export function openStore({ indexArn, keywordTable }: S3VectorsReference, index: PassageIndex): PassageStore {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
  const table = () => DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler }));
  const keywords = keywordTable === undefined ? undefined : dynamoKeywords(table(), { table: keywordTable, index: index.name });
  return s3VectorsPassages(new S3VectorsClient({ requestHandler }), indexArn, index, keywords);
}
