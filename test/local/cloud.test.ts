import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFixture, synthesizeFixture } from './fixture/stack';
import { startCloud } from '../../local/cloud';
import type { LogLine } from '../../local/logs';

const fixture = runFixture({ example: 'fixture' });
const own = (path: string, init?: RequestInit) => fetch(new URL(path, fixture.cloud.url), init);

test('gives the outputs of the stack, with the addresses of this machine', () => {
  expect(fixture.cloud.outputs).toEqual({
    Fixture: {
      ApiEndpoint4F160690: fixture.url,
      Url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/Fixture\/Api\w+\/live\/$/),
      TableArn: expect.stringMatching(/^arn:aws:dynamodb:us-east-1:123456789012:table\/Fixture-Table/),
      Mapped: 'mapped',
    },
  });
});

test('tells the page who may sign in, and what runs', async () => {
  const session = await (await own('/local/session')).json() as { users: Record<string, string> };
  expect(session).toMatchObject({ example: 'fixture', outputs: fixture.cloud.outputs });
  expect((await fixture.fetch('mine', { headers: { authorization: session.users['user-b'] } })).status).toBe(200);
});

test('serves the page, its script and its style', async () => {
  const types = await Promise.all(['/', '/main.js', '/style.css'].map(async (path) => (await own(path)).headers.get('content-type')));
  expect(types).toEqual(['text/html; charset=utf-8', 'text/javascript; charset=utf-8', 'text/css; charset=utf-8']);
  expect((await own('/nothing')).status).toBe(404);
});

test('takes a failure for the model, and refuses one that there is not', async () => {
  const put = (fault: unknown) => own('/local/faults', { method: 'PUT', body: JSON.stringify(fault) });
  expect(await (await put({ kind: 'throttle', times: 2 })).json()).toEqual({ kind: 'throttle', times: 2 });
  expect(await (await own('/local/faults')).json()).toEqual({ kind: 'throttle', times: 2 });
  expect((await put({ kind: 'nonsense' })).status).toBe(400);
  expect((await put({ kind: 'none' })).status).toBe(200);
});

test('refuses whoever asks under another name than this machine\'s', async () => {
  const status = await new Promise((resolve, reject) => request(fixture.cloud.url + 'local/session', { headers: { host: 'evil.example' } }, (response) => {
    response.resume();
    resolve(response.statusCode);
  }).on('error', reject).end());
  expect(status).toBe(403);
});

test('reports what each role was granted', async () => {
  const { roles } = await (await own('/local/report')).json() as { roles: { role: string; unused: { action: string }[] }[] };
  const echo = roles.find(({ role }) => role.includes('EchoServiceRole'));
  expect(echo?.unused.map(({ action }) => action)).toContain('dynamodb:GetItem');
});

test('tells what was logged, the newest last', async () => {
  const requestId = (await fixture.fetch('stream?do=log')).headers.get('x-request');
  await fixture.cloud.waitForLog((line) => line.line === `END RequestId: ${requestId}`);
  const lines = await (await own('/local/logs')).json() as LogLine[];
  expect(lines.filter((line) => line.requestId === requestId).map(({ kind, line }) => `${kind} ${line.split(' ')[0]}`))
    .toEqual(['platform START', 'stdout to', 'stderr to', 'stdout {"_aws":{}}', 'platform END', 'platform REPORT']);
  const report = lines.find(({ requestId: id, line }) => id === requestId && line.startsWith('REPORT'))!.line;
  const [, size, used] = /\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB$/.exec(report)!.map(Number);
  expect(size).toBe(128);
  expect(used).toBeGreaterThan(20);
  expect(used).toBeLessThan(500);
  expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).sort((one, other) => one - other));
});

test('refuses a taken port, and says what to do', async () => {
  const port = Number(new URL(fixture.cloud.url).port);
  const { directory, remove } = synthesizeFixture();
  await expect(startCloud({ assembly: directory, port })).rejects.toThrow(`port ${port} is taken; choose another with --port`);
  remove();
});

