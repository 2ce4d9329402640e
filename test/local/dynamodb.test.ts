import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, BatchWriteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { synthesizeFixture } from './fixture/stack';
import { readAssembly } from '../../local/assembly/assembly';
import { Deployment } from '../../local/assembly/deployment';
import { type AwsEndpoint, startAwsEndpoint } from '../../local/aws/endpoint';
import { type DynamoDb, dynamoDb } from '../../local/dynamodb/service';
import { Principals } from '../../local/iam/principals';

let endpoint: AwsEndpoint;
let service: DynamoDb;
let table: string;
let client: DynamoDBDocumentClient;
let reader: DynamoDBDocumentClient;

beforeAll(async () => {
  const { directory, remove } = synthesizeFixture();
  const deployment = new Deployment(readAssembly(directory));
  remove();
  const [resource] = deployment.resources('AWS::DynamoDB::GlobalTable');
  table = deployment.ref(resource);
  const tableArn = deployment.attribute(resource, 'Arn');
  service = dynamoDb();
  await service.createTables(deployment);

  const principals = new Principals();
  const allow = (Action: string | string[], Resource: string | string[]) => ({ name: 'Policy', document: { Statement: [{ Effect: 'Allow', Action, Resource }] } });
  principals.add({ accessKeyId: 'WRITER', arn: 'arn:aws:iam::123456789012:role/Writer', policies: [allow('dynamodb:*', [tableArn, `${tableArn}/index/*`])] });
  principals.add({ accessKeyId: 'READER', arn: 'arn:aws:iam::123456789012:role/Reader', policies: [allow(['dynamodb:GetItem', 'dynamodb:Query'], tableArn)] });
  endpoint = await startAwsEndpoint({ services: [service], principals, onNotice: () => undefined });
  client = DynamoDBDocumentClient.from(new DynamoDBClient(config('WRITER')));
  reader = DynamoDBDocumentClient.from(new DynamoDBClient(config('READER')));
});

afterAll(async () => {
  await endpoint?.stop();
  await service?.stop();
});

function config(accessKeyId: string): DynamoDBClientConfig {
  return { endpoint: endpoint.url, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId, secretAccessKey: 'local' } };
}

test('stores and reads an item of every type', async () => {
  const item = { pk: 'types', sk: '1', text: 'ä😀', number: 1.5, yes: true, none: null, list: [1, 'a'], map: { deep: { er: 1 } }, bytes: new Uint8Array([0, 255]), set: new Set(['a', 'b']) };
  await client.send(new PutCommand({ TableName: table, Item: item }));
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: { pk: 'types', sk: '1' } }));
  expect({ ...Item, bytes: [...Item?.bytes as Uint8Array] }).toEqual({ ...item, bytes: [0, 255] });
});

test('lets one of two conditional writes win', async () => {
  const lock = () => client.send(new UpdateCommand({
    TableName: table,
    Key: { pk: 'lock', sk: '1' },
    UpdateExpression: 'SET holder = :me ADD turns :one',
    ConditionExpression: 'attribute_not_exists(holder)',
    ExpressionAttributeValues: { ':me': 'x', ':one': 1 },
    ReturnValues: 'ALL_NEW',
  }));
  const outcomes = await Promise.allSettled([lock(), lock()]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'ConditionalCheckFailedException' } });
});

test('queries the table and its indexes, page by page, in both directions', async () => {
  const items = [3, 1, 2].map((at) => ({ pk: 'pages', sk: `s${at}`, at: 10 - at, kind: 'k' }));
  await client.send(new BatchWriteCommand({ RequestItems: { [table]: items.map((Item) => ({ PutRequest: { Item } })) } }));
  const query = (options: object) => client.send(new QueryCommand({ TableName: table, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'pages' }, ...options }));
  const first = await query({ Limit: 2 });
  expect(first.Items?.map(({ sk }) => sk as string)).toEqual(['s1', 's2']);
  expect((await query({ Limit: 2, ExclusiveStartKey: first.LastEvaluatedKey })).Items?.map(({ sk }) => sk as string)).toEqual(['s3']);
  expect((await query({ IndexName: 'recent', ScanIndexForward: false, ConsistentRead: true })).Items?.map(({ sk }) => sk as string)).toEqual(['s1', 's2', 's3']);
  expect((await query({ IndexName: 'byKind', KeyConditionExpression: 'kind = :pk', ExpressionAttributeValues: { ':pk': 'k' } })).Count).toBe(3);
});

test('reads in batches', async () => {
  await client.send(new PutCommand({ TableName: table, Item: { pk: 'batch', sk: '1' } }));
  const { Responses } = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: [{ pk: 'batch', sk: '1' }, { pk: 'batch', sk: '2' }] } } }));
  expect(Responses?.[table]).toEqual([{ pk: 'batch', sk: '1' }]);
});

test('answers in the errors of the service', async () => {
  const big = client.send(new PutCommand({ TableName: table, Item: { pk: 'big', sk: '1', text: 'a'.repeat(400 * 1024) } }));
  await expect(big).rejects.toMatchObject({ name: 'ValidationException', message: 'Item size has exceeded the maximum allowed size' });
  await expect(client.send(new GetCommand({ TableName: table, Key: { pk: 'x' } }))).rejects.toMatchObject({ name: 'ValidationException' });
});

test.each<[string, () => Promise<unknown>]>([
  ['a write by a reader', () => reader.send(new PutCommand({ TableName: table, Item: { pk: 'a', sk: 'a' } }))],
  ['an index that is not granted', () => reader.send(new QueryCommand({ TableName: table, IndexName: 'recent', KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: { ':a': 'a' } }))],
  ['a batch that is not granted', () => reader.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: [{ pk: 'a', sk: 'a' }] } } }))],
  ['a table of somebody else', () => client.send(new GetCommand({ TableName: 'Other', Key: { pk: 'a' } }))],
])('refuses %s', async (_, call) => {
  await expect(call()).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('refuses aloud what it cannot do', async () => {
  const write = client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName: table, Item: { pk: 'a', sk: 'a' } } }] }));
  await expect(write).rejects.toMatchObject({ name: 'UnknownOperationException', message: expect.stringContaining('TransactWriteItems') });
  const update = client.send(new PutCommand({ TableName: table, Item: { pk: 'a', sk: 'a' }, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }));
  await expect(update).rejects.toMatchObject({ message: expect.stringContaining('ReturnValuesOnConditionCheckFailure') });
});
