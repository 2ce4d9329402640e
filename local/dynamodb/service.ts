import { createHash, randomBytes } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Operation, OPERATIONS, TableStore } from './store';
import type { Deployment } from '../assembly/deployment';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { Authorization, AwsReply, AwsRequest, AwsService } from '../aws/service';

type Input = Readonly<Record<string, unknown>>;

/** Tables, for those of this machine who look into them past every policy. */
export interface Tables {
  /** All items of a table. */
  scan(table: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface DynamoDb extends AwsService, Tables {
  /** Makes the tables of a deployment. */
  createTables(deployment: Deployment): Promise<void>;
  stop(): Promise<void>;
}

/** DynamoDB, by dynalite: tables, items, conditions and indexes, without transactions, streams and time to live. */
export function dynamoDb(): DynamoDb {
  const store = new TableStore();
  return {
    name: 'dynamodb',

    authorizations(request) {
      const operation = operationOf(request);
      const input = parse(request);
      return resourcesOf(operation, input).map((resource): Authorization => ({ action: `dynamodb:${operation}`, resource }));
    },

    async handle(request): Promise<AwsReply> {
      const operation = operationOf(request);
      const input = parse(request);
      requireKnown(operation, input);
      const { status, body } = await store.run(operation, input);
      return reply(status, body);
    },

    async createTables(deployment) {
      for (const table of deployment.resources('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')) {
        const { status, body } = await store.run('CreateTable', tableInput(deployment.id(table), deployment.properties(table)));
        if (status !== 200) throw new Error(`the table ${table.stack.name}/${table.logicalId} cannot be made: ${JSON.stringify(body)}`);
      }
    },

    async scan(TableName) {
      const items: Readonly<Record<string, unknown>>[] = [];
      let ExclusiveStartKey: unknown;
      do {
        const { status, body } = await store.run('Scan', { TableName, ...(ExclusiveStartKey !== undefined && { ExclusiveStartKey }) });
        if (status !== 200) throw new Error(`the table ${TableName} cannot be read: ${JSON.stringify(body)}`);
        const { Items, LastEvaluatedKey } = body as { Items: Record<string, AttributeValue>[]; LastEvaluatedKey?: unknown };
        items.push(...Items.map((item) => plain({ M: item }) as Readonly<Record<string, unknown>>));
        ExclusiveStartKey = LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
      return items;
    },

    stop: () => store.stop(),
  };
}

function plain({ S, N, BOOL, M, L }: AttributeValue): unknown {
  if (M) return Object.fromEntries(Object.entries(M).map(([name, value]) => [name, plain(value)]));
  return S ?? BOOL ?? L?.map(plain) ?? (N === undefined ? null : Number(N));
}

function operationOf({ headers }: AwsRequest): Operation {
  const name = (headers['x-amz-target'] ?? '').split('.')[1] ?? '';
  if (!OPERATIONS.includes(name as Operation)) throw new AwsFailure('UnknownOperationException', 400, `the local DynamoDB has no operation ${name || 'without a name'}; handlers here use single-item conditional writes`);
  return name as Operation;
}

function parse({ body }: AwsRequest): Input {
  try {
    return JSON.parse(body.toString()) as Input;
  } catch {
    throw new AwsFailure('SerializationException', 400, 'the body is not JSON');
  }
}

/** A table, an index of it, or every table of a batch. */
function resourcesOf(operation: Operation, input: Input): string[] {
  if (operation === 'ListTables') return ['*'];
  const names = operation.startsWith('Batch') ? Object.keys((input.RequestItems ?? {}) as object) : [String(input.TableName)];
  return names.map((name) => {
    const table = name.startsWith('arn:') ? name : arn('dynamodb', `table/${name}`);
    return input.IndexName ? `${table}/index/${String(input.IndexName)}` : table;
  });
}

/** dynalite passes over these without a word; a handler that relies on them must hear of it. */
function requireKnown(operation: Operation, input: Input): void {
  if ((input.ReturnValuesOnConditionCheckFailure ?? 'NONE') !== 'NONE') {
    throw new AwsFailure('UnknownOperationException', 400, `the local DynamoDB has no ReturnValuesOnConditionCheckFailure (${operation})`);
  }
}

function reply(status: number, answer: object): AwsReply {
  const body = JSON.stringify(answer);
  const requestId = createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 52).toUpperCase();
  return { status, headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': requestId }, body };
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema: unknown;
  readonly Projection: unknown;
}

function tableInput(name: string, properties: Input): Input {
  const indexes = (key: string) => {
    const list = (properties[key] as Index[] | undefined)?.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
    return list?.length ? { [key]: list } : {};
  };
  return {
    TableName: name,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: 'PAY_PER_REQUEST',
    ...indexes('LocalSecondaryIndexes'),
    ...indexes('GlobalSecondaryIndexes'),
  };
}
