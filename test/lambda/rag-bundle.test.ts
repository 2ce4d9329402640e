import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { build } from 'esbuild';
import { facts } from './fakes/policy';
import { KNOWLEDGE } from './fakes/rag-api';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { CHAT_METRICS, SYSTEM_PROMPT_FILE } from '../../lib/contract/chat';
import { RETRIEVAL_METRICS } from '../../lib/contract/knowledge';
import type { RagEnv } from '../../lib/contract/rag';
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
let asked: { readonly path: string; readonly body: any }[];
let busy: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rag-bundle-'));
  await build({ ...HANDLER_BUNDLE, entryPoints: [join(root, 'lambda/rag/index.ts')], outfile: `${folder}/index.js` });
  await build({ ...HANDLER_BUNDLE, entryPoints: [join(root, 'lambda/parts/s3-links.ts')], outfile: `${folder}/s3-links.js` });
  writeFileSync(join(folder, 'runtime.js'), RUNTIME);
  writeFileSync(join(folder, SYSTEM_PROMPT_FILE), 'You are terse.');
  bedrock = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data)).on('end', () => {
      const path = String(request.url);
      asked.push({ path, body: JSON.parse(body) });
      if (!path.endsWith('/retrieve')) return stream(response);
      if (busy-- > 0) return response.writeHead(429, { 'x-amzn-errortype': 'ThrottlingException' }).end('{"message":"slow down"}');
      return response.end(JSON.stringify({
        retrievalResults: [{ content: { type: 'TEXT', text: `It is ${CANARY}.` }, location: { type: 'S3', s3Location: { uri: 's3://docs/a b.pdf' } }, score: 0.5, metadata: { department: CANARY } }],
      }));
    });
  });
  await new Promise<void>((ready) => bedrock.listen(0, '127.0.0.1', ready));
});

beforeEach(() => {
  [asked, busy] = [[], 0];
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  bedrock.closeAllConnections();
  await new Promise((closed) => bedrock.close(closed));
});

test('the bundle looks passages up again that it is refused for load, and streams an answer from them with signed links', async () => {
  busy = 1;
  const { answer } = await invoke('/v1/query', { query: 'What is it?', stream: true });
  expect(asked.map(({ path }) => path)).toEqual(['/knowledgebases/KB1/retrieve', '/knowledgebases/KB1/retrieve', '/model/global.some.model-v1%3A0/converse-stream']);
  expect(answer).toMatch(/^event: passages\n.*event: text\n.*event: citation\n.*event: done\n.*"grounded":true/s);
  expect(answer).toMatch(/"link":"http:\/\/127\.0\.0\.1:\d+\/docs\/a%20b\.pdf\?[^"]*X-Amz-Expires=60/);
  expect(asked[2].body.messages[0].content).toEqual([{ text: expect.stringContaining(`It is ${CANARY}.`) }, { text: 'What is it?' }]);
});

test('the bundle logs one line and its metrics, and nothing that anybody said or wrote', async () => {
  const { printed } = await invoke('/v1/query', { query: CANARY, filter: { department: CANARY } });
  const [answers, retrieval, line, ...more] = printed.trim().split('\n').map((text) => JSON.parse(text));
  expect(more).toEqual([]);
  expect(line).toMatchObject({ level: 'INFO', message: 'request', service: 'TestRag', requestId: 'r1', route: 'POST /v1/query', status: 200, grounded: true });
  expect([answers, retrieval].map(({ _aws: { CloudWatchMetrics: [{ Namespace, Dimensions }] } }) => [Namespace, Dimensions])).toEqual([[METRICS_NAMESPACE, [['Service', 'Model']]], [METRICS_NAMESPACE, [['Service']]]]);
  const namesOf = ({ _aws: { CloudWatchMetrics: [{ Metrics }] } }: any) => Metrics.map(({ Name }: { Name: string }) => Name).sort();
  expect(namesOf(answers)).toEqual(Object.values(CHAT_METRICS).sort());
  expect(namesOf(retrieval)).toEqual(Object.values(RETRIEVAL_METRICS).sort());
  expect(printed).not.toContain(CANARY);
});

async function invoke(resource: string, body: object): Promise<{ answer: string; printed: string }> {
  const env: RagEnv = {
    KNOWLEDGE: JSON.stringify({ ...KNOWLEDGE, linkSeconds: 60 }),
    MODEL: JSON.stringify(facts),
    ROUTED_MODELS: '',
    GENERATION: '{"maxTokens":100}',
    GUARDRAIL: '',
    SESSIONS: '',
    DOCUMENTS: '',
    CALLER: 'cognito',
    CORS_ORIGINS: '',
    SERVICE: 'TestRag',
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
      resource,
      headers: {},
      isBase64Encoded: false,
      body: JSON.stringify(body),
      requestContext: { requestId: 'r1', authorizer: { claims: { sub: 'ada' } }, identity: {} },
    });
  });
  await new Promise((closed) => child.on('close', closed));
  return { answer, printed };
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  response.write(frame('messageStart', { role: 'assistant' }));
  for (const text of ['It is that [', '1].']) response.write(frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }));
  response.write(frame('messageStop', { stopReason: 'end_turn' }));
  response.end(frame('metadata', { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 }, metrics: { latencyMs: 1 } }));
}

function frame(type: string, body: object): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value });
  return Buffer.from(new EventStreamCodec(toUtf8, fromUtf8).encode({
    headers: { ':message-type': text('event'), ':event-type': text(type), ':content-type': text('application/json') },
    body: fromUtf8(JSON.stringify(body)),
  }));
}
