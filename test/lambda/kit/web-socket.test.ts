import { json, type Endpoint, type Route, endpoint } from '../../../lambda/kit/endpoint';
import { webSocket } from '../../../lambda/kit/web-socket';
import { Gone, type SocketRequests } from '../../../lambda/ports/socket';

const context = { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => 60_000 };
const lines: [string, object][] = [];
const note = (message: string, fields: object) => lines.push([message, fields]);
const log = { info: note, error: note };

/** Requests in memory: each is taken once. */
function requestsOf(text: unknown): SocketRequests & { forgotten: number } {
  let taken: string | undefined;
  return {
    forgotten: 0,
    async take(_, by) {
      taken ??= by;
      return taken === by ? { connectionId: 'c1', claims: { team: 'a' }, text: typeof text === 'string' ? text : JSON.stringify(text) } : undefined;
    },
    async forget() { this.forgotten++; },
  };
}

async function run(text: unknown, routes: Record<string, Route>, { goneAfter = Infinity, silenceMs }: { goneAfter?: number; silenceMs?: number } = {}) {
  lines.length = 0;
  const sent: { connection: string; message: any }[] = [];
  let attempts = 0;
  const requests = requestsOf(text);
  const answer: Endpoint = endpoint(routes, { corsOrigins: [], exposedHeaders: [], log });
  const handler = webSocket(answer, Object.keys(routes), {
    requests,
    log,
    silenceMs,
    wire: async () => ({
      async post(connection, message) {
        attempts++;
        if (sent.length >= goneAfter) throw new Gone();
        sent.push({ connection, message: JSON.parse(message) as unknown });
      },
    }),
  });
  await handler({ owner: 'ada', id: 'r1' }, context);
  return { sent: sent.map(({ message }) => message as Record<string, unknown>), attempts: () => attempts, requests, handler, lines };
}

const streamed = (frames: string[], between: () => Promise<unknown> = async () => undefined): Route => async (call) => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream', 'x-conversation-id': call.caller },
  body: {
    frames: (async function* () {
      for (const frame of frames) {
        await between();
        yield frame;
      }
    })(),
    failure: () => 'data: {"error":{}}\n\n',
  },
});

test('sends a stream as it comes: a start, events under their ids, an end', async () => {
  const { sent, requests } = await run({ id: 'r1', type: 'chat.completions', body: { stream: true } }, {
    'POST /v1/chat/completions': streamed(['id: t.0\ndata: {"x":1}\n\n', 'id: t.1\ndata: {"x":2}\n\ndata: [DONE]\n\n'], () => new Promise(setImmediate)),
  });
  expect(sent[0]).toEqual({ id: 'r1', n: 0, type: 'start', status: 200, headers: { 'x-request-id': 'lambda-1', 'x-conversation-id': 'ada' } });
  expect(sent.slice(1, -1).flatMap(({ events }) => events)).toEqual([{ id: 't.0', data: { x: 1 } }, { id: 't.1', data: { x: 2 } }]);
  expect(sent.at(-1)).toEqual({ id: 'r1', n: sent.length - 1, type: 'end', complete: true });
  expect(requests.forgotten).toBe(1);
});

test.each<[object, object]>([
  [{ type: 'resume', conversation_id: 'trip 1', last_event_id: 't.3' }, { route: 'stream', path: { id: 'trip 1' }, read: 't.3' }],
  [{ type: 'request', method: 'GET', path: '/v1/conversations?limit=3', headers: { 'X-A': 'b' } }, { route: 'list', query: { limit: '3' }, header: 'b' }],
])('asks for the same things as the HTTP API: %j', async (message, expected) => {
  const { sent } = await run({ id: 'r1', ...message }, {
    'GET /v1/conversations/{id}/stream': async ({ path, headers }) => json({ route: 'stream', path, read: headers['last-event-id'] }),
    'GET /v1/conversations': async ({ query, headers }) => json({ route: 'list', query, header: headers['x-a'] }),
  });
  expect(sent).toEqual([expect.objectContaining({ id: 'r1', n: 0, type: 'response', status: 200, body: expected })]);
});

test('goes on with an answer whose reader is gone, and sends nothing more', async () => {
  let made = 0;
  const { sent, attempts } = await run({ id: 'r1', type: 'chat.completions' }, {
    'POST /v1/chat/completions': streamed(Array.from({ length: 50 }, (_, index) => `data: {"x":${index}}\n\n`), async () => {
      made++;
      await new Promise(setImmediate);
    }),
  }, { goneAfter: 3 });
  expect([sent.length, attempts(), made]).toEqual([3, 4, 50]);
  expect(lines.filter(([message]) => message === 'connection lost')).toHaveLength(1);
});

test('answers a request once, however often Lambda hands it on', async () => {
  const { handler, sent } = await run({ id: 'r1', type: 'request', method: 'GET', path: '/v1/models' }, { 'GET /v1/models': async () => json({ data: [] }) });
  await handler({ owner: 'ada', id: 'r1' }, context);
  expect(sent).toHaveLength(1);
});

test('says that it is at work where it has nothing else to say', async () => {
  const { sent } = await run({ id: 'r1', type: 'chat.completions' }, {
    'POST /v1/chat/completions': streamed(['data: {}\n\n'], () => new Promise((resolve) => setTimeout(resolve, 120))),
  }, { silenceMs: 25 });
  expect(sent.filter(({ type }) => type === 'working').length).toBeGreaterThanOrEqual(2);
  expect(sent[0]).toEqual({ id: 'r1', type: 'working' });
});

test.each<[unknown, string]>([
  [{ type: 'chat' }, 'type'], [{ type: 'stop' }, 'conversation_id'], [{ type: 'stop', conversation_id: '\ud800' }, 'conversation_id'], [{ type: 'request', method: 'GET' }, 'path'], [{ type: 'chat.completions', headers: { a: 1 } }, 'headers'],
])('refuses %j', async (message, param) => {
  const { sent } = await run(message, {});
  expect(sent).toEqual([{ id: 'r1', n: 0, type: 'error', status: 400, headers: expect.anything(), error: expect.objectContaining({ param, type: 'invalid_request_error' }) }]);
});

test('refuses parts that do not make a message, and an address that leads nowhere', async () => {
  expect((await run('{"id":', {})).sent[0]).toMatchObject({ type: 'error', status: 400, error: { code: 'invalid_json' } });
  expect((await run({ type: 'request', method: 'GET', path: '/v2' }, {})).sent[0]).toMatchObject({ type: 'error', status: 404, error: { code: 'unknown_url' } });
});
