import { randomUUID } from 'node:crypto';
import { BatchGetCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { generationKeys } from './answer-keys';
import { ANSWER_TABLE } from '../../lib/contract/answer-cache';
import type { Answers, KeptAnswer } from '../ports/answers';

const { partitionKey, sortKey, ttl } = ANSWER_TABLE;

/** As many as one page of the table holds of long vectors, and as are compared in a millisecond. */
const MOST_QUESTIONS = 256;
/** An item holds 400 KB, its keys among them. */
const MOST_BYTES = 390_000;
const LONGEST_NUMBER = 127;

type Item = Readonly<Record<string, unknown>>;

/** Answers in a table: questions of a scope side by side, their vectors a byte a number. */
export function dynamoAnswers(client: DynamoDBDocumentClient, TableName: string): Answers {
  return {
    async generation(tenant) {
      const Keys = [...generationKeys(undefined), ...tenant === undefined ? [] : generationKeys(tenant)];
      const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }));
      if (UnprocessedKeys?.[TableName]) throw new Error('the table of answers is asked for more than it may be');
      const items: Item[] = Responses?.[TableName] ?? [];
      const known = new Map(items.map((item) => [item[partitionKey], item]));
      return {
        id: Keys.map((key) => known.get(key[partitionKey])?.generation ?? '').join(),
        changedAt: Math.max(0, ...items.map(({ changedAt }) => Number(changedAt))),
      };
    },

    async questions(scope, now) {
      const { Items = [] } = await client.send(new QueryCommand({
        TableName,
        KeyConditionExpression: '#pk = :scope',
        ExpressionAttributeNames: { '#pk': partitionKey },
        ExpressionAttributeValues: { ':scope': scopeKey(scope) },
        ScanIndexForward: false,
        Limit: MOST_QUESTIONS,
      }));
      // Items go some time after they should.
      return Items.filter((item) => Number(item[ttl]) * 1000 > now)
        .map(({ vector, telling, answer }) => ({ vector: numbersOf(vector as Uint8Array), telling: String(telling), answer: String(answer) }));
    },

    async find(id) {
      const { Item: item } = await client.send(new GetCommand({ TableName, Key: answerKey(id) }));
      return item && { ...JSON.parse(String(item.said)) as Omit<KeptAnswer, 'scope' | 'answeredAt'>, scope: String(item.scope), answeredAt: Number(item.answeredAt) };
    },

    async keep({ vector, telling }, { scope, answeredAt, ...told }, expiresAt) {
      const said = JSON.stringify(told);
      // Of a hundred passages there may be more than an item holds: that is answered anew.
      if (Buffer.byteLength(said) > MOST_BYTES) return;
      const id = randomUUID();
      await client.send(new PutCommand({ TableName, Item: { ...answerKey(id), scope, said, answeredAt, [ttl]: expiresAt } }));
      // Last, for whoever finds it finds the answer.
      const place = `${String(answeredAt).padStart(15, '0')}#${id}`;
      const question = { vector: bytesOf(vector), telling, answer: id, [ttl]: expiresAt };
      await client.send(new PutCommand({ TableName, Item: { [partitionKey]: scopeKey(scope), [sortKey]: place, ...question } }));
    },
  };
}

function scopeKey(scope: string): string {
  return `scope#${scope}`;
}

function answerKey(id: string): Record<string, string> {
  return { [partitionKey]: `answer#${id}`, [sortKey]: 'answer' };
}

/** Rounded to a byte each, a vector points where it did to a thousandth. */
function bytesOf(vector: ArrayLike<number>): Uint8Array {
  const numbers = Array.from(vector);
  const scale = LONGEST_NUMBER / (Math.max(...numbers.map(Math.abs)) || 1);
  return new Uint8Array(Int8Array.from(numbers, (value) => Math.round(value * scale)).buffer);
}

function numbersOf({ buffer, byteOffset, byteLength }: Uint8Array): Int8Array {
  return new Int8Array(buffer, byteOffset, byteLength);
}
