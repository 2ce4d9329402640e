import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { dynamoAnswers } from '../adapters/dynamo-answers';
import { unlogged } from '../kit/unlogged';
import type { Answers } from '../ports/answers';

/** Opens the table of answers. What it does not say soon is done without: an answer anew takes a few seconds. */
export function openAnswers(table: string): Answers {
  const patience = new NodeHttpHandler({ connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true });
  const client = unlogged(new DynamoDBClient({ requestHandler: patience, maxAttempts: 2 }));
  return dynamoAnswers(DynamoDBDocumentClient.from(client), table);
}
