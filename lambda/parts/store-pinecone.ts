import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { PassageIndex, PineconeReference } from '../../lib/contract/passage-stores';
import { dynamoKeywords } from '../adapters/dynamo-keywords';
import { dynamoNamespaces } from '../adapters/dynamo-namespaces';
import { pineconeJson } from '../adapters/pinecone-json';
import { pineconePassages } from '../adapters/pinecone-passages';
import { secretValue } from '../adapters/secret-value';
import type { PassageStore } from '../ports/passage-store';

/** Chunks in an index of Pinecone's, with their words and namespaces in a table where there is one. */
export function openStore({ endpoint, secretArn, table }: PineconeReference, index: PassageIndex): PassageStore {
  const send = pineconeJson(endpoint, () => secretValue(secretArn), Date.now);
  if (table === undefined) return pineconePassages(send, index);
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler }));
  const options = { table, index: index.name };
  return pineconePassages(send, index, { keywords: dynamoKeywords(client, options), namespaces: dynamoNamespaces(client, options) });
}
