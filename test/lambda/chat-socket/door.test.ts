import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { socketDoor } from '../../../lambda/chat-socket/events';
import type { Connection, Connections, KeptRequest, RequestKey, RequestPart } from '../../../lambda/ports/socket';

const NOW = 1_800_000_000_000;

/** The table of connections in memory. */
class FakeConnections implements Connections {
  readonly open_ = new Map<string, Connection>();
  readonly kept = new Map<string, KeptRequest>();
  readonly parts = new Map<string, Map<number, RequestPart>>();
  readonly taken = new Set<string>();

  async open(connection: Connection) { this.open_.set(connection.id, connection); }
  async find(id: string) { return this.open_.get(id); }
  async close(id: string) { this.open_.delete(id); }
  async drop({ owner, id }: RequestKey) { this.kept.delete(`${owner} ${id}`); }

  async keep(request: KeptRequest) {
    const key = `${request.owner} ${request.id}`;
    if (this.taken.has(key)) return false;
    this.kept.set(key, request);
    return true;
  }

  async keepPart(part: RequestPart) {
    const key = `${part.owner} ${part.id}`;
    if (this.taken.has(key)) return 'taken';
    const parts = this.parts.get(key) ?? new Map<number, RequestPart>();
    this.parts.set(key, parts.set(part.part, part));
    return parts.size === part.of ? 'whole' : 'incomplete';
  }
}

function door(caller: 'authorizer' | 'iam' = 'authorizer') {
  const connections = new FakeConnections();
  const calls: RequestKey[] = [];
  const state = { now: NOW, broken: false };
  const answerers = {
    async call(key: RequestKey) {
      if (state.broken) throw new Error('no Lambda today');
      calls.push(key);
    },
  };
  const lines: object[] = [];
  const log = { info: (_: string, fields: object) => lines.push(fields), error: (_: string, fields: object) => lines.push(fields) };
  const handler = socketDoor({ connections, answerers, clock: { now: () => state.now } }, caller, log);
  const event = (eventType: string, more: object, context: object = {}) =>
    handler({ requestContext: { connectionId: 'c1', requestId: 'r', eventType, ...context }, ...more } as APIGatewayProxyWebsocketEventV2);
  const connect = (context: object = { authorizer: { principalId: 'ada', claims: '{"team":"a"}' } }, headers: object = {}) => event('CONNECT', { headers }, context);
  const say = async (message: unknown) => {
    const { statusCode, body } = await event('MESSAGE', { body: typeof message === 'string' ? message : JSON.stringify(message) });
    return { statusCode, ...(body === undefined ? {} : JSON.parse(body) as { type?: string; error?: { code: string; param: string } }) };
  };
  return { connections, calls, state, lines, connect, say, event };
}

const request = { id: 'r1', type: 'chat.completions', body: {} };

test('takes a request in for whom the connection was opened by, and hands on nothing but its key', async () => {
  const { connect, say, calls, connections } = door();
  await connect();
  expect(await say({ ...request, owner: 'eve', caller: 'eve' })).toEqual({ statusCode: 200, id: 'r1', type: 'accepted' });
  expect(calls).toEqual([{ owner: 'ada', id: 'r1' }]);
  expect(connections.kept.get('ada r1')).toMatchObject({ connectionId: 'c1', claims: { team: 'a' } });
});

test('knows those who signed, and people of an identity pool apart from each other', async () => {
  const { connect, connections } = door('iam');
  await connect({ identity: { userArn: 'arn:role', cognitoIdentityId: null } });
  expect(connections.open_.get('c1')?.owner).toBe('arn:role');
  await connect({ identity: { userArn: 'arn:role', cognitoIdentityId: 'us-east-1:ada' } });
  expect(connections.open_.get('c1')?.owner).toBe('us-east-1:ada');
});

test('gives a client back the protocol that it offers', async () => {
  const { connect } = door();
  expect(await connect(undefined, { 'Sec-WebSocket-Protocol': 'chat.v1, bearer.x' })).toEqual({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'chat.v1' } });
  expect(await connect()).toEqual({ statusCode: 200, headers: {} });
});

test('refuses a connection without a caller, and messages on one that is not known or whose token has expired', async () => {
  const { connect, say, state, event } = door();
  expect((await connect({})).statusCode).toBe(401);
  expect(await say(request)).toMatchObject({ type: 'error', status: 401, error: { code: 'unknown_connection' } });
  await connect({ authorizer: { principalId: 'ada', expires: String(NOW / 1000 + 60) } });
  expect(await say(request)).toMatchObject({ type: 'accepted' });
  state.now += 60_000;
  expect(await say({ ...request, id: 'r2' })).toMatchObject({ type: 'error', error: { code: 'expired_token' } });
  await event('DISCONNECT', {});
  expect(await say({ ...request, id: 'r3' })).toMatchObject({ error: { code: 'unknown_connection' } });
});

test('answers a ping by itself', async () => {
  const { say, calls } = door();
  expect(await say({ id: 'p1', type: 'ping' })).toEqual({ statusCode: 200, id: 'p1', type: 'pong' });
  expect(calls).toEqual([]);
});

test('hands a request in parts on when the last has come, in whatever order', async () => {
  const { connect, say, calls } = door();
  await connect();
  for (const part of [2, 0, 0]) expect(await say({ id: 'r1', type: 'part', part, of: 3, text: 'x' })).toEqual({ statusCode: 200 });
  expect(await say({ id: 'r1', type: 'part', part: 1, of: 3, text: 'x' })).toMatchObject({ type: 'accepted' });
  expect(calls).toEqual([{ owner: 'ada', id: 'r1' }]);
});

test('refuses a request that was taken on, and takes one again that was not', async () => {
  const { connect, say, calls, connections } = door();
  await connect();
  await say(request);
  expect(await say(request)).toMatchObject({ type: 'accepted' });
  connections.taken.add('ada r1');
  expect(await say(request)).toMatchObject({ type: 'error', status: 409, error: { code: 'repeated_request' } });
  expect(await say({ id: 'r1', type: 'part', part: 0, of: 2, text: 'x' })).toMatchObject({ status: 409 });
  expect(calls).toHaveLength(2);
});

test('says that a request could not be handed on, and does not keep it', async () => {
  const { connect, say, state, connections } = door();
  await connect();
  state.broken = true;
  expect(await say(request)).toMatchObject({ statusCode: 503, type: 'error', status: 503, error: { code: 'unavailable' } });
  expect(connections.kept.size).toBe(0);
});

test.each<[unknown, string | null]>([
  ['nonsense', null], ['[]', null], [{ type: 'ping' }, 'id'], [{ id: 'a b', type: 'ping' }, 'id'], [{ id: 'x'.repeat(65), type: 'ping' }, 'id'], [{ id: 'a' }, 'type'],
  [{ id: 'a', type: 'part', part: 0, of: 1, text: 'x' }, 'of'], [{ id: 'a', type: 'part', part: 0, of: 201, text: 'x' }, 'of'],
  [{ id: 'a', type: 'part', part: 2, of: 2, text: 'x' }, 'part'], [{ id: 'a', type: 'part', part: 0, of: 2, text: '' }, 'text'],
])('refuses %j', async (message, param) => {
  const { connect, say, lines } = door();
  await connect();
  expect(await say(message)).toMatchObject({ type: 'error', status: 400, error: { param } });
  expect(JSON.stringify(lines)).not.toContain('nonsense');
});
