import { describeError } from '../../../lambda/kit/log';

const CANARY = 'canary-2b9d';

test('tells where an error arose, and nothing that it quotes', () => {
  const error = new SyntaxError(`Unexpected token in "\n    at home I am ${CANARY}\n    at work"`);
  const told = describeError(error);
  expect(told.error).toBe('SyntaxError');
  expect(told.stack).toContain('log.test.ts');
  expect(JSON.stringify(told)).not.toMatch(/canary|home|work"/);
});

test('tells nothing of a stack that does not begin with its error', () => {
  const error = Object.assign(new TypeError('later'), { stack: `TypeError: before\n    at ${CANARY}` });
  expect(describeError(error).stack).toBeUndefined();
});

test.each([['AccessDeniedException', 'not authorized'], ['ValidationException', undefined]])('keeps what a service says in %s: %s', (name, reason) => {
  const error = Object.assign(new Error('not authorized'), { name, $metadata: {} });
  expect(describeError(error).reason).toBe(reason);
});

test.each([['forbidden', 'Pinecone: HTTP 401'], ['refused', undefined]])('keeps what a store says where it is %s: %s', (kind, reason) => {
  expect(describeError(Object.assign(new Error('Pinecone: HTTP 401'), { name: 'StoreFailure', kind })).reason).toBe(reason);
});

test.each([undefined, null, 'words', { message: 'words' }])('tells the kind of %j, which is no error', (thrown) => {
  expect(describeError(thrown)).toEqual({ error: typeof thrown });
});
