import { runFixture } from './fixture/stack';

const fixture = runFixture();

test('hands a streamed answer on piece by piece, under the head that the handler chose', async () => {
  const response = await fixture.fetch('stream');
  expect(response.status).toBe(201);
  expect(response.headers.get('content-type')).toBe('text/plain');
  const arrivals: { text: string; at: number }[] = [];
  for await (const piece of response.body!) arrivals.push({ text: Buffer.from(piece as Uint8Array).toString(), at: performance.now() });
  expect(arrivals.map(({ text }) => text).join('')).toBe('one two three ');
  expect(arrivals.length).toBe(3);
  expect(arrivals[2].at - arrivals[0].at).toBeGreaterThan(120);
});

test('keeps back a handler whose reader is slow, and loses nothing', async () => {
  const response = await fixture.fetch('stream?do=big');
  let length = 0;
  for await (const piece of response.body!) length += (piece as Uint8Array).length;
  expect(length).toBe(200 * 64 * 1024);
});

test('cuts the connection when a handler fails in the middle of its answer', async () => {
  const response = await fixture.fetch('stream?do=breakOff');
  expect(response.status).toBe(201);
  await expect(response.text()).rejects.toThrow();
  const { kind } = await fixture.cloud.waitForLog(({ line }) => line.includes('broken in the middle'));
  expect(kind).toBe('stderr');
});

test.each(['early', 'crash', 'headless'])('answers 502 when a handler gives no HTTP answer: %s', async (what) => {
  const response = await fixture.fetch(`stream?do=${what}`);
  expect(response.status).toBe(502);
  expect(await response.json()).toEqual({ message: 'Internal server error' });
});

test('answers the next request after a crash from a new worker', async () => {
  await fixture.fetch('stream?do=crash');
  expect((await fixture.fetch('stream')).status).toBe(201);
});

test('ends a handler at its time-out: 502 before the answer, a cut connection within it', async () => {
  const [silent, begun] = await Promise.all([fixture.fetch('stream?do=silent'), fixture.fetch('stream?do=hang')]);
  expect(silent.status).toBe(502);
  expect(begun.status).toBe(201);
  await expect(begun.text()).rejects.toThrow();
  await fixture.cloud.waitForLog(({ line }) => line.includes('Task timed out after 1.00 seconds'));
});

test('answers 504 when the integration takes longer than the method allows', async () => {
  const response = await fixture.fetch('impatient');
  expect(response.status).toBe(504);
  expect(await response.json()).toEqual({ message: 'Endpoint request timed out' });
});

test('throttles beyond the reserved concurrency', async () => {
  const statuses = (await Promise.all([fixture.fetch('slow'), fixture.fetch('slow')])).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 500]);
});

test('reuses a warm worker, and starts another for a call at the same time', async () => {
  const pid = async () => (await (await fixture.fetch('echo/1')).json() as { pid: number }).pid;
  const ends = () => fixture.cloud.logs.filter(({ kind, line }) => kind === 'platform' && line.startsWith('END')).length;
  const before = ends();
  const first = await pid();
  // The answer is out a moment before its worker is free again.
  while (ends() === before) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await pid()).toBe(first);
  expect(new Set(await Promise.all(Array.from({ length: 8 }, pid))).size).toBeGreaterThan(1);
});

test('gives a function its deployed environment and nothing of this machine', async () => {
  process.env.SECRET_OF_THE_BUILDER = 'x';
  const { env, context } = await (await fixture.fetch('echo/1')).json() as { env: Record<string, string>; context: Record<string, string> };
  expect(env).toMatchObject({
    TABLE: expect.stringMatching(/^Fixture-Table/), AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/), AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  });
  expect(Object.keys(env)).not.toContain('SECRET_OF_THE_BUILDER');
  expect(Object.keys(env)).not.toContain('HOME');
  expect(context).toMatchObject({ functionName: env.AWS_LAMBDA_FUNCTION_NAME, invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${env.AWS_LAMBDA_FUNCTION_NAME}` });
});

test('keeps what a handler logs, line by line, with its request id', async () => {
  const requestId = (await fixture.fetch('stream?do=log')).headers.get('x-request');
  await fixture.cloud.waitForLog((line) => line.kind === 'platform' && line.line.startsWith('END') && line.requestId === requestId);
  const own = fixture.cloud.logs.filter((line) => line.requestId === requestId && line.kind !== 'platform').map(({ kind, line }) => `${kind} ${line}`);
  expect(own).toEqual(['stdout to standard output', 'stderr to standard error', 'stdout {"_aws":{}}']);
});
