import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { dynamoListedDocuments } from '../adapters/dynamo-document-states';
import { dynamoIndexPointer } from '../adapters/dynamo-index-registry';
import { answeringIndex } from '../kit/answering-index';
import { systemClock } from '../kit/clock';
import type { ListedDocuments } from '../ports/document-states';

/** How documents are, as the table of an index of our own knows it. */
export function openDocuments(table: string): ListedDocuments {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true });
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler }));
  return dynamoListedDocuments(client, table, answeringIndex(dynamoIndexPointer(client, table), systemClock));
}
