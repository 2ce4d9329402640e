import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultProvider } from '../../../../lambda/kit/sdk/credential-provider-node';

const before = { ...process.env };
let agent: Server;

beforeAll(async () => {
  agent = createServer((_, response) => response.end(JSON.stringify({
    AccessKeyId: 'AKIDTASK', SecretAccessKey: 'task', Token: 'session', Expiration: '2100-01-01T00:00:00Z',
  })));
  await new Promise<void>((ready) => agent.listen(0, '127.0.0.1', ready));
});

afterEach(() => {
  process.env = { ...before };
});

afterAll(() => new Promise((closed) => agent.close(closed)));

test('finds in the environment what Lambda gives a function', async () => {
  process.env.AWS_ACCESS_KEY_ID = 'AKIDFUNCTION';
  process.env.AWS_SECRET_ACCESS_KEY = 'function';
  process.env.AWS_SESSION_TOKEN = 'session';
  expect(await defaultProvider()()).toMatchObject({ accessKeyId: 'AKIDFUNCTION', secretAccessKey: 'function', sessionToken: 'session' });
});

test('asks the agent of a container for what a task may have', async () => {
  process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/credentials`;
  expect(await defaultProvider()()).toMatchObject({ accessKeyId: 'AKIDTASK', secretAccessKey: 'task', sessionToken: 'session' });
});

test('says that there are none rather than look elsewhere', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
  await expect(defaultProvider()()).rejects.toThrow('Unable to find environment variable credentials');
});
