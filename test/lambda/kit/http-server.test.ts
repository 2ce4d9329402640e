import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { runInThisContext } from 'node:vm';
import { bearerOf } from '../../../lambda/kit/bearer';
import { type Call, textOf } from '../../../lambda/kit/call';
import { type Answer, endpoint, json } from '../../../lambda/kit/endpoint';
import { httpServer, type HttpServer } from '../../../lambda/kit/http-server';
import type { LogFields } from '../../../lambda/kit/log';

let running: HttpServer;
let url: string;
let calls: Call[];
let logged: LogFields[];
let route: (call: Call) => Promise<Answer>;

beforeEach(async () => {
  calls = [];
  logged = [];
  route = async () => json({ ok: true });
  const routes = {
    'POST /v1/chat': (call: Call) => {
      calls.push(call);
      return route(call);
    },
  };
  const answer = endpoint(routes, { corsOrigins: ['https://page.example'], exposedHeaders: ['x-request-id'], log: { info: (_, fields) => logged.push(fields), error: () => undefined } });
  const identify = (headers: Call['headers']) => bearerOf(headers, { verify: async (token) => ({ genuine: true, subject: token, claims: {} }) });
  running = httpServer(answer, { routes: Object.keys(routes), identify, read: textOf, corsOrigins: ['https://page.example'], turnMs: 60_000 });
  await once(running.server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(running.server.address() as AddressInfo).port}`;
});

afterEach(() => running.drain(0));

const post = (body = '{}', headers: Record<string, string> = {}) => fetch(`${url}/v1/chat?limit=3`, { method: 'POST', body, headers: { authorization: 'Bearer ada', ...headers } });

test('hands a request on with its verified caller, and says who asked', async () => {
  expect((await post('{"a":1}', { 'x-forwarded-for': '6.6.6.6, 10.0.0.7' })).status).toBe(200);
  expect(calls[0]).toMatchObject({ caller: 'ada', body: '{"a":1}', query: { limit: '3' } });
  expect(logged).toEqual([expect.objectContaining({ route: 'POST /v1/chat', caller: 'ada', ip: '10.0.0.7', status: 200 })]);
});

test('says that it is well, and asks nobody who they are for that', async () => {
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(logged).toEqual([]);
});

test.each([
  ['more than the chat takes', 'x'.repeat(4_300_000), 413],
  ['no text', Buffer.from([0xff, 0xfe]) as never, 400],
])('refuses a body that is %s', async (_, body, status) => {
  expect((await post(body)).status).toBe(status);
});

test('answers what a browser asks before it sends, for pages of known origins', async () => {
  const ask = (origin: string) => fetch(`${url}/v1/chat`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  expect((await ask('https://page.example')).headers.get('access-control-allow-origin')).toBe('https://page.example');
  expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
});

test('streams frames as they come', async () => {
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => { go = resolve; });
  route = async () => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: {
      frames: (async function* () {
        yield 'data: one\n\n';
        await gate;
        yield 'data: two\n\n';
      })(),
      failure: () => 'failed',
    },
  });
  const reader = (await post()).body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('data: one\n\n');
  go();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('data: two\n\n');
});

test('goes on with a turn whose caller hung up', async () => {
  const taken: number[] = [];
  route = async () => ({
    status: 200,
    body: {
      frames: (async function* () {
        for (let at = 0; at < 5; at++) {
          taken.push(at);
          yield 'x'.repeat(10);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })(),
      failure: () => 'failed',
    },
  });
  const caller = connect(Number(new URL(url).port), '127.0.0.1');
  caller.write('POST /v1/chat HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ada\r\ncontent-length: 2\r\n\r\n{}');
  await once(caller, 'data');
  caller.destroy();
  for (let waited = 0; logged.length === 0 && waited < 10_000; waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(taken).toEqual([0, 1, 2, 3, 4]);
  expect(logged).toHaveLength(1);
});

test('goes on when work fails that was left behind while the answer is still told', async () => {
  // That of the machine, which a failure that nobody hears of would end.
  const machine = runInThisContext('process') as NodeJS.Process;
  const unheard = jest.fn();
  machine.on('unhandledRejection', unheard);
  route = async (call) => ({
    status: 200,
    body: {
      frames: (async function* () {
        yield 'one ';
        call.outlast(Promise.reject(new Error('the table is busy')));
        await new Promise((resolve) => setTimeout(resolve, 20));
        yield 'two';
      })(),
      failure: () => 'failed',
    },
  });
  expect(await (await post()).text()).toBe('one two');
  machine.off('unhandledRejection', unheard);
  expect(unheard).not.toHaveBeenCalled();
  expect(logged).toHaveLength(1);
});

test('once told to end finishes what runs, takes nothing new, and is no longer well', async () => {
  let finish: () => void = () => undefined;
  route = () => new Promise((resolve) => { finish = () => resolve(json({ late: true })); });
  const late = post();
  while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const drained = running.drain(10_000);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  finish();
  expect(await (await late).json()).toEqual({ late: true });
  await drained;
});

test('tells turns to end when the time of the task is up', async () => {
  route = (call) => new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(json({ cut: true }))));
  const cut = post();
  while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await running.drain(0);
  expect(await (await cut).json()).toEqual({ cut: true });
});

test('says that a reader has gone, for whatever is done for them alone', async () => {
  let gone = 0;
  route = async (call) => {
    call.away.addEventListener('abort', () => gone++);
    return {
      status: 200,
      body: {
        frames: (async function* () {
          yield 'x';
          while (!call.away.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
        })(),
        failure: () => 'failed',
      },
    };
  };
  const caller = connect(Number(new URL(url).port), '127.0.0.1');
  caller.write('POST /v1/chat HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ada\r\ncontent-length: 2\r\n\r\n{}');
  await once(caller, 'data');
  expect(gone).toBe(0);
  caller.destroy();
  while (logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(gone).toBe(1);
});
