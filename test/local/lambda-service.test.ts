import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { App, Stack } from 'aws-cdk-lib';
import { Code, EventInvokeConfig, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { synthesizeFixture } from './fixture/stack';
import { readAssembly } from '../../local/assembly/assembly';
import { Deployment } from '../../local/assembly/deployment';
import { startAwsEndpoint } from '../../local/aws/endpoint';
import { Principals } from '../../local/iam/principals';
import type { FunctionPool, Invocation } from '../../local/lambda/pool';
import { type DeadLetter, lambdaService } from '../../local/lambda/service';

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:hook';
const throttled = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' };
const failure = { errorType: 'TypeError', errorMessage: 'broken', trace: [] };

const notices: string[] = [];
const events: string[] = [];
const ids: (string | undefined)[] = [];
const letters: DeadLetter[] = [];
const script: (string | typeof failure | typeof throttled)[] = [];
const stops: (() => unknown)[] = [];
let client: LambdaClient;

/** A function that answers what the script says, and with its own event once the script is over. */
const hook = {
  lambda: { name: 'hook', arn: FUNCTION },
  invoke({ event, sink, requestId }: Invocation) {
    events.push(event);
    ids.push(requestId);
    const next = script.shift() ?? event;
    if (typeof next !== 'string') return sink.fail(next);
    void sink.data(Buffer.from(next));
    return sink.end();
  },
} as unknown as FunctionPool;

beforeEach(async () => {
  notices.length = events.length = ids.length = letters.length = script.length = 0;
  const fixture = synthesizeFixture((app: App) => {
    const stack = new Stack(app, 'Stack');
    const code = { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => 1') };
    new EventInvokeConfig(stack, 'Once', { function: new LambdaFunction(stack, 'Function', { functionName: 'hook', deadLetterQueue: new Queue(stack, 'Dead', { queueName: 'dead' }), ...code }), retryAttempts: 1 });
  });
  const principals = new Principals();
  const document = { Statement: { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: FUNCTION } } as const;
  principals.add({ accessKeyId: 'KEY', arn: 'arn:aws:iam::123456789012:role/R', policies: [{ name: 'P', document }] });
  const service = lambdaService({
    functionOf: (functionArn) => (functionArn === FUNCTION ? hook : undefined),
    deployment: new Deployment(readAssembly(fixture.directory)),
    onNotice: (line) => notices.push(line),
    onDeadLetter: (letter) => letters.push(letter),
    retryAfterMs: 1,
  });
  const endpoint = await startAwsEndpoint({ services: [service], principals, onNotice: (line) => notices.push(line) });
  client = new LambdaClient({ endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'KEY', secretAccessKey: 'x' }, maxAttempts: 1 });
  stops.push(() => client.destroy(), endpoint.stop, fixture.remove);
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const invoke = (input: Partial<InvokeCommand['input']> = {}) => client.send(new InvokeCommand({ FunctionName: FUNCTION, Payload: Buffer.from('{"a":"ä"}'), ...input }));

test.each([FUNCTION, 'hook', '123456789012:function:hook'])('answers who calls a function as %s', async (FunctionName) => {
  const { StatusCode, Payload, FunctionError } = await invoke({ FunctionName });
  expect([StatusCode, Buffer.from(Payload!).toString(), FunctionError]).toEqual([200, '{"a":"ä"}', undefined]);
});

test('tells the error of a function as its answer', async () => {
  script.push(failure);
  const { StatusCode, Payload, FunctionError } = await invoke();
  expect([StatusCode, FunctionError, JSON.parse(Buffer.from(Payload!).toString())]).toEqual([200, 'Unhandled', failure]);
});

test('takes an event without an answer, and tries it again as often as its function says', async () => {
  script.push(failure, failure);
  expect((await invoke({ InvocationType: 'Event' })).StatusCode).toBe(202);
  while (notices.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(events).toEqual(['{"a":"ä"}', '{"a":"ä"}']);
  expect(notices).toEqual([expect.stringContaining('hook failed an event 2 times')]);
  expect(new Set(ids).size).toBe(1);
  expect(letters).toEqual([{ queueArn: 'arn:aws:sqs:us-east-1:123456789012:dead', functionArn: FUNCTION, event: '{"a":"ä"}', reason: 'TypeError' }]);
});

test('keeps an event for which there is no room until there is', async () => {
  script.push(throttled, throttled, throttled, failure);
  await invoke({ InvocationType: 'Event' });
  while (events.length < 5) await new Promise((resolve) => setTimeout(resolve, 2));
  expect([notices, letters]).toEqual([[], []]);
});

test('refuses a version that the role may not call, a function that is not there, and an event that is too large', async () => {
  await expect(invoke({ Qualifier: 'live' })).rejects.toThrow(`${FUNCTION}:live`);
  await expect(invoke({ FunctionName: 'other' })).rejects.toThrow('function:other');
  await expect(invoke({ InvocationType: 'Event', Payload: Buffer.from(JSON.stringify('x'.repeat(1024 * 1024))) })).rejects.toMatchObject({ name: 'RequestTooLargeException' });
  expect(events).toEqual([]);
});
