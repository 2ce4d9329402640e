import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { PassageIndex, S3VectorsReference } from '../../lib/contract/passage-stores';
import { dropIndexWords } from '../adapters/dynamo-index-words';
import { dynamoKeywords } from '../adapters/dynamo-keywords';
import { indexArnOf, s3VectorsIndexes } from '../adapters/s3-vectors-indexes';
import { s3VectorsPassages } from '../adapters/s3-vectors-passages';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';

const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
const tables = () => DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler }));

/** Chunks in S3 Vectors, with their words in a table where there is one. */
export function openStore({ vectorBucketArn, keywordTable }: S3VectorsReference, index: PassageIndex): PassageStore {
  const keywords = keywordTable === undefined ? undefined : dynamoKeywords(tables(), { table: keywordTable, index: index.name });
  return s3VectorsPassages(new S3VectorsClient({ requestHandler }), indexArnOf(vectorBucketArn, index.name), index, keywords);
}

/** The indexes of a bucket, with their words. */
export function openIndexes({ vectorBucketArn, keywordTable: table }: S3VectorsReference): PassageIndexes {
  return s3VectorsIndexes(new S3VectorsClient({ requestHandler }), vectorBucketArn, {
    dropWords: async (index, signal, from) => (table === undefined ? { done: true } : dropIndexWords(tables(), { table, index }, signal, from)),
  });
}
