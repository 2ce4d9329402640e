import type { OpenSearchServerlessClient } from '@aws-sdk/client-opensearchserverless';
import type { S3VectorsClient } from '@aws-sdk/client-s3vectors';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dropIndexWords } from '../../../lambda/adapters/dynamo-index-words';
import { dynamoKeywords } from '../../../lambda/adapters/dynamo-keywords';
import { dynamoNamespaces } from '../../../lambda/adapters/dynamo-namespaces';
import { dynamoPlaces } from '../../../lambda/adapters/dynamo-places';
import { openSearchIndexes } from '../../../lambda/adapters/open-search-indexes';
import { s3VectorsIndexes } from '../../../lambda/adapters/s3-vectors-indexes';
import { s3VectorsPassages } from '../../../lambda/adapters/s3-vectors-passages';
import { askedWords } from '../../../lambda/adapters/stored-chunk';

const failure = (name: string) => Object.assign(new Error('no'), { name });

test.each([['AccessDeniedException', 'forbidden'], ['KmsDisabledException', 'forbidden'], ['ThrottlingException', 'throttled'], ['ValidationException', 'refused'], ['TimeoutError', 'unavailable']])(
  '%s of a store is told as %s', async (name, kind) => {
    const client = { send: async () => Promise.reject(failure(name)) };
    const [tables, options, never] = [client as unknown as DynamoDBDocumentClient, { table: 't', index: 'i' }, new AbortController().signal];
    const index = { name: 'i', dimension: 1, fields: [] };
    const words = dynamoKeywords(tables, options);
    const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['S3 Vectors', () => s3VectorsPassages(client as unknown as S3VectorsClient, 'arn', index).byMeaning({ vector: [1], most: 1 }, never)],
      ['S3 Vectors', () => s3VectorsIndexes(client as unknown as S3VectorsClient, 'arn', { dropWords: async () => ({ done: true }) }).make(index)],
      ['OpenSearch Serverless', () => openSearchIndexes(client as unknown as OpenSearchServerlessClient, async () => Promise.reject(new Error('not asked')), {
        reference: { collectionId: 'c', ownsEngine: true }, dropPlaces: async () => ({ done: true }), now: Date.now, pause: async () => undefined,
      }).make(index)],
      ['the table of words', () => words.search(['leave'], 'acme', never)],
      ['the table of words', () => words.remove(['one'])],
      ['the table of words', () => dropIndexWords(tables, options, never)],
      ['the table of namespaces', () => dynamoNamespaces(tables, options).read(['one'])],
      ['the table of places', () => dynamoPlaces(tables, options).find(['one'])],
      ['the table of places', () => dynamoPlaces(tables, options).write([{ id: 'one', mark: 'm', at: 0 }])],
    ];
    for (const [service, call] of calls) {
      await expect(call()).rejects.toMatchObject({ name: 'StoreFailure', kind, message: `${service}: ${name}: no`, cause: failure(name) });
    }
  });

test('a question of very many words is looked up by its first', () => {
  const many = Array.from({ length: 300 }, (_, at) => `word${at}`);
  expect(askedWords([...many, ...many].join(' '))).toEqual(many.slice(0, 64));
  expect(askedWords('leave, leave, leaves')).toHaveLength(1);
});
