import {
  CreateIndexCommand, DeleteIndexCommand, DeleteVectorsCommand, GetIndexCommand, GetVectorsCommand,
  ListIndexesCommand, ListVectorBucketsCommand, ListVectorsCommand, paginateListVectors, PutVectorsCommand, QueryVectorsCommand, S3VectorsClient,
} from '@aws-sdk/client-s3vectors';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/aws/endpoint';
import { Principals } from '../../../local/iam/principals';
import { s3Vectors } from '../../../local/s3vectors/service';

const indexArn = 'arn:aws:s3vectors:us-east-1:123456789012:bucket/docs/index/chunks';
let endpoint: AwsEndpoint;
let client: S3VectorsClient;
let reader: S3VectorsClient;

beforeAll(async () => {
  const vectors = s3Vectors();
  vectors.createIndexes([{ arn: indexArn, dimension: 2, metric: 'cosine', nonFilterableKeys: ['text'] }]);
  const principals = new Principals();
  const role = (accessKeyId: string, Action: string[]) => principals.add({
    accessKeyId, arn: `arn:aws:iam::123456789012:role/${accessKeyId}`, policies: [{ name: 'p', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] } }],
  } as Parameters<Principals['add']>[0]);
  role('AKIAALL', ['s3vectors:*']);
  role('AKIAQUERY', ['s3vectors:QueryVectors']);
  endpoint = await startAwsEndpoint({ services: [vectors], principals, onNotice: () => undefined });
  const open = (accessKeyId: string) => new S3VectorsClient({ endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey: 'x' }, maxAttempts: 1 });
  [client, reader] = [open('AKIAALL'), open('AKIAQUERY')];
  const put = (key: string, float32: number[], metadata: object) => ({ key, data: { float32 }, metadata: metadata as Record<string, string> });
  await client.send(new PutVectorsCommand({
    indexArn,
    vectors: [put('a', [1, 0], { kind: 'memo', year: 2023, tags: ['x', 'y'], text: 'long' }), put('b', [1, 1], { kind: 'report', year: 2024, draft: true }), put('c', [0, 1], {})],
  }));
});
afterAll(() => {
  client.destroy();
  reader.destroy();
  return endpoint.stop();
});

const query = async (filter?: object, more: object = {}) => (await client.send(new QueryVectorsCommand({
  indexArn, topK: 10, queryVector: { float32: [1, 0] }, filter: filter as Record<string, string>, ...more,
}))).vectors!;

test('the nearest are found, with what is asked for of them', async () => {
  expect(await query(undefined, { returnDistance: true })).toEqual([
    { key: 'a', distance: 0 }, { key: 'b', distance: expect.closeTo(1 - Math.SQRT1_2, 5) }, { key: 'c', distance: 1 },
  ]);
  expect(await query(undefined, { topK: 1, returnMetadata: true })).toEqual([{ key: 'a', metadata: { kind: 'memo', year: 2023, tags: ['x', 'y'], text: 'long' } }]);
  const byName = await client.send(new QueryVectorsCommand({ vectorBucketName: 'docs', indexName: 'chunks', topK: 1, queryVector: { float32: [0, 1] } }));
  expect(byName).toMatchObject({ distanceMetric: 'cosine', vectors: [{ key: 'c' }] });
});

test.each<[object, string]>([
  [{ kind: 'memo' }, 'a'], [{ kind: { $ne: 'memo' } }, 'b'], [{ tags: { $eq: 'y' } }, 'a'], [{ tags: { $in: ['q', 'x'] } }, 'a'], [{ year: { $gt: 2023 } }, 'b'], [{ year: { $gte: 2023, $lt: 2024 } }, 'a'],
  [{ year: { $lte: 2023 } }, 'a'], [{ year: { $nin: [2023] } }, 'b'], [{ year: { $exists: false } }, 'c'], [{ $or: [{ draft: true }, { tags: 'x' }] }, 'ab'], [{ $and: [{ draft: true }, { tags: 'x' }] }, ''],
  [{ kind: 'memo', year: 2024 }, ''],
])('the filter %j finds %p', async (filter, keys) => expect((await query(filter)).map(({ key }) => key).join('')).toBe(keys));

test.each<[object, string]>([
  [{ text: 'long' }, 'non-filterable'], [{ kind: { $like: 'm' } }, 'unknown operator'], [{ $not: [{ kind: 'x' }] }, 'unknown operator'], [{ year: { $gt: '2023' } }, 'must have a number'],
  [{ kind: { $in: [] } }, 'non-empty array'], [{ $or: [] }, 'non-empty array'], [{}, 'at least one key'],
])('refuses the filter %j', async (filter, message) => {
  await expect(query(filter)).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) });
});

test('vectors are given by their keys, listed in pages, and deleted', async () => {
  await client.send(new PutVectorsCommand({ indexArn, vectors: ['d', 'e'].map((key) => ({ key, data: { float32: [0.5, -1] } })) }));
  const { vectors } = await client.send(new GetVectorsCommand({ indexArn, keys: ['d', 'none'], returnData: true }));
  expect(vectors).toEqual([{ key: 'd', data: { float32: [0.5, -1] } }]);
  const pages: string[] = [];
  for await (const page of paginateListVectors({ client, pageSize: 2 }, { indexArn })) pages.push(page.vectors!.map(({ key }) => key).join(''));
  expect(pages).toEqual(['ab', 'cd', 'e']);
  await client.send(new DeleteVectorsCommand({ indexArn, keys: ['d', 'e', 'none'] }));
  expect((await client.send(new ListVectorsCommand({ indexArn }))).vectors).toHaveLength(3);
});

