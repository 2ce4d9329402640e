import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { PassageIndex, PineconeReference } from '../../lib/contract/passage-stores';
import { dropIndexWords } from '../adapters/dynamo-index-words';
import { dynamoKeywords } from '../adapters/dynamo-keywords';
import { dynamoNamespaces } from '../adapters/dynamo-namespaces';
import { pineconeIndexes } from '../adapters/pinecone-indexes';
import { pineconeJson } from '../adapters/pinecone-json';
import { pineconePassages } from '../adapters/pinecone-passages';
import { secretValue } from '../adapters/secret-value';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';

const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
const tables = () => DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler }));
const sending = ({ endpoint, secretArn }: PineconeReference) => pineconeJson(endpoint, () => secretValue(secretArn), Date.now);

/** Chunks in an index of Pinecone's, with their words and namespaces in a table where there is one. */
export function openStore(reference: PineconeReference, index: PassageIndex): PassageStore {
  const { table, words } = reference;
  if (table === undefined) return pineconePassages(sending(reference), index);
  const [client, options] = [tables(), { table, index: index.name }];
  const keywords = words ? { keywords: dynamoKeywords(client, options) } : {};
  return pineconePassages(sending(reference), index, { ...keywords, namespaces: dynamoNamespaces(client, options) });
}

/** The indexes within an index of Pinecone's, with their words. */
export function openIndexes(reference: PineconeReference): PassageIndexes {
  const { table } = reference;
  return pineconeIndexes(sending(reference), {
    dropWords: async (index, signal, from) => (table === undefined ? { done: true } : dropIndexWords(tables(), { table, index }, signal, from)),
  });
}
