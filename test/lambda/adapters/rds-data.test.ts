import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rdsData } from '../../../lambda/adapters/rds-data';
import { SqlGone, SqlWaking } from '../../../lambda/ports/sql';

let server: Server;
let asked: { url?: string; headers: IncomingHttpHeaders; body: string }[];
let answer: { status: number; type?: string; body: string };
const environment = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data)).on('end', () => {
      asked.push({ url: request.url, headers: request.headers, body });
      response.writeHead(answer.status, { ...(answer.type && { 'x-amzn-errortype': answer.type }) }).end(answer.body);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
});

beforeEach(() => {
  asked = [];
  answer = { status: 200, body: '{}' };
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' });
});

afterAll(() => {
  process.env = environment;
  server.close();
});

const database = () => rdsData({ clusterArn: 'arn:cluster', secretArn: 'arn:secret', database: 'knowledge' });

test('runs a statement, signed for the Data API', async () => {
  await database().run('SELECT 1');
  expect(asked[0].url).toBe('/Execute');
  expect(JSON.parse(asked[0].body)).toEqual({ resourceArn: 'arn:cluster', secretArn: 'arn:secret', database: 'knowledge', sql: 'SELECT 1' });
  expect(asked[0].headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/eu-central-1\/rds-data\/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$/);
});

test.each([
  ['a database that wakes', 'DatabaseResumingException:http://internal/', SqlWaking],
  ['a database that is gone', 'DatabaseNotFoundException', SqlGone],
])('knows %s', async (_, type, kind) => {
  answer = { status: 400, type, body: '{}' };
  await expect(database().run('SELECT 1')).rejects.toThrow(kind);
});

test('tells what the database said', async () => {
  answer = { status: 400, type: 'BadRequestException', body: '{"message":"ERROR: permission denied for schema knowledge"}' };
  await expect(database().run('SELECT 1')).rejects.toThrow('BadRequestException: ERROR: permission denied for schema knowledge');
});
