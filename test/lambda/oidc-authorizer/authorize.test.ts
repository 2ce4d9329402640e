import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayAuthorizerEvent, Context } from 'aws-lambda';
import { oidcTokens } from '../../../lambda/adapters/oidc-tokens';
import { authorizer } from '../../../lambda/kit/authorizer';
import { authorize } from '../../../lambda/oidc-authorizer/authorize';
import { parseAuthorizationRequest } from '../../../lambda/oidc-authorizer/request';

const methodArn = 'arn:aws:execute-api:us-east-1:123456789012:abc/prod/POST/v1/chat/completions';
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = Math.floor(Date.now() / 1000);

let server: Server;
let issuer: string;
let asked: string[];
let broken: boolean;
let garbled: boolean;
let logged: object[];
let speaksFor: string | undefined;

beforeEach(async () => {
  [asked, broken, garbled, speaksFor, logged] = [[], false, false, undefined, []];
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (broken) return void response.writeHead(500).end();
    if (garbled) return void response.end('<html>');
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: speaksFor ?? issuer, jwks_uri: `${issuer}/keys` },
      '/keys': { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] },
    };
    return void response.end(JSON.stringify(documents[url]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((resolve) => {
  server.closeAllConnections();
  server.close(resolve);
}));

test('lets the bearer of a genuine token into the whole stage, in its own name', async () => {
  expect(await open()(bearer(token()))).toEqual({
    principalId: 'ada',
    policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:us-east-1:123456789012:abc/prod/*' }] },
    context: { issuer, scope: 'chat', claims: expect.any(String) },
  });
});

test('hands all claims on, for whoever has to know more than a name', async () => {
  const { context } = await open()(bearer(token({ tenant: 'acme' })));
  expect(JSON.parse(String(context?.claims))).toMatchObject({ sub: 'ada', tenant: 'acme', iss: issuer });
});

test('reads the token from either kind of authorizer event', async () => {
  const door = open();
  const viaHeader = { type: 'REQUEST', methodArn, headers: { AUTHORIZATION: `bearer ${token()}` } } as unknown as APIGatewayAuthorizerEvent;
  expect(await door(viaHeader)).toMatchObject({ principalId: 'ada' });
});

test('asks the issuer for its keys once', async () => {
  const door = open();
  await Promise.all([door(bearer(token())), door(bearer(token()))]);
  await door(bearer(token()));
  expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
});

test.each<[string, () => string]>([
  ['expired', () => token({ exp: now - 10 })],
  ['not yet valid', () => token({ nbf: now + 600 })],
  ['for another audience', () => token({ aud: 'other' })],
  ['of another issuer', () => token({ iss: 'https://other.example' })],
  ['signed by another key', () => token({}, foreign.privateKey)],
  ['with an unknown key id', () => token({}, foreign.privateKey, { kid: 'k2' })],
  ['unsigned', () => `${encode({ alg: 'none', kid: 'k1' })}.${encode(claims({}))}.`],
  ['signed with the public key as a secret', () => hmac()],
  ['without a subject', () => token({ sub: undefined })],
  ['without an expiry', () => token({ exp: undefined })],
  ['changed', () => token().replace(/\.[^.]+\./, `.${encode(claims({ sub: 'eve' }))}.`)],
  ['that is none', () => 'nonsense'],
])('refuses a token %s', async (_, make) => {
  await expect(open()(bearer(make()))).rejects.toThrow(/^Unauthorized$/);
});

test.each(['', 'Basic YTpi', 'Bearer', 'Bearer a b'])('refuses the header %j', async (authorizationToken) => {
  await expect(open()({ type: 'TOKEN', methodArn, authorizationToken })).rejects.toThrow(/^Unauthorized$/);
});

test('says that it cannot tell while the issuer is down, and asks again afterwards', async () => {
  const door = open();
  broken = true;
  await expect(door(bearer(token()))).rejects.toThrow('status 500');
  broken = false;
  expect(await door(bearer(token()))).toMatchObject({ principalId: 'ada' });
});

test('logs which issuer cannot be reached, and why', async () => {
  await new Promise((resolve) => server.close(resolve));
  await expect(open()(bearer(token()))).rejects.toThrow(`the issuer's keys cannot be had from ${new URL(issuer).host}: connect ECONNREFUSED`);
  expect(logged).toEqual([expect.objectContaining({ error: 'IssuerFailure', reason: expect.stringContaining('ECONNREFUSED') })]);
});

test('logs that a document is none', async () => {
  garbled = true;
  await expect(open()(bearer(token()))).rejects.toThrow(`${issuer}/.well-known/openid-configuration holds no JSON`);
});

test('refuses a document that speaks for another issuer', async () => {
  speaksFor = 'https://other.example';
  await expect(open()(bearer(token()))).rejects.toThrow('speaks for another issuer');
});

test.each(['http://issuer.example', 'http://127.0.0.1.issuer.example', 'ftp://issuer.example'])('refuses the issuer %s, whose keys anybody could replace', (address) => {
  expect(() => oidcTokens({ issuer: address, audience: ['app'] })).toThrow('must be reached by https');
});

function open() {
  const tokens = oidcTokens({ issuer, audience: ['app', 'web'] });
  const log = { info: () => undefined, error: (_: string, fields: object) => logged.push(fields) };
  const handler = authorizer(async (event) => authorize(parseAuthorizationRequest(event), tokens), log);
  return (event: APIGatewayAuthorizerEvent) => handler(event, { awsRequestId: 'r' } as Context);
}

function bearer(jwt: string): APIGatewayAuthorizerEvent {
  return { type: 'TOKEN', methodArn, authorizationToken: `Bearer ${jwt}` };
}

function claims(changes: object) {
  return { iss: issuer, aud: 'app', sub: 'ada', scope: 'chat', exp: now + 600, ...changes };
}

function token(changes: object = {}, key: KeyObject = keys.privateKey, header: object = {}) {
  const content = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'k1', ...header })}.${encode(claims(changes))}`;
  return `${content}.${createSign('RSA-SHA256').update(content).sign(key, 'base64url')}`;
}

function hmac() {
  const content = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(claims({}))}`;
  return `${content}.${createHmac('sha256', keys.publicKey.export({ format: 'pem', type: 'spki' })).update(content).digest('base64url')}`;
}

function encode(value: object) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
