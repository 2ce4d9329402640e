// The yardstick of `stream`: the AWS SDK's stream, re-emitted as server-sent events, and nothing else. With TABLE_CALLS it also makes
// the calls that any handler with a history makes: take the turn, read the messages, write two, give the turn back.
import { BedrockRuntimeClient, ConverseStreamCommand, type Message } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { APIGatewayProxyEvent } from 'aws-lambda';

interface Body {
  readonly model: string;
  readonly messages: { role: 'user'; content: string }[];
  readonly conversation_id?: string;
}

const bedrock = new BedrockRuntimeClient(process.env.HTTP1 ? { requestHandler: new NodeHttpHandler() } : {});
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TABLE_NAME;

export const handler = awslambda.streamifyResponse(async (event: APIGatewayProxyEvent, response) => {
  const { model, messages, conversation_id: conversation } = JSON.parse(event.body ?? '') as Body;
  const asked: Message[] = messages.map(({ role, content }) => ({ role, content: [{ text: content }] }));
  const head = { pk: 'owner#user-b', sk: `conversation#${conversation}` };
  const pk = `owner#user-b#conversation#${conversation}`;
  const history: Message[] = [];
  if (process.env.TABLE_CALLS) {
    await table.send(new UpdateCommand({
      TableName,
      Key: head,
      UpdateExpression: 'SET lockedBy = :me ADD attempts :one',
      ConditionExpression: 'attribute_not_exists(lockedBy)',
      ExpressionAttributeValues: { ':me': event.requestContext.requestId, ':one': 1 },
    }));
    const { Items = [] } = await table.send(new QueryCommand({
      TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk }, ConsistentRead: true,
    }));
    history.push(...Items.map(({ message }) => message as Message));
  }

  const { stream = [] } = await bedrock.send(new ConverseStreamCommand({
    modelId: model, messages: [...history, ...asked], inferenceConfig: { maxTokens: 4096 },
  }));
  const output = awslambda.HttpResponseStream.from(response, { statusCode: 200, headers: { 'content-type': 'text/event-stream' } });
  const id = `chatcmpl-${event.requestContext.requestId}`;
  const created = Math.floor(Date.now() / 1000);
  const say = (delta: object, reason: string | null) => output.write(
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] })}\n\n`,
  );
  let answer = '';
  for await (const { messageStart, contentBlockDelta, messageStop } of stream) {
    if (messageStart) {say({ role: 'assistant', content: '' }, null);} else if (contentBlockDelta?.delta?.text) {
      answer += contentBlockDelta.delta.text;
      say({ content: contentBlockDelta.delta.text }, null);
    } else if (messageStop) {say({}, 'stop');}
  }
  if (process.env.TABLE_CALLS) {
    const turn = `turn#${String(history.length).padStart(8, '0')}`;
    for (const [index, message] of [asked[0], { role: 'assistant', content: [{ text: answer }] }].entries()) {
      await table.send(new PutCommand({ TableName, Item: { pk, sk: `${turn}#${index}`, message }, ConditionExpression: 'attribute_not_exists(pk)' }));
    }
    await table.send(new UpdateCommand({
      TableName, Key: head, UpdateExpression: 'SET updatedAt = :now REMOVE lockedBy', ExpressionAttributeValues: { ':now': Date.now() },
    }));
  }
  output.end('data: [DONE]\n\n');
});
