import { CreateIndexCommand } from '@aws-sdk/client-s3vectors';
import { s3VectorsBuckets } from '../../../lambda/adapters/s3-vectors-buckets';
import type { VectorBuckets } from '../../../lambda/ports/vector-buckets';
import { keepEmptied } from '../../../lambda/vector-bucket/empty';
import { type S3VectorsUnderTest, startS3Vectors } from '../stores/s3-vectors';

const BUCKET = 'arn:aws:s3vectors:us-east-1:123456789012:bucket/going';
const properties = { VectorBucketArn: BUCKET, Emptied: 'true' };

/** Time that passes while somebody waits. */
function clock() {
  let now = 0;
  return { now: () => now, pause: async (milliseconds: number) => void (now += milliseconds) };
}

/** A bucket that lists what was dropped for as many calls more. */
function bucketOf(held: string[], lag = 0) {
  const dropped: string[] = [];
  const buckets: VectorBuckets = {
    indexes: async () => (held.length > dropped.length || lag-- > 0 ? held : []),
    drop: async (index) => void dropped.push(index),
  };
  return { dropped, buckets };
}

test.each(['Create', 'Update'])('%s empties nothing, and says which bucket it is', async (RequestType) => {
  const { dropped, buckets } = bucketOf(['one']);
  expect(await keepEmptied({ RequestType, ResourceProperties: properties }, buckets, clock())).toBe(BUCKET);
  expect(dropped).toEqual([]);
});

test('a bucket that goes is emptied until it lists nothing more', async () => {
  const { dropped, buckets } = bucketOf(['one', 'other'], 2);
  expect(await keepEmptied({ RequestType: 'Delete', ResourceProperties: properties }, buckets, clock())).toBe(BUCKET);
  expect(new Set(dropped)).toEqual(new Set(['one', 'other']));
});

test('a bucket that is retained keeps its indexes', async () => {
  const { dropped, buckets } = bucketOf(['one']);
  await keepEmptied({ RequestType: 'Delete', ResourceProperties: { ...properties, Emptied: 'false' } }, buckets, clock());
  expect(dropped).toEqual([]);
});

test('a bucket that is never empty is an error that names an index, and what to do', async () => {
  const { buckets } = bucketOf(['arn:one'], Infinity);
  await expect(keepEmptied({ RequestType: 'Delete', ResourceProperties: properties }, buckets, clock())).rejects.toThrow(/has indexes still, such as 'arn:one': delete them/);
});

test('refuses a resource without a bucket', async () => {
  await expect(keepEmptied({ RequestType: 'Delete', ResourceProperties: {} }, bucketOf([]).buckets, clock())).rejects.toThrow("'VectorBucketArn' must be the ARN of a vector bucket, got 'undefined'");
});

describe('in S3 Vectors', () => {
  let under: S3VectorsUnderTest;
  beforeAll(async () => {
    under = await startS3Vectors();
  });
  afterAll(() => under.close?.());

  const make = (vectorBucketArn: string, indexName: string) => under.client.send(new CreateIndexCommand({
    vectorBucketArn, indexName, dataType: 'float32', dimension: 2, distanceMetric: 'cosine',
  }));

  test('all indexes of the bucket go, page by page, and none of another', async () => {
    const names = Array.from({ length: 600 }, (_, at) => `passages-${at}`);
    for (const name of names) await make(BUCKET, name);
    await make(`${BUCKET}-not`, 'passages-1');
    const buckets = s3VectorsBuckets(under.client);
    await keepEmptied({ RequestType: 'Delete', ResourceProperties: properties }, buckets, clock());
    expect(await buckets.indexes(BUCKET)).toEqual([]);
    expect(await buckets.indexes(`${BUCKET}-not`)).toEqual([`${BUCKET}-not/index/passages-1`]);
    await buckets.drop(`${BUCKET}/index/passages-1`);
  });
});
