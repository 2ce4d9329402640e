import { Readable } from 'node:stream';
import {
  DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListBucketsCommand, ListObjectsV2Command, paginateListObjectsV2,
  PutObjectCommand, type S3Client,
} from '@aws-sdk/client-s3';
import { type LocalS3, startS3 } from './local-s3';

let local: LocalS3;
let client: S3Client;
beforeAll(async () => {
  local = await startS3();
  client = local.client();
});
afterAll(() => local.stop());

const Bucket = 'content';
const put = (Key: string, Body: string | Uint8Array | Readable, more: object = {}) => client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const text = async (Key: string, more: object = {}) => (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body!.transformToString();

test.each([
  ['a text', 'grün'],
  ['bytes', new Uint8Array([0, 255, 13, 10, 0])],
])('gives back %s as it came, with its checksum', async (_, body) => {
  const { ETag, ChecksumCRC32 } = await put('a/ü +%?#.txt', body, { ContentType: 'text/plain', Metadata: { name: 'x' } });
  const output = await client.send(new GetObjectCommand({ Bucket, Key: 'a/ü +%?#.txt' }));
  expect(Buffer.from(await output.Body!.transformToByteArray())).toEqual(Buffer.from(body));
  expect(output).toMatchObject({ ETag, ChecksumCRC32, ContentType: 'text/plain', Metadata: { name: 'x' } });
  expect(ChecksumCRC32).toBeTruthy();
});

test('takes a stream as SDK clients send it: in chunks, the checksum behind', async () => {
  const large = Buffer.alloc(300_000, 'ab\r\n');
  await put('stream', Readable.from([large.subarray(0, 100_001), large.subarray(100_001)]), { ContentLength: large.length });
  expect(await text('stream')).toBe(large.toString());
  expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'stream' }))).ContentEncoding).toBeUndefined();
});

test('refuses content that is not what its checksum says', async () => {
  await expect(put('bad', 'text', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(text('bad')).rejects.toMatchObject({ name: 'NoSuchKey' });
});

test('reads a range, its end and its beginning', async () => {
  await put('range', '0123456789');
  expect([await text('range', { Range: 'bytes=2-4' }), await text('range', { Range: 'bytes=7-' }), await text('range', { Range: 'bytes=-2' })]).toEqual(['234', '789', '89']);
  expect(await client.send(new GetObjectCommand({ Bucket, Key: 'range', Range: 'bytes=2-40' }))).toMatchObject({ ContentRange: 'bytes 2-9/10', ContentLength: 8 });
  await expect(text('range', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
});

test('keeps the first of two writers that both want to be first', async () => {
  await put('once', 'first', { IfNoneMatch: '*' });
  await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  const { ETag } = await put('once', 'third', { IfMatch: (await client.send(new HeadObjectCommand({ Bucket, Key: 'once' }))).ETag });
  await expect(put('once', 'fourth', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'once', IfNoneMatch: ETag }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  expect(await text('once')).toBe('third');
});

test('deletes one, many, and what is not there', async () => {
  await Promise.all(['d/1', 'd/2', 'd/3 & <4>'].map((key) => put(key, key)));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'd/1' }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'd/1' }));
  const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'd/2' }, { Key: 'd/3 & <4>' }] } }));
  expect(Deleted?.map(({ Key }) => Key)).toEqual(['d/2', 'd/3 & <4>']);
  expect((await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'd/' }))).KeyCount).toBe(0);
});

test('lists by prefix, in pages and in groups', async () => {
  const keys = ['l/a', 'l/b/1', 'l/b/2', 'l/c & d', 'l/é'];
  await Promise.all(keys.map((key) => put(key, 'x')));
  const found: string[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Prefix: 'l/' })) found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
  expect(found).toEqual(keys);
  const groups = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', Delimiter: '/' }));
  expect([groups.Contents?.map(({ Key }) => Key), groups.CommonPrefixes]).toEqual([['l/a', 'l/c & d', 'l/é'], [{ Prefix: 'l/b/' }]]);
});

test('says what is missing as S3 does', async () => {
  await expect(text('nowhere')).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
  await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'nowhere' }))).rejects.toMatchObject({ name: 'NotFound' });
  await expect(local.client(['*']).send(new GetObjectCommand({ Bucket: 'other', Key: 'x' }))).rejects.toMatchObject({ name: 'NoSuchBucket' });
});

test('hides from those who may not list whether an object is there', async () => {
  const reader = local.client(['arn:aws:s3:::content/files/*'], ['s3:GetObject']);
  await expect(reader.send(new GetObjectCommand({ Bucket, Key: 'files/none' }))).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  expect(local.denials.at(-1)).toMatchObject({ action: 's3:ListBucket', resource: 'arn:aws:s3:::content' });
});

test.each([
  ['another key', (reader: S3Client) => reader.send(new GetObjectCommand({ Bucket, Key: 'secret' })), 's3:GetObject'],
  ['another action', (reader: S3Client) => reader.send(new PutObjectCommand({ Bucket, Key: 'files/a', Body: 'x' })), 's3:PutObject'],
  ['one of many keys', (reader: S3Client) => reader.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'files/a' }, { Key: 'b' }] } })), 's3:DeleteObject'],
])('refuses %s to a role that was not granted it', async (_, act, action) => {
  await put('secret', 'x');
  await expect(act(local.client(['arn:aws:s3:::content/files/*'], ['s3:GetObject', 's3:DeleteObject'].filter((one) => one !== action || action !== 's3:PutObject')))).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(local.denials.at(-1)).toMatchObject({ action });
});

test('refuses aloud what it does not know', async () => {
  await expect(client.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'NotImplemented' });
  await expect(put('acl', 'x', { ACL: 'public-read' })).rejects.toMatchObject({ name: 'NotImplemented' });
});
