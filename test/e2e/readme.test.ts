import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');
const run = promisify(execFile);

/** The code block of the README that holds a word, to the letter. */
function snippet(language: string, word: string): string {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  const block = blocks.find(([, name, code]) => name === language && code.includes(word));
  if (!block) throw new Error(`the README has no ${language} block with '${word}'`);
  return block[2];
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number)).filter(([, parent]) => parent === pid).map(([child]) => child);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('what the README prints', () => {
  let cloud: ChildProcess;
  let screen = '';

  beforeAll(async () => {
    cloud = spawn(process.execPath, [require.resolve('ts-node/dist/bin'), '-P', 'tsconfig.dev.json', 'local/main.ts', '--no-open', '--port', '0'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [cloud.stdout, cloud.stderr]) stream?.on('data', (chunk: Buffer) => { screen += chunk.toString(); });
    while (!screen.includes('Ctrl-C')) {
      if (cloud.exitCode !== null) throw new Error(screen);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 90_000);

  test('the curl command streams to its end', async () => {
    const { stdout } = await run('bash', ['-c', snippet('bash', 'curl')], { cwd: root });
    expect(stdout).toContain('chat.completion.chunk');
    expect(stdout.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  test('the openai program prints an answer', async () => {
    const program = join(root, '.local/hello.mjs');
    writeFileSync(program, snippet('js', 'openai'));
    const { stdout } = await run(process.execPath, [program], { cwd: root });
    expect(stdout).toContain('haiku');
  });

  test('says what is done while one waits, and since when', () => {
    const steps = [...screen.matchAll(/^ *[\d.]+ s  (.+)$/gm)].map(([, step]) => step);
    expect(steps).toEqual(['Bundling the handlers', 'Synthesizing the example chatbot-api', 'Starting the services of the stack', 'Ready']);
  });

  test('the first screen says where everything is', () => {
    expect(screen).toMatch(/http:\/\/127\.0\.0\.1:\d+\//);
    expect(screen).toContain('.local/outputs.json');
    expect(screen).toContain('.local/session.json');
  });

  test('refuses a taken port with a message that names it', async () => {
    const port = /127\.0\.0\.1:(\d+)/.exec(screen)![1];
    const second = spawn(process.execPath, [require.resolve('ts-node/dist/bin'), '-P', 'tsconfig.dev.json', 'local/main.ts', '--no-open', '--port', port, '--assembly', '.local/cdk.out'], { cwd: root });
    let said = '';
    second.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    const [code] = await once(second, 'exit');
    expect(code).not.toBe(0);
    expect(said).toContain(port);
    expect(said).toContain('--port');
  }, 60_000);

  test('stops on Ctrl-C with its report, and leaves no process', async () => {
    const children = childrenOf(cloud.pid!);
    expect(children.length).toBeGreaterThan(0);
    cloud.kill('SIGINT');
    const [code] = await once(cloud, 'exit');
    expect(code).toBe(0);
    expect(screen).toContain('never used');
    // The bundler's helper notices a moment later that it is alone.
    for (let wait = 0; wait < 50 && children.some(isAlive); wait++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(children.filter(isAlive)).toEqual([]);
  });

  afterAll(() => cloud.kill('SIGKILL'));
});
