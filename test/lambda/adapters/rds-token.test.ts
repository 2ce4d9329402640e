import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rdsToken } from '../../../lambda/adapters/rds-token';
import { secretValue } from '../../../lambda/adapters/secret-value';

beforeEach(() => Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hush', AWS_SESSION_TOKEN: 'session/+=' }));
afterEach(() => ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL'].forEach((name) => delete process.env[name]));

test('a role proves to a database that it connects as a user: a signed request without its scheme', async () => {
  const token = await rdsToken({ host: 'db.example.com', port: 5432, user: 'passages_reads' })();
  const url = new URL(`https://${token}`);
  expect(token.startsWith('db.example.com:5432/?Action=connect&DBUser=passages_reads&')).toBe(true);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    'Action': 'connect',
    'DBUser': 'passages_reads',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': expect.stringMatching(/^AKID\/\d{8}\/eu-west-1\/rds-db\/aws4_request$/),
    'X-Amz-Date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'session/+=',
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    'X-Amz-SignedHeaders': 'host',
  });
});

describe('a secret', () => {
  const served = async <T>(status: number, answer: object, use: (asked: { headers: Record<string, unknown>; body: string }[]) => Promise<T>) => {
    const asked: { headers: Record<string, unknown>; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; }).on('end', () => {
        asked.push({ headers: request.headers, body });
        response.writeHead(status).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return use(asked).finally(() => server.close());
  };

  test('is read by a signed call', () => served(200, { SecretString: '{"password":"x"}' }, async (asked) => {
    expect(await secretValue('arn:secret')).toBe('{"password":"x"}');
    expect(asked).toEqual([{ body: '{"SecretId":"arn:secret"}', headers: expect.objectContaining({ 'x-amz-target': 'secretsmanager.GetSecretValue', 'authorization': expect.stringContaining('/secretsmanager/aws4_request') }) }]);
  }));

  test('that cannot be read says which and why', () => served(400, { __type: 'AccessDeniedException' }, async () => {
    await expect(secretValue('arn:secret')).rejects.toMatchObject({ kind: 'forbidden', message: 'the secret arn:secret cannot be read: AccessDeniedException' });
  }));

  test.each([
    [400, { __type: 'ThrottlingException' }, 'unavailable'], [503, {}, 'unavailable'], [400, { __type: 'ResourceNotFoundException' }, 'forbidden'], [200, {}, 'forbidden'],
  ])('answered by HTTP %i with %j is %s', (status, answer, kind) => served(status, answer, async () => {
    await expect(secretValue('arn:secret')).rejects.toMatchObject({ name: 'StoreFailure', kind });
  }));
});
