import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { dynamoSessions } from '../adapters/dynamo-sessions';
import { unlogged } from '../kit/unlogged';
import type { Sessions } from '../ports/sessions';

/** Opens the table of sessions. A connection may die without a word; what it carried is asked again, for every write may be repeated. */
export function openSessions(table: string): Sessions {
  const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true });
  const client = unlogged(new DynamoDBClient({ requestHandler: patience }));
  return dynamoSessions(DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }), table);
}
