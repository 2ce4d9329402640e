import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface RedisOptions {
  /** Where clients are told to find it. @default - where it is */
  readonly announced?: number;
  /** What each user may do. @default - there is the one who may do everything */
  readonly users?: ReadonlyMap<string, string>;
}

export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

const START_MS = 10_000;

/** The Redis or Valkey of this machine, if it has one. */
export function findRedis(path = process.env.PATH ?? ''): string | undefined {
  return path.split(delimiter).flatMap((folder) => ['valkey-server', 'redis-server'].map((name) => join(folder, name))).find(existsSync);
}

/** A cluster of one node on loopback that keeps nothing: it holds every slot, and refuses scripts whose keys would lie on several nodes. */
export async function startRedis(binary: string, { announced, users = new Map() }: RedisOptions = {}): Promise<Redis> {
  const directory = mkdtempSync(join(tmpdir(), 'redis-'));
  const [port, bus] = await freePorts(2);
  const settings = {
    'bind': '127.0.0.1',
    'port': port,
    'dir': directory,
    'save': '',
    'appendonly': 'no',
    'loglevel': 'warning',
    'cluster-enabled': 'yes',
    'cluster-port': bus,
    'cluster-announce-ip': '127.0.0.1',
    'cluster-announce-port': announced ?? port,
  };
  const child = spawn(binary, Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    await ended(child);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await until(async () => (await say(port, 'PING')).startsWith('+PONG'));
    await say(port, 'CLUSTER ADDSLOTSRANGE 0 16383');
    await until(async () => (await say(port, 'CLUSTER INFO')).includes('cluster_state:ok'));
    for (const [user, access] of users) {
      const answer = await say(port, `ACL SETUSER ${user} nopass ${access}`);
      if (!answer.startsWith('+OK')) throw new Error(`Redis takes no user ${user} who may '${access}': ${answer.trim()}`);
    }
    return { port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + START_MS;
  while (!await holds().catch(() => false)) {
    if (Date.now() > end) throw new Error(`Redis did not start within ${START_MS / 1000} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One command and the beginning of its answer. */
function say(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.toString());
    });
    socket.once('error', reject);
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
