import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import { runFixture } from './fixture/stack';

const fixture = runFixture();

interface Echo {
  readonly event: Record<string, any>;
  readonly calls: number;
}
const echo = async (path: string, init?: RequestInit) => (await (await fixture.fetch(path, init)).json() as Echo).event;

describe('the event of a proxy integration', () => {
  test('carries path, query and headers as API Gateway spells them', async () => {
    const event = await echo('echo/a%20b?x=1&x=2&y=%C3%A4', { headers: { 'X-Own': 'v' } });
    expect(event).toMatchObject({
      resource: '/echo/{id}',
      path: '/echo/a%20b',
      httpMethod: 'GET',
      pathParameters: { id: 'a b' },
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
      queryStringParameters: { x: '2', y: 'ä' },
      multiValueQueryStringParameters: { x: ['1', '2'], y: ['ä'] },
      requestContext: { accountId: '123456789012', stage: 'live', path: '/live/echo/a%20b', resourcePath: '/echo/{id}', httpMethod: 'GET', identity: { sourceIp: '127.0.0.1', userArn: null } },
    });
    expect(event.multiValueHeaders['X-Own'] ?? event.multiValueHeaders['x-own']).toEqual(['v']);
    expect(event.headers.Host).toMatch(/execute-api\.us-east-1\.amazonaws\.com$/);
  });

  test('keeps the case of headers and says null where there is nothing', async () => {
    const event = await new Promise<Echo>((resolve, reject) => request(`${fixture.url}echo/1`, { headers: { 'X-MiXed': 'v' } }, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece as Buffer);
      resolve(JSON.parse(Buffer.concat(pieces).toString()) as Echo);
    }).on('error', reject).end()).then((answer) => answer.event);
    expect(event.headers['X-MiXed']).toBe('v');
    expect([event.queryStringParameters, event.multiValueQueryStringParameters]).toEqual([null, null]);
  });

  test('encodes bodies of binary media types, and no others', async () => {
    const body = Buffer.from([0, 255, 1]);
    expect(await echo('echo/1', { method: 'POST', body, headers: { 'content-type': 'image/png' } })).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
    expect(await echo('echo/1', { method: 'POST', body: 'täxt', headers: { 'content-type': 'text/plain' } })).toMatchObject({ body: 'täxt', isBase64Encoded: false });
  });
});

test('prefers literal segments over parameters, and parameters over the rest', async () => {
  expect((await echo('echo/fixed')).resource).toBe('/echo/fixed');
  expect((await echo('echo/other')).resource).toBe('/echo/{id}');
  expect(await echo('any/a/b/c')).toMatchObject({ resource: '/any/{proxy+}', pathParameters: { proxy: 'a/b/c' } });
});

