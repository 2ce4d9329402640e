import * as net from 'net';
import { startAwsEndpoint } from '../../../local/aws/endpoint';
import { AwsReply, AwsService } from '../../../local/aws/service';
import { Denial, Principals } from '../../../local/iam/principals';

const notices: string[] = [];
const denials: Denial[] = [];
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  notices.length = denials.length = 0;
  for (const stop of stops.splice(0)) await stop();
});

async function start(handle: AwsService['handle'], name = 'echo', resource = 'arn:aws:echo:us-east-1:1:thing/a') {
  const principals = new Principals();
  const policies = [{ name: 'P', document: { Statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:echo:*:*:thing/*' } } }];
  principals.add({ accessKeyId: 'KEY', arn: 'arn:aws:iam::1:role/R', policies });
  const service: AwsService = { name, authorizations: () => [{ action: 'echo:Say', resource }], handle };
  const endpoint = await startAwsEndpoint({
    principals,
    services: [service],
    onNotice: (line) => notices.push(line),
    onDenied: (denial) => denials.push(denial),
  });
  stops.push(endpoint.stop);
  return endpoint;
}

const signed = (service = 'echo', key = 'KEY') => ({ authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=00` });
const ok = async (): Promise<AwsReply> => ({ status: 200, body: 'ok' });

test('hands a service its call with what the signature says', async () => {
  let seen: object = {};
  const { url } = await start(async (request) => {
    seen = request;
    return { status: 201, headers: { 'x-thing': '1' }, body: Buffer.from('made') };
  });
  const answer = await fetch(`${url}/a%20b?c=d`, { method: 'PUT', body: 'hello', headers: signed() });
  expect([answer.status, answer.headers.get('x-thing'), await answer.text()]).toEqual([201, '1', 'made']);
  expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen).toMatchObject({ service: 'echo', region: 'eu-west-1', accessKeyId: 'KEY', method: 'PUT', path: '/a%20b?c=d', body: Buffer.from('hello') });
});

test('reads the signature of a presigned URL', async () => {
  const { url } = await start(ok);
  expect((await fetch(`${url}/?X-Amz-Credential=KEY%2F20260101%2Feu-west-1%2Fecho%2Faws4_request`)).status).toBe(200);
});

test('listens on loopback only', async () => {
  expect((await start(ok)).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test('refuses a service that it does not have, aloud', async () => {
  const { url } = await start(ok);
  const answer = await fetch(url, { headers: signed('textract') });
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([404, 'UnknownOperationException']);
  expect((await answer.json()).message).toContain('no service \'textract\' (it has echo)');
  expect(notices).toEqual([expect.stringContaining('textract')]);
});

test('refuses a call without a signature', async () => {
  const { url } = await start(ok);
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([403, 'MissingAuthenticationTokenException']);
});

test('refuses an access key that nobody holds', async () => {
  const { url } = await start(ok);
  const answer = await fetch(url, { headers: signed('echo', 'OTHER') });
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([403, 'UnrecognizedClientException']);
});

test.each<[string, string, Record<string, string>, number, RegExp]>([
  ['REST with JSON', 'echo', {}, 403, /^\{"message":"User: .* is not authorized/],
  ['JSON-RPC', 'echo', { 'x-amz-target': 'Echo.Say' }, 400, /^\{"__type":"AccessDeniedException","message":"User/],
  ['query', 'echo', { 'content-type': 'application/x-www-form-urlencoded' }, 403, /<Code>AccessDenied<\/Code><Message>User/],
  ['S3', 's3', {}, 403, /^<Error><Code>AccessDenied<\/Code>/],
])('denies in the dialect of %s', async (_, service, headers, status, body) => {
  const { url } = await start(ok, service, 'arn:aws:echo:us-east-1:1:other/a');
  const answer = await fetch(url, { method: 'POST', headers: { ...signed(service), ...headers } });
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(body)]);
  expect(denials).toMatchObject([{ action: 'echo:Say', resource: 'arn:aws:echo:us-east-1:1:other/a' }]);
});

test('answers 500 when a service crashes, and tells the terminal where', async () => {
  const { url } = await start(() => { throw new Error('boom'); });
  const answer = await fetch(url, { headers: signed() });
  expect([answer.status, (await answer.json()).message]).toEqual([500, 'the local echo failed: boom']);
  expect(notices[0]).toContain('endpoint.test.ts');
});

test('sends a streamed body as it comes', async () => {
  let release: () => void = () => undefined;
  const { url } = await start(async () => ({
    status: 200,
    body: (async function* () {
      yield Buffer.from('first');
      await new Promise<void>((resolve) => { release = resolve; });
      yield Buffer.from('second');
    })(),
  }));
  const reader = (await fetch(url, { headers: signed() })).body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('first');
  release();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('second');
  expect((await reader.read()).done).toBe(true);
});

test('tells a service when its caller hangs up', async () => {
  let aborted: Promise<void> | undefined;
  const { url } = await start(async ({ signal }) => {
    aborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    return { status: 200, body: (async function* () { for (;;) { yield Buffer.alloc(100_000); await new Promise(setImmediate); } })() };
  });
  const hangUp = new AbortController();
  const { body } = await fetch(url, { headers: signed(), signal: hangUp.signal });
  await body!.getReader().read();
  hangUp.abort();
  await expect(aborted).resolves.toBeUndefined();
});

test('stop cuts open connections and frees the port', async () => {
  const endpoint = await start(async () => ({ status: 200, body: (async function* () { yield Buffer.from('x'); await new Promise(() => undefined); })() }));
  const { body } = await fetch(endpoint.url, { headers: signed() });
  const reader = body!.getReader();
  await reader.read();
  await endpoint.stop();
  await expect(reader.read()).rejects.toThrow();
  const refused = new Promise((resolve) => net.connect(Number(new URL(endpoint.url).port), '127.0.0.1').once('error', resolve));
  await expect(refused).resolves.toMatchObject({ code: 'ECONNREFUSED' });
});
