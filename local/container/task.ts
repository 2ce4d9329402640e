import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { ContainerService } from './definition';
import { REGION } from '../assembly/identity';
import type { CloudLogs } from '../logs';

export interface TaskSurroundings {
  readonly node: string;
  readonly logs: CloudLogs;
  /** What `AWS_ENDPOINT_URL` holds. */
  readonly endpoint: string;
  /** A file with certificates that tasks trust beside those of the world. */
  readonly certificates?: string;
  /** Where the task asks for the credentials of its role. */
  readonly credentials: string;
  localise(text: string): string;
  onNotice(line: string): void;
}

const READY_MS = 20_000;
const STOP_MS = 10_000;

/** One task of a service as a process of this machine: the command of its definition, with its environment and with the role's credentials. */
export class LocalTask {
  private child?: ChildProcess;
  private ready?: Promise<number>;

  constructor(readonly service: ContainerService, private readonly surroundings: TaskSurroundings) {}

  /** The port of the task, once it says that it is well. */
  port(): Promise<number> {
    return this.ready ??= this.start().catch((error: Error) => {
      this.ready = undefined;
      throw error;
    });
  }

  /** Tells the task to end, as Fargate does, and waits for it. */
  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(impatience);
  }

  private async start(): Promise<number> {
    const { service: { command: [program, ...parameters], environment, logGroup, name }, surroundings } = this;
    if (program !== 'node') throw new Error(`the local cloud runs tasks of Node.js only, ${name} asks for ${program}`);
    const port = await freePort();
    const child = this.child = spawn(surroundings.node, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of this machine's own environment, as a task has nothing of its builder's.
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        TZ: ':UTC',
        AWS_REGION: REGION,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: surroundings.credentials,
        AWS_ENDPOINT_URL: surroundings.endpoint,
        ...surroundings.certificates !== undefined && { NODE_EXTRA_CA_CERTS: surroundings.certificates },
        ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, surroundings.localise(value)])),
        PORT: `${port}`,
      },
    });
    for (const kind of ['stdout', 'stderr'] as const) createInterface({ input: child[kind]! }).on('line', (line) => surroundings.logs.add({ group: logGroup, kind, line }));
    child.once('close', (code) => {
      this.ready = undefined;
      if (code) surroundings.onNotice(`the task of ${name} ended with ${code}; its log says why`);
    });
    for (const until = Date.now() + READY_MS; Date.now() < until && child.exitCode === null; await new Promise((resolve) => setTimeout(resolve, 50))) {
      if (await healthy(port)) return port;
    }
    throw new Error(`the task of ${name} is not well after ${READY_MS / 1000} seconds; its log says why`);
  }
}

function healthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', port, path: '/healthz', timeout: 1_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', () => resolve(false)).end();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
