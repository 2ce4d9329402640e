import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { SignatureV4 } from '@smithy/signature-v4';
import { type LocalS3, startS3 } from './local-s3';

let local: LocalS3;
let client: S3Client;
beforeAll(async () => {
  local = await startS3();
  local.service.createBucket('open', [{ AllowedOrigins: ['https://chat.example.com'], AllowedMethods: ['POST'], AllowedHeaders: ['content-type'], ExposedHeaders: ['ETag'], MaxAge: 60 }]);
  client = local.client(['*']);
});
afterAll(() => local.stop());

const Bucket = 'content';
const presign = (more: Partial<Parameters<typeof createPresignedPost>[1]> = {}) =>
  createPresignedPost(client, { Bucket, Key: 'files/a', Fields: { 'Content-Type': 'text/plain' }, Conditions: [['content-length-range', 1, 10]], Expires: 60, ...more });

async function send({ url, fields }: { url: string; fields: Record<string, string> }, content = 'hello', headers: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([content]), 'a.txt');
  const response = await fetch(url, { method: 'POST', body: form, headers });
  return { status: response.status, error: /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1], headers: response.headers };
}

describe('a form that was signed', () => {
  test('uploads one object', async () => {
    expect(await send(await presign())).toMatchObject({ status: 204 });
    const output = await client.send(new GetObjectCommand({ Bucket, Key: 'files/a' }));
    expect([await output.Body!.transformToString(), output.ContentType]).toEqual(['hello', 'text/plain']);
  });

  test('gives every byte on, whatever it is', async () => {
    const content = Buffer.from([0, 13, 10, 45, 45, 255, 13, 10]);
    const { url, fields } = await presign();
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([content]), 'ü.bin');
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
    expect(Buffer.from(await (await client.send(new GetObjectCommand({ Bucket, Key: 'files/a' }))).Body!.transformToByteArray())).toEqual(content);
  });

  test.each<[string, string, (fields: Record<string, string>) => Record<string, string>, string]>([
    ['more than it allows', 'a'.repeat(11), (fields) => fields, 'EntityTooLarge'],
    ['nothing', '', (fields) => fields, 'EntityTooSmall'],
    ['to another key', 'x', (fields) => ({ ...fields, key: 'files/b' }), 'AccessDenied'],
    ['another type', 'x', (fields) => ({ ...fields, 'Content-Type': 'text/html' }), 'AccessDenied'],
    ['a field that it does not name', 'x', (fields) => ({ ...fields, 'x-amz-meta-owner': 'me' }), 'AccessDenied'],
    ['with a policy of one\'s own', 'x', (fields) => ({ ...fields, Policy: Buffer.from('{"expiration":"2999-01-01T00:00:00Z","conditions":[]}').toString('base64') }), 'SignatureDoesNotMatch'],
    ['without a policy', 'x', ({ Policy: _, ...fields }) => fields, 'AccessDenied'],
  ])('refuses %s', async (_, content, change, error) => {
    const { url, fields } = await presign();
    expect(await send({ url, fields: change(fields) }, content)).toMatchObject({ error });
  });

  test('refuses to be used after its time', async () => {
    expect(await send(await presign({ Expires: -1 }))).toMatchObject({ status: 403, error: 'AccessDenied' });
  });

  test('refuses what its signer may not do', async () => {
    const reader = local.client(['*'], ['s3:GetObject']);
    expect(await send(await createPresignedPost(reader, { Bucket, Key: 'files/a' }))).toMatchObject({ status: 403, error: 'AccessDenied' });
    expect(local.denials.at(-1)).toMatchObject({ action: 's3:PutObject', resource: 'arn:aws:s3:::content/files/a' });
  });
});

describe('a URL that was signed', () => {
  const sign = async (method: string, path: string, expiresIn = 60) => {
    const { host, hostname, port } = new URL(local.url);
    const { credentials, region, sha256 } = client.config;
    const signer = new SignatureV4({ credentials, region, sha256, service: 's3', uriEscapePath: false });
    const { query = {} } = await signer.presign({
      method, protocol: 'http:', hostname, port: Number(port), path, headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }, query: {},
    } as Parameters<typeof signer.presign>[0], { expiresIn });
    const pairs = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
    return `${local.url}${path}?${pairs.join('&')}`;
  };

  test('puts and gets one object', async () => {
    expect((await fetch(await sign('PUT', '/content/link'), { method: 'PUT', body: 'linked' })).status).toBe(200);
    expect(await (await fetch(await sign('GET', '/content/link'))).text()).toBe('linked');
  });

  test.each<[string, () => Promise<Response>, string]>([
    ['for another key', async () => fetch((await sign('GET', '/content/link')).replace('/link?', '/secret?')), 'SignatureDoesNotMatch'],
    ['for another method', async () => fetch(await sign('GET', '/content/link'), { method: 'PUT', body: 'x' }), 'SignatureDoesNotMatch'],
    ['after its time', async () => fetch(await sign('GET', '/content/link', -1)), 'AccessDenied'],
  ])('refuses to be used %s', async (_, use, error) => {
    const response = await use();
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining(`<Code>${error}</Code>`)]);
  });
});

describe('a page of another origin', () => {
  const preflight = (origin: string, method = 'POST') => fetch(`${local.url}/open/`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' } });

  test('may upload where the bucket says so', async () => {
    const response = await preflight('https://chat.example.com');
    expect([response.status, response.headers.get('access-control-allow-origin'), response.headers.get('access-control-max-age')]).toEqual([200, 'https://chat.example.com', '60']);
    const sent = await send(await presign({ Bucket: 'open' }), 'hello', { origin: 'https://chat.example.com' });
    expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([204, 'https://chat.example.com']);
  });

  test('may read why it was refused', async () => {
    const sent = await send(await presign({ Bucket: 'open' }), 'a'.repeat(11), { origin: 'https://chat.example.com' });
    expect([sent.error, sent.headers.get('access-control-allow-origin')]).toEqual(['EntityTooLarge', 'https://chat.example.com']);
  });

  test.each([['from elsewhere', 'https://evil.example', 'POST'], ['with another method', 'https://chat.example.com', 'DELETE']])('is refused %s', async (_, origin, method) => {
    const response = await preflight(origin, method);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });
});
