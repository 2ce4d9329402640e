// Runs one handler as Lambda's runtime does, a request at a time, and says what each cost.
import { channel } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

export interface Work {
  /** What arrives in the body, one for each request. */
  readonly bodies: string[];
  /** How many tokens each answer has. */
  readonly tokens: number;
}

export interface Done {
  /** Milliseconds from the event to the first token and to the end, without the time that the table took. */
  readonly first: number[];
  readonly total: number[];
  /** Milliseconds of CPU a request. */
  readonly cpu: number;
}

type Handler = (event: unknown, response: Writable, context: unknown) => Promise<void>;

const runtime = { streamifyResponse: (handler: Handler) => handler, HttpResponseStream: { from: (stream: Writable) => stream } };
Object.assign(globalThis, { awslambda: runtime });

const [, , bundle, tablePort] = process.argv;

/** Time spent waiting for the table since the request began: it is the service's own. */
let waited = 0;
const asked = new Map<ClientRequest, number>();
const ofTable = (request: ClientRequest) => request.getHeader('host')?.toString().endsWith(`:${tablePort}`);
channel('http.client.request.start').subscribe((message) => {
  const { request } = message as { request: ClientRequest };
  if (ofTable(request)) asked.set(request, performance.now());
});
channel('http.client.response.finish').subscribe((message) => {
  const { request } = message as { request: ClientRequest };
  const since = asked.get(request);
  asked.delete(request);
  if (since !== undefined) waited += performance.now() - since;
});

const { handler } = createRequire(bundle)(bundle) as { handler: Handler };

interface Answer {
  readonly first: number;
  readonly total: number;
  readonly pieces: string[];
}

async function answer(body: string, number: number): Promise<Answer> {
  const event = {
    httpMethod: 'POST',
    resource: '/v1/chat/completions',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    multiValueHeaders: {},
    pathParameters: null,
    queryStringParameters: null,
    isBase64Encoded: false,
    body,
    requestContext: { requestId: `request-${number}`, authorizer: { claims: { sub: 'user-a' } }, identity: {} },
  };
  let first: number | undefined;
  const pieces: string[] = [];
  waited = 0;
  const start = performance.now();
  const response = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, callback) {
      if (first === undefined && chunk.includes('token0')) first = performance.now() - start - waited;
      pieces.push(chunk);
      callback();
    },
  });
  const ended = finished(response);
  await handler(event, response, { getRemainingTimeInMillis: () => 60_000, awsRequestId: event.requestContext.requestId });
  await ended;
  const total = performance.now() - start - waited;
  return { first: first ?? NaN, total, pieces };
}

/** Outside of what is measured: a handler that loses or reorders tokens is not fast. */
function requireWhole({ pieces }: Answer, count: number) {
  const said = pieces.join('');
  const tokens = [...said.matchAll(/"content":"token(\d+) "/g)].map(([, token]) => Number(token));
  const whole = tokens.length === count && tokens.every((token, index) => token === index) && said.endsWith('data: [DONE]\n\n');
  if (!whole) throw new Error(`the handler did not stream its answer to the end: ${said.slice(-500)}`);
}

process.on('message', async ({ bodies, tokens }: Work) => {
  const answers: Answer[] = [];
  const before = process.cpuUsage();
  for (const [index, body] of bodies.entries()) answers.push(await answer(body, index));
  const { user, system } = process.cpuUsage(before);
  const done: Done = { first: answers.map(({ first }) => first), total: answers.map(({ total }) => total), cpu: (user + system) / 1000 / bodies.length };
  answers.forEach((answered) => requireWhole(answered, tokens));
  process.send?.(done);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
