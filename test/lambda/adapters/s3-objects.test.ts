import { s3Objects } from '../../../lambda/adapters/s3-objects';
import type { Objects } from '../../../lambda/ports/objects';
import { type LocalS3, startS3 } from '../../local/s3/local-s3';

let local: LocalS3;
let objects: Objects;
beforeAll(async () => {
  local = await startS3();
  objects = s3Objects(local.client(), 'content');
});
afterAll(() => local.stop());

test('keeps bytes and what is said of them', async () => {
  await objects.put('a', new Uint8Array([1, 2, 3]), { contentType: 'image/png', labels: { filename: 'Über 100%.png' } });
  const found = await objects.get('a');
  expect(found).toMatchObject({ bytes: 3, contentType: 'image/png', labels: { filename: 'Über 100%.png' } });
  expect([...found!.content]).toEqual([1, 2, 3]);
  expect(await objects.find('a')).toMatchObject({ bytes: 3, labels: { filename: 'Über 100%.png' }, modifiedAt: expect.any(Number) });
});

test('finds nothing where there is nothing', async () => {
  expect([await objects.get('none'), await objects.find('none')]).toEqual([undefined, undefined]);
});

test('does not read what is too large', async () => {
  await objects.put('large', 'x'.repeat(100));
  expect([await objects.get('large', 99), (await objects.get('large', 100))?.bytes]).toEqual([undefined, 100]);
});

test('deletes by key and by prefix, as often as it is asked', async () => {
  await Promise.all(['p/1', 'p/2', 'q/1'].map((key) => objects.put(key, 'x')));
  await objects.delete(['p/1']);
  await objects.delete(['p/1']);
  await objects.delete([]);
  expect([await objects.deleteSome('p/'), await objects.deleteSome('p/'), await objects.find('p/2'), (await objects.find('q/1'))?.bytes]).toEqual([1, 0, undefined, 1]);
});

test('lets somebody put one object there, of a size and under a name that they cannot change', async () => {
  const { url, fields } = await objects.upload('u/1', { contentType: 'text/plain', labels: { filename: 'ü.txt' }, maxBytes: 5, seconds: 60 });
  const send = async (content: string, more: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...more })) form.append(name, value);
    form.append('file', new Blob([content]));
    return (await fetch(url, { method: 'POST', body: form })).status;
  };
  expect([await send('123456'), await send(''), await send('1', { key: 'u/2' }), await send('1', { 'x-amz-meta-filename': 'other' }), await send('12345')]).toEqual([400, 400, 403, 403, 204]);
  expect(await objects.find('u/1')).toMatchObject({ bytes: 5, contentType: 'text/plain', labels: { filename: 'ü.txt' } });
});

test('tells what it may not read from what is not there', async () => {
  await expect(s3Objects(local.client(['*'], ['s3:ListBucket']), 'content').get('a')).rejects.toMatchObject({ name: 'AccessDenied' });
});
