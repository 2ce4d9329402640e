import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { lambdaHooks } from '../../../lambda/adapters/lambda-hooks';
import { isHookFailure } from '../../../lambda/ports/hooks';

const client = mockClient(LambdaClient);
const hooks = lambdaHooks(new LambdaClient({}));
const answered = (text: string) => ({ transformToString: () => text }) as never;

beforeEach(() => client.reset());

test('asks for an answer, and hands an event over without one', async () => {
  client.on(InvokeCommand).resolves({ Payload: answered('{"a":1}') });
  expect(await hooks.ask('f', { b: 2 }, 1_000)).toEqual({ a: 1 });
  await hooks.tell('f', { c: 3 });
  expect(client.commandCalls(InvokeCommand).map(({ args: [{ input }] }) => ({ ...input, Payload: Buffer.from(input.Payload as Uint8Array).toString() })))
    .toEqual([{ FunctionName: 'f', Payload: '{"b":2}' }, { FunctionName: 'f', InvocationType: 'Event', Payload: '{"c":3}' }]);
});

test('waits for an event to be taken no longer than five seconds', async () => {
  const soon = AbortSignal.timeout(5);
  const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(soon);
  client.on(InvokeCommand).callsFake(() => new Promise((_, reject) => soon.addEventListener('abort', () => reject(new Error('words')))));
  const failure = await hooks.tell('f', {}).catch((error: unknown) => error);
  expect(isHookFailure(failure) && failure.kind).toBe('timeout');
  expect(timeout.mock.calls).toEqual([[5_000]]);
  expect((client.send.args[0] as unknown[])[1]).toMatchObject({ abortSignal: soon });
  timeout.mockRestore();
});

test('hangs up when the turn is over, however long the function may take', async () => {
  const over = new AbortController();
  client.on(InvokeCommand).callsFake(() => new Promise((_, reject) => over.signal.addEventListener('abort', () => reject(new Error('words')))));
  setTimeout(() => over.abort(), 5);
  const failure = await hooks.ask('f', {}, 30_000, over.signal).catch((error: unknown) => error);
  expect(isHookFailure(failure) && failure.kind).toBe('timeout');
  const [, { abortSignal }] = client.send.args[0] as unknown as [unknown, { abortSignal: AbortSignal }];
  expect(abortSignal.aborted).toBe(true);
});

test.each([
  ['error', () => client.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: answered('{"errorMessage":"words"}') })],
  ['answer', () => client.on(InvokeCommand).resolves({ Payload: answered('not JSON') })],
  ['unreachable', () => client.on(InvokeCommand).rejects(new Error('words'))],
  ['timeout', () => client.on(InvokeCommand).callsFake(() => new Promise((_, reject) => setTimeout(() => reject(new Error('words')), 20)))],
])('tells a failure by its kind: %s', async (kind, prepare) => {
  prepare();
  const failure = await hooks.ask('f', {}, kind === 'timeout' ? 5 : 1_000).catch((error: unknown) => error);
  expect(isHookFailure(failure) && [failure.kind, failure.message]).toEqual([kind, `hook: ${kind}`]);
});
