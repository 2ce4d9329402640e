import { connect } from 'node:tls';
import { elastiCacheToken } from '../../lambda/adapters/elasticache-token';
import { loopbackCertificate } from '../../local/elasticache/certificate';
import { openDoor } from '../../local/elasticache/door';
import { readToken } from '../../local/elasticache/token';

describe('the token of a user of a cache', () => {
  const before = { ...process.env };
  beforeAll(() => Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'local', AWS_SESSION_TOKEN: 'a/session+token=' }));
  afterAll(() => {
    process.env = before;
  });

  test('is taken for the cache and the user that it was signed for', async () => {
    const token = await elastiCacheToken('chats', 'handler')();
    expect(readToken(token, 'chats', 'handler')).toMatchObject({ accessKeyId: 'AKIA1', region: 'us-east-1' });
  });

  test.each([
    ['another cache', 'others', 'handler', 0, 'not for the cache'],
    ['another user', 'chats', 'somebody', 0, 'for the user'],
    ['longer than it is valid', 'chats', 'handler', 901_000, 'it has expired'],
  ])('refuses it for %s', async (_, cache, user, later, problem) => {
    const token = await elastiCacheToken('chats', 'handler')();
    expect(() => readToken(token, cache, user, { now: Date.now() + later })).toThrow(problem);
  });

  test('refuses it when it was signed by somebody else', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'guessed';
    const token = await elastiCacheToken('chats', 'handler')();
    process.env.AWS_SECRET_ACCESS_KEY = 'local';
    expect(() => readToken(token, 'chats', 'handler')).toThrow('its signature is wrong');
  });
});

describe('the door of a cache', () => {
  const certificate = loopbackCertificate();

  test('refuses every command before a user has proved themselves', async () => {
    const refused: string[] = [];
    const door = await openDoor({ certificate, behind: () => 1, admit: () => undefined, onRefused: (reason) => refused.push(reason) });
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ port: door.port, host: '127.0.0.1', ca: certificate.cert }, () => socket.write('*1\r\n$4\r\nPING\r\n'));
      socket.once('data', (data) => resolve(data.toString()));
      socket.once('error', reject);
    });
    await door.stop();
    expect(answer).toBe('-WRONGPASS invalid username-password pair or user is disabled.\r\n');
    expect(refused).toEqual(["'PING' came before a user and a token"]);
  });

  test('is not trusted by who was not given its certificate', async () => {
    const door = await openDoor({ certificate, behind: () => 1, admit: () => undefined, onRefused: () => undefined });
    const failure = await new Promise<NodeJS.ErrnoException>((resolve) => connect({ port: door.port, host: '127.0.0.1' }).once('error', resolve));
    await door.stop();
    expect(failure.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });
});
