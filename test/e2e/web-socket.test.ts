import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignatureV4 } from '@smithy/signature-v4';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import WebSocket from 'ws';
import { Sha256 } from './sha256';
import { SocketClient, type SocketMessage } from './socket-client';
import { ApiAuth, ChatbotApi, Transport } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';
import { firstScreen } from '../../local/screen';

type User = 'user-a' | 'user-b';

const CUTS = 20;
const words = (count: number) => `Say after me: ${Array.from({ length: count }, (_, index) => `word${index} 😀`).join(' ')}`;
const turn = (content: string, more: object = {}) => ({ type: 'chat.completions', body: { messages: [{ role: 'user', content }], stream: true, max_tokens: 4_000, ...more } });
const events = (messages: SocketMessage[]) => messages.flatMap((message) => message.events ?? []);
const said = (list: readonly { data: any }[]) => list.map(({ data }) => data.choices?.[0]?.delta.content ?? '').join('');

describe('a chat over a WebSocket API', () => {
  const assembly = mkdtempSync(join(tmpdir(), 'web-socket-'));
  const clients: SocketClient[] = [];
  let cloud: LocalCloud;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const define = (name: string, auth: ApiAuth) => {
      const stack = new Stack(app, name);
      new CfnOutput(stack, 'Url', { value: new ChatbotApi(stack, 'Chat', { auth, transport: Transport.webSocket() }).url });
    };
    define('Users', ApiAuth.cognito());
    define('Signers', ApiAuth.iam());
    app.synth();
    // Slow enough that a turn is cut, stopped and outlives what API Gateway waits for: a second here stands for 29.
    cloud = await startCloud({ assembly, wordGapMs: 4, socketLimits: { integrationMs: 1_000 } });
  }, 90_000);

  afterAll(async () => {
    clients.forEach(({ socket }) => socket.terminate());
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const url = () => cloud.outputs.Users.Url;
  const token = (user: User) => cloud.session.pools.Users[user];
  async function connect(user: User = 'user-a'): Promise<SocketClient> {
    const client = await SocketClient.open(url(), ['chat.v1', `bearer.${token(user)}`]);
    clients.push(client);
    return client;
  }

  async function stored(client: SocketClient, conversation: string) {
    const [{ body }] = (await client.answer(client.ask({ type: 'request', method: 'GET', path: `/v1/conversations/${conversation}` }))).filter(({ type }) => type === 'response');
    return (body as { messages: { role: string; content: string; stopped?: boolean }[] }).messages;
  }

  const bills = (conversationTokens: (tokens: number) => boolean) => cloud.logs.filter(({ line }) => line.startsWith('{"_aws"') && line.includes('"OutputTokens"') && conversationTokens((JSON.parse(line) as { OutputTokens: number }).OutputTokens));

  test('streams OpenAI\'s chunks under the id of the request, each under its own', async () => {
    const client = await connect();
    expect(client.socket.protocol).toBe('chat.v1');
    const id = client.ask(turn('Hello there', { conversation_id: 'first', stream_options: { include_usage: true } }));
    const messages = await client.answer(id);
    const list = events(messages);
    expect(messages.map(({ type }) => type)).toEqual(expect.arrayContaining(['accepted', 'start', 'events', 'end']));
    expect(messages.at(-1)).toMatchObject({ type: 'end', complete: true });
    expect(messages.find(({ type }) => type === 'start')?.headers).toMatchObject({ 'x-conversation-id': 'first', 'x-request-id': expect.any(String) });
    expect(list[0].data).toMatchObject({ object: 'chat.completion.chunk', choices: [{ delta: { role: 'assistant' } }] });
    expect(list.at(-1)?.data.usage).toMatchObject({ completion_tokens: expect.any(Number) });
    expect(new Set(list.map((event) => event.id)).size).toBe(list.length);
    expect(said(list)).toBe((await stored(client, 'first'))[1].content);
    expect(Math.max(...client.frames)).toBeLessThanOrEqual(32 * 1024);
  });

  test('answers whole where no stream is asked for, and carries the rest of the HTTP API', async () => {
    const client = await connect();
    const whole = (await client.answer(client.ask({ type: 'chat.completions', body: { messages: [{ role: 'user', content: 'Hi' }] } }))).at(-1);
    expect(whole).toMatchObject({ type: 'response', status: 200, body: { object: 'chat.completion' } });
    const list = (await client.answer(client.ask({ type: 'request', method: 'GET', path: '/v1/conversations?limit=5' }))).at(-1);
    expect(list?.body).toMatchObject({ object: 'list' });
    const missing = (await client.answer(client.ask({ type: 'request', method: 'GET', path: '/v1/conversations/never' }))).at(-1);
    expect(missing).toMatchObject({ type: 'error', status: 404, error: { code: 'conversation_not_found' } });
    const wrong = (await client.answer(client.ask({ type: 'chat.completions', body: { messages: [] } }))).at(-1);
    expect(wrong).toMatchObject({ type: 'error', status: 400, error: { param: 'messages' } });
    client.socket.send(JSON.stringify({ id: 'alive', type: 'ping' }));
    expect((await client.until('alive', (messages) => messages.length > 0))[0].type).toBe('pong');
  });

  test('ends with the exact text, once, wherever the connection was cut', async () => {
    let client = await connect();
    let id = client.ask(turn(words(500), { conversation_id: 'dropped', stream_options: { include_usage: true } }));
    const list: { id?: string; data: any }[] = [];
    for (let cuts = 0; ; cuts++) {
      const enough = cuts < CUTS ? 1 + Math.floor(Math.random() * 6) : Infinity;
      const messages = await client.until(id, (sofar) => sofar.filter(({ type }) => type === 'events').length >= enough || sofar.some(({ type }) => type === 'end' || type === 'error'));
      client.socket.terminate();
      list.push(...events(messages));
      expect(messages.filter(({ type }) => type === 'error')).toEqual([]);
      if (messages.some(({ complete }) => complete)) break;
      client = await connect();
      id = client.ask({ type: 'resume', conversation_id: 'dropped', last_event_id: list.at(-1)?.id });
    }
    const reader = await connect();
    const [, answer] = await stored(reader, 'dropped');
    expect(answer.content).toContain('word499 😀');
    expect(said(list)).toBe(answer.content);
    expect(new Set(list.map((event) => event.id)).size).toBe(list.length);
    expect(list.filter(({ data }) => data.choices[0]?.delta.role)).toHaveLength(1);
    expect(list.filter(({ data }) => data.usage)).toHaveLength(1);
  }, 120_000);

  test('outlives what API Gateway waits for, and keeps one bill of a turn whose client is gone', async () => {
    const client = await connect();
    const id = client.ask(turn(words(700), { conversation_id: 'gone' }));
    await client.until(id, (messages) => events(messages).length > 20);
    const begun = Date.now();
    client.socket.terminate();
    await cloud.waitForLog(({ line }) => line.includes('connection lost'), 20_000);
    const reader = await connect();
    let messages: Awaited<ReturnType<typeof stored>> | undefined;
    while (!messages) messages = await stored(reader, 'gone').catch(() => undefined);
    expect(Date.now() - begun).toBeGreaterThan(1_500);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(messages[1].content).toContain('word699 😀');
    await cloud.waitForLog(({ line }) => line.includes('"OutputTokens"') && (JSON.parse(line) as { OutputTokens: number }).OutputTokens > 2_000);
    expect(bills((tokens) => tokens > 2_000)).toHaveLength(1);
    expect(cloud.deadLetters).toEqual([]);
  }, 60_000);

  test('stops a turn, and refuses a second one meanwhile', async () => {
    const client = await connect();
    const id = client.ask(turn(words(600), { conversation_id: 'stopped' }));
    await client.until(id, (messages) => events(messages).length > 20);
    const second = (await client.answer(client.ask(turn('And this?', { conversation_id: 'stopped' })))).at(-1);
    expect(second).toMatchObject({ type: 'error', status: 409, error: { code: 'conversation_busy' }, headers: { 'retry-after': '2' } });
    const stop = (await client.answer(client.ask({ type: 'stop', conversation_id: 'stopped' }))).at(-1);
    expect(stop).toMatchObject({ type: 'response', status: 200, body: { object: 'conversation.stop', stopped: true } });
    const list = events(await client.answer(id));
    expect(list.at(-1)?.data).toMatchObject({ stopped: true, choices: [{ finish_reason: 'stop' }] });
    expect(said(list)).not.toContain('word599');
    expect((await stored(client, 'stopped'))[1]).toMatchObject({ content: said(list), stopped: true });
  }, 60_000);

  test('takes a request once, whoever sends it again', async () => {
    const client = await connect();
    const id = randomUUID();
    client.ask(turn('Only once', { conversation_id: 'once' }), id);
    await client.answer(id);
    const again = await connect();
    again.ask(turn('Only once', { conversation_id: 'once' }), id);
    expect((await again.answer(id)).at(-1)).toMatchObject({ type: 'error', status: 409, error: { code: 'repeated_request' } });
    expect(await stored(client, 'once')).toHaveLength(2);
    // The same id of somebody else is another request.
    const other = await connect('user-b');
    other.ask(turn('Mine', { conversation_id: 'once' }), id);
    expect((await other.answer(id)).at(-1)).toMatchObject({ type: 'end', complete: true });
  });

  test('keeps users apart: their conversations, and their connections', async () => {
    const [client, other] = [await connect(), await connect('user-b')];
    const id = client.ask(turn('A secret of mine', { conversation_id: 'private' }));
    await client.answer(id);
    for (const message of [{ type: 'resume', conversation_id: 'private' }, { type: 'stop', conversation_id: 'private' }, { type: 'request', method: 'GET', path: '/v1/conversations/private' }]) {
      expect((await other.answer(other.ask(message))).at(-1)).toMatchObject({ type: 'error', status: 404 });
    }
    // What a message says of its sender is not heard.
    const owner = { ...turn('I am somebody else'), owner: 'user-a', caller: 'user-a', connection: 'x', headers: { 'authorization': `Bearer ${token('user-a')}`, 'x-conversation-id': 'private' } };
    await other.answer(other.ask(owner));
    expect(await stored(client, 'private')).toHaveLength(2);
    expect(client.messages.filter((message) => message.id !== id && message.type === 'events')).toEqual([]);
  });

  test('carries what is longer than a frame in parts, both ways', async () => {
    const client = await connect();
    const long = `${'語😀"\\'.repeat(9_000)} the end`;
    const id = client.ask(turn('Read this.', { conversation_id: 'long', messages: [{ role: 'user', content: long }], max_tokens: 50 }));
    expect((await client.answer(id)).at(-1)).toMatchObject({ type: 'end', complete: true });
    const [message] = await stored(client, 'long');
    expect(message.content).toBe(long);
    expect(Math.max(...client.frames)).toBeLessThanOrEqual(32 * 1024);
    expect(client.frames.filter((bytes) => bytes > 20_000).length).toBeGreaterThan(2);
  }, 30_000);

  test('is shown to whoever starts the local cloud', () => {
    expect(firstScreen(cloud)).toContain(`${url()} is a socket: the playground talks to it, and docs/web-socket.md has a client`);
  });

  test('is talked to by the client of the documentation', async () => {
    const page = readFileSync(join(__dirname, '../../docs/web-socket.md'), 'utf8');
    const [, code] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    let text = '';
    const end = await new Promise<SocketMessage>((resolve) => {
      new Function('WebSocket', 'url', 'token', 'crypto', 'onText', 'onEnd', code)(WebSocket, url(), token('user-b'), { randomUUID }, (more: string) => { text += more; }, resolve);
    });
    expect(end).toMatchObject({ type: 'end', complete: true });
    expect(text).toBe((await stored(await connect('user-b'), 'trip-1'))[1].content);
  });

  test.each<[string, () => string[]]>([
    ['no token', () => ['chat.v1']],
    ['nothing at all', () => []],
    ['a token that has expired', () => ['chat.v1', `bearer.${cloud.mintToken('user-a', { expiresIn: -60 })}`]],
    ['a token of another user pool', () => ['chat.v1', `bearer.${cloud.mintToken('user-a', { foreign: true })}`]],
    ['an access token', () => ['chat.v1', `bearer.${cloud.mintToken('user-a', { use: 'access' })}`]],
  ])('refuses %s', async (_, protocols) => {
    await expect(SocketClient.open(url(), protocols())).rejects.toThrow('refused with 401');
  });

  test('lets those in who sign, and nobody else', async () => {
    const address = new URL(cloud.outputs.Signers.Url);
    await expect(SocketClient.open(address.href, ['chat.v1'])).rejects.toThrow('refused with 403');
    const signer = new SignatureV4({ service: 'execute-api', region: 'us-east-1', sha256: Sha256, credentials: cloud.session.identities['user-a'] });
    const { query } = await signer.presign({ method: 'GET', protocol: 'wss:', hostname: address.hostname, path: address.pathname, query: {}, headers: { host: address.host } }, { expiresIn: 60 });
    address.search = new URLSearchParams(query as Record<string, string>).toString();
    const client = await SocketClient.open(address.href, ['chat.v1']);
    clients.push(client);
    const id = client.ask(turn('Signed', { conversation_id: 'signed' }));
    expect((await client.answer(id)).at(-1)).toMatchObject({ type: 'end', complete: true });
    expect(await stored(client, 'signed')).toHaveLength(2);
  });

  test('writes no token and no word of a conversation into a log', () => {
    const lines = cloud.logs.map(({ line }) => line).join('\n');
    expect(lines).toContain('"event":"MESSAGE"');
    for (const canary of ['A secret of mine', 'Only once', token('user-a').split('.')[2], 'bearer.']) expect(lines).not.toContain(canary);
  });

  test('uses every permission that the socket was given, and asks for none in vain', async () => {
    const { roles } = await cloud.report();
    for (const { role, denied, unknown } of roles) expect({ role, denied, unknown }).toEqual({ role, denied: [], unknown: [] });
    // Parts were sent to one of the two chats only.
    const unused = roles.filter(({ role }) => role.includes('/Users-')).flatMap((role) => [...role.unused, ...role.untouched].map(({ action, resources }) => `${role.role.split('/')[1]} ${action} ${resources.join()}`));
    expect(unused.filter((line) => /Socket|lambda:|execute-api/.test(line))).toEqual([]);
  });
});
