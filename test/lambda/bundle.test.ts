import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { build } from 'esbuild';
import { facts } from './fakes/policy';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { CHAT_METRICS, type ChatEnv, SYSTEM_PROMPT_FILE } from '../../lib/contract/chat';
import { HANDLER_BUNDLE } from '../../projenrc/handler-bundle';

const CANARY = 'canary-51f0';
const root = resolve(__dirname, '../..');

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

let folder: string;
let bedrock: Server;
let asked: string[];
let tableAsked: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chat-bundle-'));
  await build({ ...HANDLER_BUNDLE, entryPoints: [join(root, 'lambda/chat/index.ts')], outfile: `${folder}/index.js` });
  writeFileSync(join(folder, 'runtime.js'), RUNTIME);
  writeFileSync(join(folder, SYSTEM_PROMPT_FILE), 'You are terse.');
  bedrock = createServer((request, response) => {
    const operation = request.headers['x-amz-target'];
    if (typeof operation === 'string') {
      // The table never answers its first request.
      if (tableAsked.push(operation.split('.')[1]) > 1) response.end('{}');
      return;
    }
    let body = '';
    request.on('data', (data) => (body += data)).on('end', () => {
      asked.push(body);
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.write(frame('messageStart', { role: 'assistant' }));
      for (const text of ['the answer: ', CANARY]) response.write(frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }));
      response.write(frame('messageStop', { stopReason: 'end_turn' }));
      response.end(frame('metadata', { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 }, metrics: { latencyMs: 1 } }));
    });
  });
  await new Promise<void>((ready) => bedrock.listen(0, '127.0.0.1', ready));
});

beforeEach(() => {
  [asked, tableAsked] = [[], []];
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  bedrock.closeAllConnections();
  await new Promise((closed) => bedrock.close(closed));
});

test('the bundle streams an answer through the real client', async () => {
  const { answer } = await invoke({ messages: [{ role: 'user', content: 'Hi' }], stream: true });
  expect(answer).toMatch(new RegExp(`"content":"the answer: ".*"content":"${CANARY}".*"finish_reason":"stop".*data: \\[DONE\\]\\n\\n$`, 's'));
  expect(JSON.parse(asked[0])).toEqual({ system: [{ text: 'You are terse.' }], messages: [{ role: 'user', content: [{ text: 'Hi' }] }], inferenceConfig: { maxTokens: 100 } });
});

test('the bundle logs one line and one set of metrics, and nothing that anybody said', async () => {
  const { printed } = await invoke({ messages: [{ role: 'user', content: CANARY, name: CANARY }] });
  const [metrics, line, ...more] = printed.trim().split('\n').map((text) => JSON.parse(text));
  expect(more).toEqual([]);
  expect(line).toMatchObject({ level: 'INFO', message: 'request', service: 'TestChat', requestId: 'r1', route: 'POST /v1/chat/completions', status: 200 });
  const [{ Namespace, Dimensions, Metrics }] = metrics._aws.CloudWatchMetrics;
  expect([Namespace, Dimensions, metrics.Service, metrics.Model]).toEqual([METRICS_NAMESPACE, [['Service', 'Model']], 'TestChat', 'some-model']);
  expect(Metrics.map(({ Name }: { Name: string }) => Name).sort()).toEqual(Object.values(CHAT_METRICS).sort());
  expect(metrics).toMatchObject({ Turns: 1, InputTokens: 7, OutputTokens: 3, Cost: 0.0000096 });
  expect(printed).not.toContain(CANARY);
});

test('the bundle asks the table again that does not answer', async () => {
  const { answer } = await invoke({ messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'c1' });
  expect(JSON.parse(answer).choices[0].message.content).toContain('the answer');
  // How often the log of the turn is written depends on how long the turn takes.
  expect(tableAsked.filter((call, at) => call === 'UpdateItem' || tableAsked[at - 1] !== call)).toEqual(['UpdateItem', 'UpdateItem', 'PutItem', 'UpdateItem', 'PutItem']);
}, 20_000);

async function invoke(body: object): Promise<{ answer: string; printed: string }> {
  const env: ChatEnv = {
    TABLE_NAME: 't',
    CACHE: '',
    AGENT_MEMORY: '',
    CONTENT_BUCKET: 'content',
    ATTACHMENTS: '',
    MODEL: JSON.stringify(facts),
    ROUTED_MODELS: '',
    GENERATION: '{"maxTokens":100}',
    TRANSPORT: 'rest',
    CALLER: 'cognito',
    TOKENS: '',
    SOCKET: '',
    HISTORY_TOKENS: '1000',
    SUMMARY: '',
    RETENTION_SECONDS: '',
    GUARDRAIL: '',
    HOOKS: '',
    KNOWLEDGE: '',
    QUOTAS: '',
    QUOTA_TABLE: '',
    USER_GROUPS: '',
    CORS_ORIGINS: '',
    SERVICE: 'TestChat',
  };
  const endpoint = `http://127.0.0.1:${(bedrock.address() as AddressInfo).port}`;
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
      resource: '/v1/chat/completions',
      headers: {},
      isBase64Encoded: false,
      body: JSON.stringify(body),
      requestContext: { requestId: 'r1', authorizer: { claims: { sub: 'ada' } }, identity: {} },
    });
  });
  await new Promise((closed) => child.on('close', closed));
  return { answer, printed };
}

function frame(type: string, body: object): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value });
  return Buffer.from(new EventStreamCodec(toUtf8, fromUtf8).encode({
    headers: { ':message-type': text('event'), ':event-type': text(type), ':content-type': text('application/json') },
    body: fromUtf8(JSON.stringify(body)),
  }));
}