test('refuses a folder that holds no assembly, and says what writes one', async () => {
  await expect(startCloud({ assembly: '/nowhere' })).rejects.toThrow("there is no cloud assembly in /nowhere: 'npx cdk synth -o <folder>' writes one");
});

test('refuses an example that there is not, in one line', async () => {
  await expect(startCloud({ example: 'nosuch' })).rejects.toThrow(/^the example 'nosuch' could not be synthesized: there is no example 'nosuch', only chatbot-api, .*$/);
});

test('leaves nothing behind when it stops', async () => {
  const { directory, remove } = synthesizeFixture();
  const cloud = await startCloud({ assembly: directory });
  const { env, pid } = await (await fetch(`${cloud.outputs.Fixture.Url}echo/1`)).json() as { env: Record<string, string>; pid: number };
  await cloud.stop();
  remove();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  await expect(fetch(env.AWS_ENDPOINT_URL)).rejects.toThrow();
  await expect(fetch(cloud.url)).rejects.toThrow();
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'command-'));
  const { directory, remove } = synthesizeFixture();
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    remove();
  });

  /** Runs it until it says that it is ready, or ends. */
  async function run(...args: string[]) {
    const child = spawn(process.execPath, [require.resolve('ts-node/dist/bin'), '-P', join(__dirname, '../../tsconfig.dev.json'), join(__dirname, '../../local/main.ts'), '--assembly', directory, '--no-open', ...args], { cwd: folder });
    let output = '';
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const ready = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes('Ctrl-C stops it')) resolve();
        });
      }
    });
    await Promise.race([ready, ended]);
    return { child, ended, output: () => output };
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('writes outputs and tokens, says where everything is, and ends on %s', async (signal) => {
    const { child, ended, output } = await run('--port', '0');
    const outputs = JSON.parse(readFileSync(join(folder, '.local/outputs.json'), 'utf8')) as { Fixture: { Url: string } };
    const { users } = JSON.parse(readFileSync(join(folder, '.local/session.json'), 'utf8')) as { users: Record<string, string> };
    expect(Object.keys(users)).toEqual(['user-a', 'user-b']);
    expect(statSync(join(folder, '.local/session.json')).mode.toString(8)).toMatch(/600$/);
    expect(output()).toContain(outputs.Fixture.Url);
    expect(output()).toContain("Bearer $(node -p \"require('./.local/session.json').users['user-a']\")");
    expect(output()).toContain('Left out     AWS::SNS::Topic');
    expect(output()).toMatch(/Logs +http.*local\/logs/);
    await (await fetch(`${outputs.Fixture.Url}stream?do=log`)).text();
    const { env, pid } = await (await fetch(`${outputs.Fixture.Url}echo/1`)).json() as { env: Record<string, string>; pid: number };
    expect(output()).toMatch(/: to standard error \(request [\w-]+\)/);
    expect(output()).not.toContain('to standard output');
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(output()).toContain('never used');
    expect(existsSync(env.LAMBDA_TASK_ROOT)).toBe(true);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('says whose files it takes over, and which model server does not answer', async () => {
    const first = await run('--port', '0');
    const { url, pid } = JSON.parse(readFileSync(join(folder, '.local/session.json'), 'utf8')) as { url: string; pid: number };
    expect([pid, first.output().includes('Another local cloud')]).toEqual([first.child.pid, false]);
    const second = await run('--port', '0', '--model-url', 'http://127.0.0.1:9/v1');
    expect(second.output()).toContain(`Another local cloud runs at ${url}: .local/outputs.json and .local/session.json spoke of it`);
    expect(second.output()).toContain("The model's server is not ready: no answer from http://127.0.0.1:9/v1/models");
    expect(second.output()).toContain("http://127.0.0.1:9/v1 answers; 'cost' is what the stack's own model would cost");
    for (const { child, ended } of [first, second]) {
      child.kill('SIGTERM');
      await ended;
    }
  });

  test('ends at once on a taken port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    const { ended, output } = await run('--port', String(port));
    expect([await ended, output().trim()]).toEqual([1, `port ${port} is taken; choose another with --port, as in: npm start -- --port ${port + 1}`]);
    server.close();
  });
});
