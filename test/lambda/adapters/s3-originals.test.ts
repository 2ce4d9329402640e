import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Originals } from '../../../lambda/adapters/s3-originals';
import type { Originals } from '../../../lambda/ports/originals';
import { type LocalS3, startS3 } from '../../local/s3/local-s3';

let local: LocalS3;
let originals: Originals;
const put = (Key: string, Body: string, ContentType?: string) => local.client().send(new PutObjectCommand({ Bucket: 'content', Key, Body, ContentType }));
beforeAll(async () => {
  local = await startS3();
  originals = s3Originals(local.client());
});
afterAll(() => local.stop());

test('finds an object, and reads it as long as it is the same', async () => {
  await put('a', 'one', 'text/plain');
  const found = await originals.find('content', 'a');
  expect(found).toEqual({ tag: expect.any(String), bytes: 3, contentType: 'text/plain' });
  expect(new TextDecoder().decode(await originals.read('content', 'a', found!.tag))).toBe('one');
  await put('a', 'two');
  expect(await originals.read('content', 'a', found!.tag)).toBeUndefined();
});

test('finds and reads nothing where there is nothing', async () => {
  expect([await originals.find('content', 'none'), await originals.read('content', 'none', '"x"')]).toEqual([undefined, undefined]);
});

test('says what to do about an object that lies in an archive', async () => {
  const archive = { send: async () => { throw Object.assign(new Error('The operation is not valid'), { name: 'InvalidObjectState', $metadata: { httpStatusCode: 403 } }); } };
  const reading = s3Originals(archive as unknown as S3Client).read('content', 'a', '"x"');
  await expect(reading).rejects.toMatchObject({ name: 'OriginalAway', message: expect.stringContaining('restore it') });
});

test('lists what lies under a prefix behind a key, over all pages, with the tags by which it is found', async () => {
  for (let file = 0; file < 1_005; file++) await put(`p/${String(file).padStart(4, '0')}`, 'x');
  await put('q/1', 'x');
  const listed: string[] = [];
  for await (const { key, tag } of originals.list('content', 'p/', 'p/0002')) {
    listed.push(key);
    if (listed.length === 1) expect(tag).toBe((await originals.find('content', key))!.tag);
  }
  expect([listed.length, listed[0], listed.at(-1)]).toEqual([1_002, 'p/0003', 'p/1004']);
}, 60_000);
