import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { build } from 'esbuild';
import { HANDLER_BUNDLE } from '../../../projenrc/handler-bundle';

/** What Lambda's runtime gives a handler, and one request. */
const RUNTIME = `
  const { PassThrough } = require('node:stream');
  globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } };
  const { handler } = require('./index.js');
  process.once('message', async (event) => {
    const output = new PassThrough();
    let answer = '';
    output.on('data', (data) => (answer += data));
    await handler(event, output, { getRemainingTimeInMillis: () => 30000, awsRequestId: 'r' });
    process.send(answer, () => process.exit(0));
  });
  process.send('ready');`;

export interface BundledHandler {
  readonly env: Readonly<Record<string, string>>;
  /** By name; what lies beside the bundle. */
  readonly files?: Readonly<Record<string, string>>;
  readonly parts?: readonly string[];
  /** Answers in the place of AWS. */
  readonly aws: RequestListener;
}

/** A handler as it is bundled, for the tests of one file: each request is taken by a process of its own, whose calls of AWS one server answers. */
export function runBundledHandler(name: string, { env, files = {}, parts = [], aws }: BundledHandler) {
  const lambda = resolve(__dirname, '../../../lambda');
  let folder: string;
  let server: Server;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), `${name}-bundle-`));
    await build({ ...HANDLER_BUNDLE, entryPoints: [join(lambda, name, 'index.ts')], outfile: `${folder}/index.js` });
    for (const part of parts) await build({ ...HANDLER_BUNDLE, entryPoints: [join(lambda, `parts/${part}.ts`)], outfile: `${folder}/${part}.js` });
    for (const [file, content] of Object.entries({ ...files, 'runtime.js': RUNTIME })) writeFileSync(join(folder, file), content);
    server = createServer(aws);
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  /** What the handler answers to a body, and what it prints. */
  return async function invoke(resource: string, body: object): Promise<{ answer: string; printed: string }> {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, ['runtime.js'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...env, PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' },
    });
    let printed = '';
    let answer = '';
    child.stdout!.on('data', (data) => (printed += data));
    child.on('message', (message: string) => {
      if (message !== 'ready') return void (answer = message);
      child.send({
        httpMethod: 'POST',
        resource,
        headers: {},
        isBase64Encoded: false,
        body: JSON.stringify(body),
        requestContext: { requestId: 'r1', authorizer: { claims: { sub: 'ada' } }, identity: {} },
      });
    });
    await new Promise((closed) => child.on('close', closed));
    return { answer, printed };
  };
}

/** A whole answer of ConverseStream, of 7 tokens in and 3 out. */
export function converseStream(texts: readonly string[]): Buffer {
  return Buffer.concat([
    frame('messageStart', { role: 'assistant' }),
    ...texts.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 }, metrics: { latencyMs: 1 } }),
  ]);
}

function frame(type: string, body: object): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value });
  return Buffer.from(new EventStreamCodec(toUtf8, fromUtf8).encode({
    headers: { ':message-type': text('event'), ':event-type': text(type), ':content-type': text('application/json') },
    body: fromUtf8(JSON.stringify(body)),
  }));
}
