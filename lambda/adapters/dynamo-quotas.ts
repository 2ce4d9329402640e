import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { QUOTAS } from '../../lib/contract/chat-quotas';
import type { Bucket, Quotas, Taken } from '../ports/quotas';

/** Expired items are deleted some time later; a clock that is a little behind must still find the one it counts in. */
const KEPT_SECONDS = 3_600;

/** Quotas in DynamoDB: one conditional write takes from a bucket, one puts right what was taken, and neither counts twice when it is repeated. */
export function dynamoQuotas(client: DynamoDBDocumentClient, TableName: string): Quotas {
  return {
    async reserve(bucket, turn, tokens) {
      const { limit, until } = bucket;
      const fits = [
        ...(limit.requests === undefined ? [] : ['(attribute_not_exists(requests) OR requests < :requests)']),
        ...(limit.tokens === undefined ? [] : ['(attribute_not_exists(tokens) OR tokens <= :left)']),
      ];
      // Where not even an empty bucket holds so much, the absent counter must not let it pass.
      if (limit.tokens !== undefined && tokens > limit.tokens) return { granted: false, taken: await takenOf(bucket) };
      try {
        const { Attributes: after } = await client.send(new UpdateCommand({
          TableName,
          Key: keyOf(bucket),
          ConditionExpression: ['attribute_not_exists(#turn)', ...fits].join(' AND '),
          UpdateExpression: `SET #turn = :tokens, ${QUOTAS.ttl} = :expires ADD requests :one, tokens :tokens`,
          ExpressionAttributeNames: { '#turn': turnAttribute(turn) },
          ExpressionAttributeValues: {
            ':tokens': tokens,
            ':one': 1,
            ':expires': Math.ceil(until / 1000) + KEPT_SECONDS,
            ...(limit.requests !== undefined && { ':requests': limit.requests }),
            ...(limit.tokens !== undefined && { ':left': limit.tokens - tokens }),
          },
          ReturnValues: 'UPDATED_NEW',
        }));
        return { granted: true, taken: counted(after) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        const { item, taken } = await find(bucket);
        // The write was repeated because its answer was lost.
        return { granted: item?.[turnAttribute(turn)] !== undefined, taken };
      }
    },

    async settle(bucket, turn, { requests, tokens }) {
      const settled = client.send(new UpdateCommand({
        TableName,
        Key: keyOf(bucket),
        ConditionExpression: 'attribute_exists(#turn)',
        UpdateExpression: 'REMOVE #turn ADD requests :requests, tokens :tokens',
        ExpressionAttributeNames: { '#turn': turnAttribute(turn) },
        ExpressionAttributeValues: { ':requests': requests, ':tokens': tokens },
      }));
      await settled.catch((error) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },
  };

  async function find(bucket: Bucket): Promise<{ item?: Record<string, unknown>; taken: Taken }> {
    const { Item: item } = await client.send(new GetCommand({ TableName, Key: keyOf(bucket), ConsistentRead: true }));
    return { item, taken: counted(item) };
  }

  async function takenOf(bucket: Bucket): Promise<Taken> {
    return (await find(bucket)).taken;
  }
}

function keyOf({ kind, name, limit, from }: Bucket): Record<string, string> {
  return { [QUOTAS.partitionKey]: `${kind}#${encodeURIComponent(name)}#${limit.windowSeconds}#${Math.floor(from / 1000)}` };
}

function turnAttribute(turn: string): string {
  return `turn#${turn}`;
}

function counted({ requests, tokens }: Readonly<Record<string, unknown>> = {}): Taken {
  return { requests: Number(requests ?? 0), tokens: Number(tokens ?? 0) };
}
