import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { EVALUATION_TABLE, QUESTION_SECONDS, RUN_SECONDS } from '../../lib/contract/evaluation';
import type { EvaluationRun, EvaluationRuns, QuestionResult, RunSummary } from '../ports/evaluation-runs';

const { partitionKey, sortKey, ttl } = EVALUATION_TABLE;
const RUN = 'run';

type Item = Readonly<Record<string, unknown>>;

interface Rest {
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
}

export function dynamoEvaluationRuns(client: DynamoDBDocumentClient, TableName: string): EvaluationRuns {
  const keyOf = (partition: string, sort: string) => ({ [partitionKey]: partition, [sortKey]: sort });
  const runKey = (id: string) => keyOf(`run#${id}`, RUN);
  const get = async (Key: Record<string, string>): Promise<Item | undefined> => {
    const { Item: item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return item;
  };
  const unlessRefused = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  };
  const putNew = async (Item: Item) => await unlessRefused(client.send(new PutCommand({
    TableName, Item: { ...Item }, ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': partitionKey },
  }))) !== undefined;
  const pages = async function* (partition: string, condition: string, values: Item, rest: Rest = {}) {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page: { readonly Items?: Item[]; readonly LastEvaluatedKey?: Record<string, unknown> } = await client.send(new QueryCommand({
        TableName,
        KeyConditionExpression: `#pk = :pk AND ${condition}`,
        ExpressionAttributeNames: { '#pk': partitionKey, '#sk': sortKey },
        ExpressionAttributeValues: { ':pk': partition, ...values },
        ConsistentRead: true,
        ExclusiveStartKey,
        ...rest,
      }));
      yield page.Items ?? [];
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  };

  return {
    async begin(run) {
      await putNew({ ...run, ...runKey(run.id), [ttl]: Math.ceil(run.startedAt / 1000) + QUESTION_SECONDS });
    },

    async find(id) {
      const item = await get(runKey(id));
      return item && runOf(item);
    },

    async change(id, from, to) {
      const told = Object.entries(to).filter(([, value]) => value !== undefined);
      return await unlessRefused(client.send(new UpdateCommand({
        TableName,
        Key: runKey(id),
        ConditionExpression: '#state = :from',
        UpdateExpression: `SET ${told.map(([name]) => `#${name} = :${name}`).join(', ')}`,
        ExpressionAttributeNames: { '#state': 'state', ...Object.fromEntries(told.map(([name]) => [`#${name}`, name])) },
        ExpressionAttributeValues: { ':from': from, ...Object.fromEntries(told.map(([name, value]) => [`:${name}`, value])) },
      }))) !== undefined;
    },

    async has(id, at) {
      return await get(keyOf(`run#${id}`, questionKey(at))) !== undefined;
    },

    async record(id, result, now) {
      if (!await putNew({ result, ...keyOf(`run#${id}`, questionKey(result.at)), [ttl]: Math.ceil(now / 1000) + QUESTION_SECONDS })) return undefined;
      const { Attributes = {} } = await client.send(new UpdateCommand({
        TableName,
        Key: runKey(id),
        UpdateExpression: 'ADD done :one, spent :cost',
        ExpressionAttributeValues: { ':one': 1, ':cost': result.cost ?? 0 },
        ReturnValues: 'ALL_NEW',
      }));
      return runOf(Attributes);
    },

    async* results(id) {
      for await (const items of pages(`run#${id}`, 'begins_with(#sk, :question)', { ':question': 'question#' })) {
        yield* items.map(({ result }) => result as QuestionResult);
      }
    },

    async keep(summary, now) {
      await client.send(new PutCommand({ TableName, Item: { summary, ...keyOf('runs', summary.run), [ttl]: Math.ceil(now / 1000) + RUN_SECONDS } }));
    },

    async before(id, most) {
      for await (const items of pages('runs', '#sk < :id', { ':id': id }, { ScanIndexForward: false, Limit: most })) return items.map(({ summary }) => summary as RunSummary);
      return [];
    },

    async hasPassed(evaluated) {
      return await get(keyOf('passed', evaluated)) !== undefined;
    },

    async pass(evaluated, now) {
      await client.send(new PutCommand({ TableName, Item: { ...keyOf('passed', evaluated), [ttl]: Math.ceil(now / 1000) + RUN_SECONDS } }));
    },
  };
}

function runOf(item: Item): EvaluationRun {
  return Object.fromEntries(Object.entries(item).filter(([name]) => ![partitionKey, sortKey, ttl].some((own) => own === name))) as unknown as EvaluationRun;
}

function questionKey(at: number): string {
  return `question#${String(at).padStart(6, '0')}`;
}
