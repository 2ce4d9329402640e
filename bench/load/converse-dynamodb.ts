// The yardstick of `load`: the least a handler with a model and a table can be, its clients made at start as every handler does.
import { BedrockRuntimeClient, ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';

const bedrock = new BedrockRuntimeClient({});
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export async function handler(request: ConverseCommandInput) {
  const { output } = await bedrock.send(new ConverseCommand(request));
  await table.send(new PutCommand({ TableName: process.env.TABLE_NAME, Item: { pk: 'turn', output } }));
  return output;
}
