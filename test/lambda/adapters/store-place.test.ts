import { placeOf } from '../../../lambda/adapters/store-place';

test('a place is where chunks lie, and not how they are come by', () => {
  const redis = { kind: 'redis' as const, host: 'one', port: 6379 };
  expect(placeOf({ ...redis, tls: false, secretArn: 'arn:secret' })).toBe(placeOf(redis));
  expect(placeOf({ ...redis, prefix: 'mine_' })).not.toBe(placeOf(redis));
  const bucket = { kind: 's3Vectors' as const, vectorBucketArn: 'arn:bucket' };
  expect(placeOf({ ...bucket, keywordTable: 'words' })).toBe(placeOf(bucket));
  expect(placeOf({ ...bucket, vectorBucketArn: 'arn:other' })).not.toBe(placeOf(bucket));
  const pinecone = { kind: 'pinecone' as const, endpoint: 'https://a.pinecone.io', secretArn: 'arn:secret', words: true, table: 'places' };
  expect(placeOf({ ...pinecone, words: false, secretArn: 'arn:other' })).toBe(placeOf(pinecone));
});
