import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { RequestAuthorizer, IdentitySource } from 'aws-cdk-lib/aws-apigateway';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { TestIssuer } from './oidc-issuer';
import type { ErrorBody } from './run-example';
import { signedFetch } from './sign';
import { ApiAuth, ChatbotApi } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';

const OWN_AUTHORIZER = `exports.handler = async (event) => {
  if (event.headers['x-pass'] !== 'sesame') throw new Error('Unauthorized');
  return { principalId: 'door', policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: '*' }] } };
};`;

describe('every way to prove who calls', () => {
  const issuer = new TestIssuer();
  const assembly = mkdtempSync(join(tmpdir(), 'auth-'));
  let cloud: LocalCloud;

  beforeAll(async () => {
    await issuer.start();
    const app = new App({ outdir: assembly });
    const define = (name: string, auth: (stack: Stack) => ApiAuth) => {
      const stack = new Stack(app, name);
      new CfnOutput(stack, 'Url', { value: new ChatbotApi(stack, 'Chat', { auth: auth(stack) }).url });
    };
    define('Oidc', () => ApiAuth.oidc({ issuer: issuer.url, audience: ['chat'] }));
    define('Iam', () => ApiAuth.iam());
    define('Key', () => ApiAuth.apiKey());
    define('Own', (stack) => ApiAuth.lambda(new RequestAuthorizer(stack, 'Authorizer', {
      identitySources: [IdentitySource.header('x-pass')],
      handler: new lambda.Function(stack, 'Door', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(OWN_AUTHORIZER) }),
    })));
    app.synth();
    cloud = await startCloud({ assembly });
  }, 90_000);

  afterAll(async () => {
    await cloud?.stop();
    issuer.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  function signed(stack: string, user: 'user-a' | 'user-b', path: string, body?: string, secret?: string) {
    const identity = cloud.session.identities[user];
    return signedFetch(`${cloud.outputs[stack].Url}${path}`, { ...identity, secretAccessKey: secret ?? identity.secretAccessKey }, { body });
  }

  const get = (stack: string, headers: Record<string, string>, path = 'v1/models') => fetch(`${cloud.outputs[stack].Url}${path}`, { headers });
  const say = (stack: string, headers: Record<string, string>, id: string) => fetch(`${cloud.outputs[stack].Url}v1/chat/completions`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ conversation_id: id, messages: [{ role: 'user', content: `said by ${id}` }] }),
  });
  const listed = async (response: Response) => ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);

  async function refusedWith(response: Response, status: number) {
    expect(response.status).toBe(status);
    expect((await response.json() as ErrorBody).error).toMatchObject({ message: expect.stringMatching(/./), type: expect.stringMatching(/./) });
  }

  test('an OIDC token lets its subject in, to conversations of their own', async () => {
    const ada = { authorization: `Bearer ${issuer.token()}` };
    const bob = { authorization: `Bearer ${issuer.token({ sub: 'bob' })}` };
    expect((await say('Oidc', ada, 'by-ada')).status).toBe(200);
    expect(await listed(await get('Oidc', ada, 'v1/conversations'))).toEqual(['by-ada']);
    expect(await listed(await get('Oidc', bob, 'v1/conversations'))).toEqual([]);
  });

  test.each<[string, () => string]>([
    ['is expired', () => issuer.token({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ['is for another audience', () => issuer.token({ aud: 'billing' })],
    ['names another issuer', () => issuer.token({ iss: 'https://login.example.com' })],
    ['is signed by another key', () => forged(issuer.token())],
    ['is unsigned', () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${issuer.token().split('.')[1]}.`],
  ])('refuses an OIDC token that %s', async (_, token) => {
    await refusedWith(await get('Oidc', { authorization: `Bearer ${token()}` }), 401);
  });

  test('refuses a request without an OIDC token', async () => {
    await refusedWith(await get('Oidc', {}), 401);
  });

  test('an IAM signature lets its principal in, to conversations of their own', async () => {
    const body = JSON.stringify({ conversation_id: 'by-role', messages: [{ role: 'user', content: 'hello' }] });
    expect((await signed('Iam', 'user-a', 'v1/chat/completions', body)).status).toBe(200);
    expect(await listed(await signed('Iam', 'user-a', 'v1/conversations'))).toEqual(['by-role']);
    expect(await listed(await signed('Iam', 'user-b', 'v1/conversations'))).toEqual([]);
  });

  test('refuses a wrong signature, and a request without one', async () => {
    await refusedWith(await signed('Iam', 'user-a', 'v1/models', undefined, 'not-the-secret'), 403);
    await refusedWith(await get('Iam', {}), 403);
  });

  test('an API key lets its holder in', async () => {
    const [key] = Object.values(cloud.session.apiKeys);
    expect((await say('Key', { 'x-api-key': key }, 'by-key')).status).toBe(200);
    expect(await listed(await get('Key', { 'x-api-key': key }, 'v1/conversations'))).toEqual(['by-key']);
  });

  test.each([{}, { 'x-api-key': 'guess' }])('refuses the key in %j', async (headers) => {
    await refusedWith(await get('Key', headers as Record<string, string>), 403);
  });

  test('an authorizer of one\'s own decides', async () => {
    expect((await say('Own', { 'x-pass': 'sesame' }, 'by-door')).status).toBe(200);
    expect(await listed(await get('Own', { 'x-pass': 'sesame' }, 'v1/conversations'))).toEqual(['by-door']);
    await refusedWith(await get('Own', { 'x-pass': 'wrong' }), 401);
    await refusedWith(await get('Own', {}), 401);
  });
});

/** The same head and body under a signature of a key that the issuer does not have. */
function forged(token: string): string {
  const [head, body] = token.split('.');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return `${head}.${body}.${createSign('RSA-SHA256').update(`${head}.${body}`).sign(privateKey, 'base64url')}`;
}
