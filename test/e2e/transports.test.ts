import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import OpenAI, { AuthenticationError, NotFoundError } from 'openai';
import type { ErrorBody } from './run-example';
import { defineChats, runStacks } from './run-stacks';
import { signedFetch } from './sign';
import { ApiAuth, ContainerExposure, Transport } from '../../lib';

const PAGE = 'https://chat.example.com';
const model = 'global.amazon.nova-2-lite-v1:0';

/** Every transport that clients reach by HTTP. */
const TRANSPORTS: Readonly<Record<string, Transport>> = {
  Rest: Transport.restStreaming({ corsOrigins: [PAGE] }),
  FunctionUrl: Transport.functionUrl({ corsOrigins: [PAGE] }),
  Container: Transport.container({ exposure: ContainerExposure.internalHttp(), corsOrigins: [PAGE] }),
};
const SIGNED = 'SignedUrl';

const run = runStacks((app) => {
  defineChats(app, Object.fromEntries(Object.entries(TRANSPORTS).map(([name, transport]) => [name, { transport }])));
  defineChats(app, { [SIGNED]: { transport: Transport.functionUrl(), auth: ApiAuth.iam() } });
});

describe.each(Object.keys(TRANSPORTS))('clients over %s', (name) => {
  const url = () => run.cloud.outputs[name].Url;
  const token = (user: 'user-a' | 'user-b' = 'user-a') => run.cloud.session.pools[name][user];
  const client = (apiKey = token()) => new OpenAI({ baseURL: `${url()}v1`, apiKey, maxRetries: 0 });
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${url()}${path}`, { headers });

  test('openai streams many chunks under one id, with usage', async () => {
    const stream = await client().chat.completions.create({ model, stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'Say something long about rivers.' }] });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('rivers');
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('openai reads one JSON answer and the models', async () => {
    const completion = await client().chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello there' }] });
    expect(completion.choices[0].message.content).toContain('Hello there');
    expect((await client().models.list()).data.map(({ id }) => id)).toEqual([model]);
  });

  test('the ai SDK streams text to its end', async () => {
    const provider = createOpenAICompatible({ name: 'patterns', baseURL: `${url()}v1`, apiKey: token(), includeUsage: true });
    const result = streamText({ model: provider(model), prompt: 'Tell me of rivers.' });
    const deltas: string[] = [];
    for await (const delta of result.textStream) deltas.push(delta);
    expect(deltas.length).toBeGreaterThan(3);
    expect(await result.finishReason).toBe('stop');
  });

  test('a conversation is kept for its owner, and for nobody else', async () => {
    await client().chat.completions.create({ model, messages: [{ role: 'user', content: 'My name is Ada.' }] }, { headers: { 'x-conversation-id': 'kept' } });
    const path = 'v1/conversations/kept?limit=10';
    const own = await get(path, { authorization: `Bearer ${token()}` });
    expect((await own.json() as { messages: unknown[] }).messages).toHaveLength(2);
    expect((await get(path, { authorization: `Bearer ${token('user-b')}` })).status).toBe(404);
  });

  test('openai reads refusals as typed errors: a token that proves nothing, an address that leads nowhere', async () => {
    const refused = await client('a.b.c').models.list().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AuthenticationError);
    const lost = await client().get('/nowhere').catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(NotFoundError);
    expect(lost).toMatchObject({ code: 'unknown_url', requestID: expect.stringMatching(/./) });
  });

  test('a caller without a token hears so in the envelope of errors', async () => {
    const response = await get('v1/models');
    expect(response.status).toBe(401);
    expect((await response.json() as ErrorBody).error).toMatchObject({ type: 'authentication_error', code: 'invalid_token' });
  });

  test('a page of a known origin may call and read the ids of a request, another may not', async () => {
    const ask = (origin: string) => fetch(`${url()}v1/chat/completions`, {
      method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' },
    });
    const known = await ask(PAGE);
    expect([known.ok, known.headers.get('access-control-allow-origin')]).toEqual([true, PAGE]);
    expect(known.headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).not.toBe('https://evil.example');

    const answer = await get('v1/models', { origin: PAGE, authorization: `Bearer ${token()}` });
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id');
  });
});

describe('a function URL', () => {
  test('tells who called in its own line, for no API keeps an access log', async () => {
    const response = await fetch(`${run.cloud.outputs.FunctionUrl.Url}v1/models`, { headers: { authorization: `Bearer ${run.cloud.session.pools.FunctionUrl['user-b']}` } });
    const id = response.headers.get('x-request-id')!;
    const { line } = await run.cloud.waitForLog((logged) => logged.line.includes(id) && logged.line.includes('"request"'));
    expect(JSON.parse(line)).toMatchObject({ route: 'GET /v1/models', status: 200, ip: '127.0.0.1', caller: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test('refuses a body that no chat can use, in words of its own', async () => {
    const response = await fetch(`${run.cloud.outputs.FunctionUrl.Url}v1/chat/completions`, {
      method: 'POST', headers: { 'authorization': `Bearer ${run.cloud.session.pools.FunctionUrl['user-a']}`, 'content-type': 'application/json' }, body: 'x'.repeat(4_500_000),
    });
    expect(response.status).toBe(413);
    expect((await response.json() as ErrorBody).error.code).toBe('request_too_large');
  });

  test('takes signed requests where the chat is for IAM callers, to conversations of their own', async () => {
    const address = (path: string) => `${run.cloud.outputs[SIGNED].Url}${path}`;
    const { 'user-a': ada, 'user-b': bob } = run.cloud.session.identities;
    const said = await signedFetch(address('v1/chat/completions'), ada, { service: 'lambda', body: JSON.stringify({ conversation_id: 'signed', messages: [{ role: 'user', content: 'hi' }] }) });
    expect(said.status).toBe(200);
    const listed = async (identity: typeof ada) => ((await (await signedFetch(address('v1/conversations'), identity, { service: 'lambda' })).json()) as { data: { id: string }[] }).data.map(({ id }) => id);
    expect([await listed(ada), await listed(bob)]).toEqual([['signed'], []]);
    expect((await fetch(address('v1/models'))).status).toBe(403);
    expect((await signedFetch(address('v1/models'), { ...ada, secretAccessKey: 'guessed' }, { service: 'lambda' })).status).toBe(403);
  });
});

test('no role lacks a permission', async () => {
  const { roles } = await run.cloud.report();
  expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
});
