import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { unlogged } from '../../../lambda/kit/unlogged';

const service = createServer((_, response) => response.end('{}'));

beforeAll(() => new Promise<void>((ready) => service.listen(0, '127.0.0.1', ready)));

afterAll(() => new Promise((closed) => service.close(closed)));

test('tells no logger of the calls of a client', async () => {
  expect(await callsLogged((client) => client)).toBe(1);
  expect(await callsLogged(unlogged)).toBe(0);
});

async function callsLogged(made: (client: DynamoDBClient) => DynamoDBClient): Promise<number> {
  const [info, others] = [jest.fn(), jest.fn()];
  const client = made(new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test' },
    logger: { trace: others, debug: others, info, warn: others, error: others },
  }));
  await DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName: 'table', Item: { pk: 'one' } }));
  client.destroy();
  return info.mock.calls.length;
}