test.each<[string, object[], string]>([
  ['of another length', [{ key: 'x', data: { float32: [1] } }], 'must have length 2'],
  ['of zeros', [{ key: 'x', data: { float32: [0, 0] } }], 'no cosine distance'],
  ['without a key', [{ key: '', data: { float32: [1, 0] } }], '1 to 1024 characters'],
  ['twice', [1, 2].map(() => ({ key: 'x', data: { float32: [1, 0] } })), 'two vectors under the same key'],
  ['over 500', Array.from({ length: 501 }, (_, at) => ({ key: `${at}`, data: { float32: [1, 0] } })), 'must have 1 to 500 members'],
  ['described by more than can be filtered', [{ key: 'x', data: { float32: [1, 0] }, metadata: { kind: 'x'.repeat(2_048) } }], 'at most 2048 bytes'],
  ['described by too much', [{ key: 'x', data: { float32: [1, 0] }, metadata: { text: 'x'.repeat(40_960) } }], 'at most 40960 bytes'],
  ['described by an object', [{ key: 'x', data: { float32: [1, 0] }, metadata: { kind: { a: 1 } } }], 'must be a string, a number'],
])('refuses vectors %s, and puts none of them', async (_, vectors, message) => {
  await expect(client.send(new PutVectorsCommand({ indexArn, vectors: [{ key: 'first', data: { float32: [1, 0] } }, ...vectors] as never }))).rejects.toMatchObject({
    name: 'ValidationException', message: expect.stringContaining(message),
  });
  expect((await client.send(new GetVectorsCommand({ indexArn, keys: ['first'] }))).vectors).toEqual([]);
});

test('refuses more than the service gives, and an index that is not there', async () => {
  await expect(query(undefined, { topK: 101 })).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(client.send(new GetVectorsCommand({ indexArn, keys: Array.from({ length: 101 }, String) }))).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(client.send(new GetVectorsCommand({ indexArn: `${indexArn}2`, keys: ['a'] }))).rejects.toMatchObject({ name: 'NotFoundException' });
  await expect(client.send(new ListVectorBucketsCommand({}))).rejects.toThrow('has indexes and vectors only');
});

test('a query that filters, or shows metadata, needs the right to get vectors too', async () => {
  const ask = (more: object) => reader.send(new QueryVectorsCommand({ indexArn, topK: 1, queryVector: { float32: [1, 0] }, ...more }));
  expect((await ask({ returnDistance: true })).vectors).toHaveLength(1);
  for (const more of [{ returnMetadata: true }, { filter: { kind: 'memo' } }]) await expect(ask(more)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

describe('indexes', () => {
  const bucket = 'arn:aws:s3vectors:us-east-1:123456789012:bucket/docs';
  const wanted = { vectorBucketArn: bucket, indexName: 'made', dataType: 'float32', dimension: 3, distanceMetric: 'cosine', metadataConfiguration: { nonFilterableMetadataKeys: ['text'] } } as const;
  const made = { ...wanted, metadataConfiguration: { nonFilterableMetadataKeys: ['text'] } };

  test('are made, told of and deleted with what they hold', async () => {
    expect(await client.send(new CreateIndexCommand(made))).toMatchObject({ indexArn: `${bucket}/index/made` });
    await expect(client.send(new CreateIndexCommand(made))).rejects.toMatchObject({ name: 'ConflictException' });
    const { index } = await client.send(new GetIndexCommand({ indexArn: `${bucket}/index/made` }));
    expect(index).toMatchObject({ vectorBucketName: 'docs', indexName: 'made', dimension: 3, distanceMetric: 'cosine', metadataConfiguration: { nonFilterableMetadataKeys: ['text'] } });
    for (const one of [{ vectorBucketName: 'docs' }, { vectorBucketArn: bucket }]) {
      const { indexes = [] } = await client.send(new ListIndexesCommand(one));
      expect(indexes.map(({ indexName }) => indexName)).toContain('made');
    }
    const { indexes: others } = await client.send(new ListIndexesCommand({ vectorBucketName: 'doc' }));
    expect(others).toEqual([]);
    await expect(client.send(new ListIndexesCommand({}))).rejects.toMatchObject({ name: 'ValidationException' });
    await client.send(new DeleteIndexCommand({ vectorBucketName: 'docs', indexName: 'made' }));
    await expect(client.send(new GetIndexCommand({ indexArn: `${bucket}/index/made` }))).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(client.send(new DeleteIndexCommand({ indexArn: `${bucket}/index/made` }))).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test.each<[string, object, string]>([
    ['a name with _', { indexName: 'made_twice' }, "'indexName' must have"], ['too many numbers', { dimension: 5_000 }, "'dimension' must be"],
    ['another distance', { distanceMetric: 'dot' }, "'distanceMetric' must be"], ['another type', { dataType: 'int8' }, "'dataType' must be"],
  ])('refuses %s', async (_, change, message) => {
    await expect(client.send(new CreateIndexCommand({ ...made, ...change }))).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) });
  });

  test('are made by those alone who may', async () => {
    await expect(reader.send(new CreateIndexCommand(made))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
