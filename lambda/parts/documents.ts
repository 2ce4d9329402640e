import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { dynamoListedDocuments } from '../adapters/dynamo-document-states';
import type { ListedDocuments } from '../ports/document-states';

/** How documents are, as the table of an index of our own knows it. */
export function openDocuments(table: string): ListedDocuments {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true });
  return dynamoListedDocuments(DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler })), table);
}
