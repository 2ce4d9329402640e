import { InternalServerError, ProvisionedThroughputExceededException, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { S3ServiceException } from '@aws-sdk/client-s3';
import { delayIn, tellingDelays } from '../../../lambda/adapters/aws-delays';

const s3 = (name: string, httpStatusCode: number) => new S3ServiceException({ name, $fault: 'server', $metadata: { httpStatusCode } });

test.each<[string, Error, string]>([
  ['a bucket that is asked for too much', s3('SlowDown', 503), 'throttled'],
  ['an answer without a body, which names its status alone', s3('503', 503), 'unavailable'],
  ['a table that is asked for too much', new ProvisionedThroughputExceededException({ message: 'too much', $metadata: { httpStatusCode: 400 } }), 'throttled'],
  ['a key that is asked for too much', Object.assign(new Error('rate exceeded'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }), 'throttled'],
  ['a service that breaks down', new InternalServerError({ message: 'oh', $metadata: { httpStatusCode: 500 } }), 'unavailable'],
  ['a name that nobody finds', Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' }), 'unavailable'],
  ['a connection that nobody takes', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED', $metadata: { attempts: 3 } }), 'unavailable'],
  ['an answer that is too late', Object.assign(new Error('no answer'), { name: 'TimeoutError' }), 'unavailable'],
])('%s passes', async (_, error, kind) => {
  expect(delayIn(error)).toBe(kind);
  const port = tellingDelays({ holds: 7, ask: async () => { throw error; } });
  await expect(port.ask()).rejects.toMatchObject({ name: 'ServiceDelay', kind, cause: error });
  expect(port.holds).toBe(7);
});

test.each<[string, unknown]>([
  ['a table that is not there', new ResourceNotFoundException({ message: 'none', $metadata: { httpStatusCode: 400 } })],
  ['what is forbidden', s3('AccessDenied', 403)],
  ['a mistake of one\'s own', new TypeError('x is not a function')],
  ['what is no error', 'oh'],
])('%s does not', (_, error) => {
  expect(delayIn(error)).toBeUndefined();
});

test('what passes is told as it is, and so is what is listed', async () => {
  const forbidden = s3('AccessDenied', 403);
  const port = tellingDelays({ ask: async () => { throw forbidden; }, tell: async (word: string) => word, async* list() { yield 1; yield 2; } });
  await expect(port.ask()).rejects.toBe(forbidden);
  expect(await port.tell('yes')).toBe('yes');
  const listed: number[] = [];
  for await (const one of port.list()) listed.push(one);
  expect(listed).toEqual([1, 2]);
});
