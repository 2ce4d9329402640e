import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultProvider } from '../../../../lambda/kit/sdk/credential-provider-node';

const before = { ...process.env };
let agent: Server;
let asked = 0;
let expiration = Infinity;

beforeAll(async () => {
  agent = createServer((_, response) => {
    const Expiration = expiration === Infinity ? '2100-01-01T00:00:00Z' : new Date(expiration).toISOString();
    response.end(JSON.stringify({ AccessKeyId: `AKIDTASK${++asked}`, SecretAccessKey: 'task', Token: 'session', Expiration }));
  });
  await new Promise<void>((ready) => agent.listen(0, '127.0.0.1', ready));
});

beforeEach(() => {
  asked = 0;
  expiration = Infinity;
});

afterEach(() => {
  process.env = { ...before };
  jest.useRealTimers();
});

afterAll(() => new Promise((closed) => agent.close(closed)));

test('finds in the environment what Lambda gives a function', async () => {
  process.env.AWS_ACCESS_KEY_ID = 'AKIDFUNCTION';
  process.env.AWS_SECRET_ACCESS_KEY = 'function';
  process.env.AWS_SESSION_TOKEN = 'session';
  expect(await defaultProvider()()).toMatchObject({ accessKeyId: 'AKIDFUNCTION', secretAccessKey: 'function', sessionToken: 'session' });
});

test('asks the agent of a container for what a task may have', async () => {
  expect(await ofContainer()()).toMatchObject({ accessKeyId: 'AKIDTASK1', secretAccessKey: 'task', sessionToken: 'session' });
});

test('asks the agent once for many calls, and once for those that come at the same time', async () => {
  const provider = ofContainer();
  await Promise.all([provider(), provider()]);
  await provider();
  expect(asked).toBe(1);
});

test('asks again before credentials expire, and uses them until new ones are there', async () => {
  const now = Date.now();
  expiration = now + 600_000;
  const provider = ofContainer();
  await provider();
  jest.useFakeTimers({ now: now + 400_000, doNotFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'nextTick'] });
  expiration = Infinity;
  expect(await provider()).toMatchObject({ accessKeyId: 'AKIDTASK1' });
  await until(async () => (await provider()).accessKeyId === 'AKIDTASK2');
  expect(asked).toBe(2);
});

test('uses credentials as long as they are good where there are no new ones', async () => {
  const now = Date.now();
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDFUNCTION', AWS_SECRET_ACCESS_KEY: 'function', AWS_CREDENTIAL_EXPIRATION: new Date(now + 600_000).toISOString() });
  const provider = defaultProvider();
  await provider();
  delete process.env.AWS_ACCESS_KEY_ID;
  jest.useFakeTimers({ now: now + 400_000 });
  expect(await provider()).toMatchObject({ accessKeyId: 'AKIDFUNCTION' });
  jest.setSystemTime(now + 600_001);
  await expect(provider()).rejects.toThrow('Unable to find environment variable credentials');
});

test('says that there are none rather than look elsewhere', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
  await expect(defaultProvider()()).rejects.toThrow('Unable to find environment variable credentials');
});

function ofContainer() {
  process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/credentials`;
  return defaultProvider();
}

async function until(so: () => Promise<boolean>) {
  while (!await so()) await new Promise((resolve) => setImmediate(resolve));
}
