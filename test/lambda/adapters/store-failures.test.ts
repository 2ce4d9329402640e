import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoKeywords } from '../../../lambda/adapters/dynamo-keywords';
import { s3VectorsTold } from '../../../lambda/adapters/s3-vectors-failure';
import { askedWords } from '../../../lambda/adapters/stored-chunk';
import { isStoreFailure } from '../../../lambda/ports/passage-store';

const failure = (name: string) => Object.assign(new Error('no'), { name });

test.each([['AccessDeniedException', undefined], ['ThrottlingException', 'throttled'], ['ValidationException', 'refused'], ['TimeoutError', 'unavailable']])(
  '%s of a store is told as %s', async (name, kind) => {
    const words = dynamoKeywords({ send: async () => Promise.reject(failure(name)) } as unknown as DynamoDBDocumentClient, { table: 't', index: 'i' });
    const failures = await Promise.all([
      s3VectorsTold(async () => Promise.reject(failure(name))).catch((error: unknown) => error),
      words.search(['leave'], 'acme', new AbortController().signal).catch((error: unknown) => error),
    ]);
    expect(failures.map((error) => isStoreFailure(error) ? error.kind : undefined)).toEqual([kind, kind]);
    // What the role may not do is no failure that passes, nor the caller's.
    if (kind === undefined) expect(failures).toEqual([failure(name), failure(name)]);
  });

test('a question of very many words is looked up by its first', () => {
  const many = Array.from({ length: 300 }, (_, at) => `word${at}`);
  expect(askedWords([...many, ...many].join(' '))).toEqual(many.slice(0, 64));
  expect(askedWords('leave, leave, leaves')).toHaveLength(1);
});
