import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { lambdaChunks } from '../../../lambda/adapters/lambda-chunks';

const client = mockClient(LambdaClient);
const ask = lambdaChunks(new LambdaClient({}), 'splitter');
const forever = new AbortController().signal;
const request = (text: string) => ({ version: 1, document: { text, blocks: [] } }) as const;
const answered = (text: string) => ({ transformToString: () => text }) as never;
const named = (name: string, httpStatusCode?: number) => Object.assign(new Error('words'), { name, $metadata: { httpStatusCode } });

beforeEach(() => client.reset());

test('gives what the function answers', async () => {
  client.on(InvokeCommand).resolves({ Payload: answered('{"chunks":[]}') });
  expect(await ask(request('Hello'), forever)).toEqual({ chunks: [] });
  const [{ args: [{ input }] }] = client.commandCalls(InvokeCommand);
  expect(JSON.parse(Buffer.from(input.Payload as Uint8Array).toString())).toEqual(request('Hello'));
});

test.each([
  ['throttled', named('TooManyRequestsException', 429)],
  ['unavailable', named('ServiceException', 500)],
  ['unavailable', named('TimeoutError')],
])('tells that it was %s', async (kind, error) => {
  client.on(InvokeCommand).rejects(error);
  await expect(ask(request('Hello'), forever)).rejects.toMatchObject({ name: 'ChunkFailure', kind });
});

test('tells why a function failed, and what is no JSON', async () => {
  client.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: answered('{"errorMessage":"no memory"}') });
  await expect(ask(request('Hello'), forever)).rejects.toMatchObject({ kind: 'failed', message: 'the function that cuts documents failed: no memory' });
  client.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: answered(JSON.stringify({ errorType: 'RangeError', errorMessage: 'x'.repeat(1_000) })) });
  await expect(ask(request('Hello'), forever)).rejects.toMatchObject({ message: `the function that cuts documents failed: RangeError: ${'x'.repeat(288)}` });
  client.on(InvokeCommand).resolves({ Payload: answered('nonsense') });
  await expect(ask(request('Hello'), forever)).rejects.toMatchObject({ kind: 'refused' });
});

test('a function that takes too long has failed, and one that nobody waits for any more is broken off', async () => {
  client.on(InvokeCommand).callsFake((_, __) => new Promise((_resolve, reject) => setTimeout(() => reject(named('AbortError')), 30)));
  await expect(lambdaChunks(new LambdaClient({}), 'splitter', 0.01)(request('Hello'), forever)).rejects.toMatchObject({ kind: 'failed', message: expect.stringContaining('longer than 0.01 seconds') });
  await expect(ask(request('Hello'), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});

test('refuses a document that no call can carry, before any', async () => {
  await expect(ask(request('x'.repeat(6_300_000)), forever)).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('6291556 bytes at most') });
  expect(client.commandCalls(InvokeCommand)).toHaveLength(0);
});

test('a right that is missing is the deployment\'s fault', async () => {
  client.on(InvokeCommand).rejects(named('AccessDeniedException', 403));
  await expect(ask(request('Hello'), forever)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
