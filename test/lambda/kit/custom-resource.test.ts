import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { customResource } from '../../../lambda/kit/custom-resource';

let server: Server;
let answers: Record<string, unknown>[];
let types: (string | undefined)[];
let failures: number;
const log = { info: jest.fn(), error: jest.fn() };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data)).on('end', () => {
      if (failures > 0) {
        failures -= 1;
        response.writeHead(503).end();
        return;
      }
      types.push(request.headers['content-type']);
      answers.push(JSON.parse(body) as Record<string, unknown>);
      response.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
});

beforeEach(() => {
  answers = [];
  types = [];
  failures = 0;
});

afterAll(() => server.close());

const ask = (apply: () => Promise<string>, more: object = {}) => customResource(apply, log)({
  RequestType: 'Create', StackId: 's', RequestId: 'r', LogicalResourceId: 'l', ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ResourceProperties: {}, ...more,
} as unknown as CloudFormationCustomResourceEvent, { awsRequestId: 'a', logGroupName: 'logs' });

test('tells CloudFormation what the resource is called', async () => {
  await ask(async () => 'passages');
  expect(answers).toEqual([{ StackId: 's', RequestId: 'r', LogicalResourceId: 'l', Status: 'SUCCESS', PhysicalResourceId: 'passages' }]);
  expect(types).toEqual([undefined]);
});

test('tells why it failed, and where more is said', async () => {
  await ask(async () => Promise.reject(new Error('permission denied')), { RequestType: 'Update', PhysicalResourceId: 'passages' });
  expect(answers[0]).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'passages', Reason: 'permission denied (log group logs, request a)' });
});

test('tells it again where the answer was not taken', async () => {
  failures = 1;
  await ask(async () => 'passages');
  expect(answers).toHaveLength(1);
});