test('sends every value of a header', async () => {
  expect((await fixture.fetch('echo/1')).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test.each([['GET', 'nothing'], ['POST', 'mine']])('refuses %s %s, which no method answers', async (method, path) => {
  const response = await fixture.fetch(path, { method });
  expect([response.status, response.headers.get('x-amzn-errortype'), await response.json()]).toEqual([403, 'MissingAuthenticationTokenException', { message: 'Missing Authentication Token' }]);
});

test('refuses an answer that is not one of HTTP', async () => {
  expect((await fixture.fetch('strange')).status).toBe(502);
});

test.each([[7 * 1024 * 1024, 413], [11 * 1024 * 1024, 413], [1024 * 1024, 200]])('a body of %d bytes is answered with %d', async (size, status) => {
  const response = await fixture.fetch('echo/1', { method: 'POST', body: 'a'.repeat(size) });
  expect(response.status).toBe(status);
});

describe('a Cognito authorizer', () => {
  const mine = (token?: string) => fixture.fetch('mine', token === undefined ? {} : { headers: { authorization: token } });

  test('hands the claims of an ID token on as text', async () => {
    const { event } = await (await mine(`Bearer ${fixture.cloud.session.users['user-a']}`)).json() as Echo;
    expect(event.requestContext.authorizer.claims).toMatchObject({ 'cognito:username': 'user-a', 'email_verified': 'true', 'token_use': 'id', 'exp': expect.stringMatching(/ UTC \d{4}$/) });
  });

  test('refuses what it cannot trust in the words of the template', async () => {
    const token = fixture.cloud.session.users['user-a'];
    const changed = `${token.split('.')[0]}.${Buffer.from('{"sub":"x"}').toString('base64url')}.${token.split('.')[2]}`;
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
    for (const bad of [undefined, 'nonsense', changed, unsigned, fixture.cloud.mintToken('user-a', { foreign: true }), fixture.cloud.mintToken('user-a', { use: 'access' })]) {
      const response = await mine(bad);
      expect([response.status, response.headers.get('x-word'), await response.json()]).toEqual([401, 'stop', { why: 'Unauthorized', type: 'UNAUTHORIZED' }]);
      expect(response.headers.get('x-id')).toBe(response.headers.get('x-amzn-requestid'));
    }
  });

  test('says of an expired token that it has expired', async () => {
    const response = await mine(fixture.cloud.mintToken('user-a', { expiresIn: -5 }));
    expect([response.status, await response.json()]).toEqual([401, { message: 'The incoming token has expired' }]);
  });
});

describe('a Lambda authorizer', () => {
  const custom = (token?: string) => fixture.fetch('custom', token === undefined ? {} : { headers: { authorization: token } });

  test('gives principal and context to the handler, and is asked once for a token', async () => {
    const first = (await (await custom('alice')).json() as Echo).event.requestContext.authorizer;
    expect(first).toMatchObject({ principalId: 'alice', admin: 'true' });
    const second = (await (await custom('alice')).json() as Echo).event.requestContext.authorizer;
    expect(second.calls).toBe(first.calls);
    expect((await (await custom('bob')).json() as Echo).event.requestContext.authorizer.principalId).toBe('bob');
  });

  test.each([[undefined, 401], ['bad', 401], ['NotMatching', 401], ['denied', 403], ['boom', 500]])('answers the token %s with %d', async (token, status) => {
    expect((await custom(token)).status).toBe(status);
  });
});

describe('a method for signed requests', () => {
  const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  /** Signature Version 4 by the book, apart from the code under test. */
  function sign(path: string, secret: string, date = new Date()) {
    const url = new URL(fixture.url + path);
    const time = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const scope = `${time.slice(0, 8)}/us-east-1/execute-api/aws4_request`;
    const query = [...url.searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort().join('&');
    const canonical = ['GET', url.pathname.split('/').map(encodeURIComponent).join('/'), query, `host:${url.host}\nx-amz-date:${time}\n`, 'host;x-amz-date', sha256('')].join('\n');
    const key = scope.split('/').reduce<Buffer | string>((current, part) => hmac(current, part), `AWS4${secret}`);
    const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
    const { accessKeyId } = fixture.cloud.session.identities['user-a'];
    return { 'x-amz-date': time, 'authorization': `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}` };
  }

  test('takes a good signature and knows the signer', async () => {
    const { secretAccessKey, arn } = fixture.cloud.session.identities['user-a'];
    const event = await echo('signed/a%20b?z=1&a=2%2F3', { headers: sign('signed/a%20b?z=1&a=2%2F3', secretAccessKey) });
    expect(event.requestContext.identity).toMatchObject({ userArn: arn, accountId: '123456789012' });
  });

  test('refuses a request without a signature, with a wrong one, and with an old one', async () => {
    const { secretAccessKey } = fixture.cloud.session.identities['user-a'];
    expect((await fixture.fetch('signed/1')).headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect((await fixture.fetch('signed/1', { headers: sign('signed/1', 'wrong') })).headers.get('x-amzn-errortype')).toBe('InvalidSignatureException');
    expect((await fixture.fetch('signed/2', { headers: sign('signed/1', secretAccessKey) })).status).toBe(403);
    expect((await fixture.fetch('signed/1', { headers: sign('signed/1', secretAccessKey, new Date(Date.now() - 900_000)) })).headers.get('x-amzn-errortype')).toBe('ExpiredTokenException');
  });
});

test('asks for an API key of a usage plan, and keeps its quota', async () => {
  const keyed = async (key?: string) => (await fixture.fetch('keyed', key === undefined ? {} : { headers: { 'x-api-key': key } })).status;
  const [key] = Object.values(fixture.cloud.session.apiKeys);
  expect([await keyed(), await keyed('wrong')]).toEqual([403, 403]);
  expect([await keyed(key), await keyed(key), await keyed(key)]).toEqual([200, 200, 429]);
});

test('throttles a method as its stage says', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await fixture.fetch('throttled')).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test.each([
  ['a body that is not JSON', 'page=1', '{', 400], ['a body against the schema', 'page=1', '[]', 400], ['a missing property', 'page=1', '{}', 400],
  ['a missing parameter', '', '{"name":"x"}', 400], ['what is asked for', 'page=1', '{"name":"x"}', 200],
])('a request validator sees %s', async (_, query, body, status) => {
  expect((await fixture.fetch(`checked?${query}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).status).toBe(status);
});

test.each([['https://a.example', 'https://a.example'], ['https://b.example', 'https://b.example'], ['https://c.example', 'https://a.example']])('answers a preflight from %s with %s', async (origin, allowed) => {
  const response = await fixture.fetch('cors', { method: 'OPTIONS', headers: { origin } });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, allowed]);
});

test('writes a line to the access log for every request', async () => {
  const response = await fixture.fetch('mine', { headers: { authorization: fixture.cloud.session.users['user-b'] } });
  const { claims } = ((await response.json()) as Echo).event.requestContext.authorizer;
  const id = response.headers.get('x-amzn-requestid');
  const { line, group } = await fixture.cloud.waitForLog((entry) => entry.kind === 'access' && entry.requestId === id);
  expect([group, line]).toEqual(['access', `${id} 200 /mine ${claims.sub} -`]);
});

test('lets a function run on when its caller hangs up', async () => {
  const abort = new AbortController();
  const response = await fixture.fetch('stream', { signal: abort.signal });
  const requestId = response.headers.get('x-request');
  abort.abort();
  await fixture.cloud.waitForLog(({ line }) => line === `END RequestId: ${requestId}`);
});
