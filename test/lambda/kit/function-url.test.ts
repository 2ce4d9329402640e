import { PassThrough } from 'node:stream';
import type { APIGatewayProxyEventV2WithIAMAuthorizer, Context } from 'aws-lambda';
import type { Call } from '../../../lambda/kit/call';
import { endpoint, json } from '../../../lambda/kit/endpoint';
import { functionUrl } from '../../../lambda/kit/function-url';
import type { LogFields } from '../../../lambda/kit/log';
import { IssuerFailure, type Tokens } from '../../../lambda/ports/tokens';

const tokens: Tokens = {
  verify: async (token) => {
    if (token === 'down') throw new IssuerFailure('the issuer is down');
    return token === 'ada' ? { genuine: true, subject: 'ada', claims: { groups: ['staff'] } } : { genuine: false, reason: 'JwtExpiredError' };
  },
};

let calls: Call[];
let logged: LogFields[];
beforeEach(() => {
  calls = [];
  logged = [];
});

test('knows the caller by a token that the handler verified, with what it claims', async () => {
  const { status } = await ask({ headers: { authorization: 'Bearer ada' } });
  expect(status).toBe(200);
  expect(calls[0]).toMatchObject({ caller: 'ada', claims: { groups: ['staff'] }, path: { id: 'c 1' }, query: { limit: '5' }, body: '{"a":1}' });
  expect(logged).toEqual([expect.objectContaining({ route: 'POST /v1/things/{id}', ip: '10.0.0.9', caller: 'ada', status: 200 })]);
});

test.each([
  ['no token', undefined],
  ['another kind of proof', 'Basic YTpi'],
  ['a token that is not genuine', 'Bearer expired'],
])('refuses %s with 401, and never says which claim was wrong', async (_, authorization) => {
  const { status, headers, body } = await ask({ headers: { authorization } });
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe('Bearer');
  expect(JSON.parse(body).error).toMatchObject({ type: 'authentication_error', code: 'invalid_token' });
  expect(body).not.toContain('Expired');
  expect(calls).toEqual([]);
});

test('answers 503 where the issuer cannot be asked, and tells the log why', async () => {
  const { status, headers } = await ask({ headers: { authorization: 'Bearer down' } });
  expect([status, headers['retry-after']]).toEqual([503, '1']);
  expect(logged).toEqual([expect.objectContaining({ errorCode: 'authorizer_failure', reason: 'the issuer is down' })]);
});

test('answers 404 at an unknown address without asking who calls', async () => {
  const { status, body } = await ask({ rawPath: '/v2/chat' });
  expect([status, JSON.parse(body).error.code]).toEqual([404, 'unknown_url']);
});

test.each([
  ['the ARN of the role', { userArn: 'arn:aws:sts::1:assumed-role/A/s', cognitoIdentity: null }, 'arn:aws:sts::1:assumed-role/A/s'],
  ['the identity of an identity pool', { userArn: 'arn:aws:sts::1:assumed-role/A/s', cognitoIdentity: { identityId: 'us-east-1:ada' } }, 'us-east-1:ada'],
])('knows a signer by %s', async (_, iam, caller) => {
  await ask({ iam }, false);
  expect(calls[0].caller).toBe(caller);
});

test('takes a body that came as base64', async () => {
  await ask({ headers: { authorization: 'Bearer ada' }, body: Buffer.from('{"b":2}').toString('base64'), isBase64Encoded: true });
  expect(calls[0].body).toBe('{"b":2}');
});

async function ask(
  { headers = {}, rawPath = '/v1/things/c%201', iam, body = '{"a":1}', isBase64Encoded = false }:
  { headers?: Record<string, string | undefined>; rawPath?: string; iam?: object; body?: string; isBase64Encoded?: boolean },
  verified = true,
) {
  let head = { statusCode: 0, headers: {} as Record<string, string> };
  Object.assign(globalThis, {
    awslambda: {
      HttpResponseStream: {
        from: (stream: PassThrough, given: typeof head) => {
          head = given;
          return stream;
        },
      },
    },
  });
  const routes = {
    'POST /v1/things/{id}': async (call: Call) => {
      calls.push(call);
      return json({ ok: true });
    },
  };
  const answer = endpoint(routes, { corsOrigins: [], exposedHeaders: [], log: { info: (_, fields) => logged.push(fields), error: () => undefined } });
  const output = new PassThrough();
  const pieces: Buffer[] = [];
  output.on('data', (piece: Buffer) => pieces.push(piece));
  const event = {
    rawPath,
    headers,
    body,
    isBase64Encoded,
    queryStringParameters: { limit: '5' },
    requestContext: { requestId: 'r1', http: { method: 'POST', path: rawPath, sourceIp: '10.0.0.9' }, authorizer: iam && { iam } },
  } as unknown as APIGatewayProxyEventV2WithIAMAuthorizer;
  const context = { awsRequestId: 'run-1', getRemainingTimeInMillis: () => 30_000 } as Context;
  await functionUrl(answer, Object.keys(routes), verified ? tokens : undefined)(event, output, context);
  return { status: head.statusCode, headers: head.headers, body: Buffer.concat(pieces).toString() };
}
