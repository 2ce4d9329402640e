import { Duration, type App } from 'aws-cdk-lib';
import { type ErrorBody, userMessage } from './run-example';
import { defineChats, runStacks } from './run-stacks';
import { SocketClient } from './socket-client';
import { ContainerExposure, Transport } from '../../lib';

/** Longer than a client is left without a word, and so long that a second word of the model comes after the end of a turn's time. */
const GAP_MS = 11_000;
const TURN_MS = 15_000;
const generation = { turnTimeout: Duration.millis(TURN_MS) };

const TRANSPORTS: Readonly<Record<string, Transport>> = {
  Rest: Transport.restStreaming(),
  FunctionUrl: Transport.functionUrl(),
  Container: Transport.container({ exposure: ContainerExposure.internalHttp() }),
  Socket: Transport.webSocket(),
};

/** What a client hears of a turn that it wants as a stream: signs of life, words, and how it ends. */
interface Heard {
  readonly alive: number;
  readonly words: string;
  readonly finish?: string;
  readonly error?: string;
  readonly afterMs: number;
}

const chats = Object.fromEntries(Object.entries(TRANSPORTS).map(([name, transport]) => [name, { transport, generation }]));
const run = runStacks((app: App) => defineChats(app, chats), { slowGapMs: GAP_MS });

const url = (name: string) => run.cloud.outputs[name].Url;
const token = (name: string) => run.cloud.session.pools[name]['user-a'];
const post = (name: string, body: object) => fetch(`${url(name)}v1/chat/completions`, {
  method: 'POST', body: JSON.stringify(body), headers: { 'authorization': `Bearer ${token(name)}`, 'content-type': 'application/json' },
});
const contentOf = (chunks: readonly { choices?: { delta: { content?: string } }[] }[]) => chunks.map(({ choices }) => choices?.[0]?.delta.content ?? '').join('');

async function heardByHttp(name: string, body: object): Promise<Heard> {
  const begun = Date.now();
  const response = await post(name, { ...body, stream: true });
  expect(response.status).toBe(200);
  const text = await response.text();
  const data = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json));
  const done = text.trimEnd().endsWith('data: [DONE]');
  return {
    alive: text.match(/^: working on it$/gm)?.length ?? 0,
    words: contentOf(data),
    finish: done ? data.flatMap(({ choices }) => choices?.[0]?.finish_reason ?? []).at(-1) : undefined,
    error: data.at(-1)?.error?.code,
    afterMs: Date.now() - begun,
  };
}

async function heardBySocket(name: string, body: object): Promise<Heard> {
  const client = await SocketClient.open(url(name), ['chat.v1', `bearer.${token(name)}`]);
  try {
    const begun = Date.now();
    const id = client.ask({ type: 'chat.completions', body: { ...body, stream: true } });
    const messages = await client.until(id, (sofar) => sofar.some(({ type }) => type === 'end' || type === 'error'), 2 * TURN_MS);
    const data = messages.flatMap(({ events = [] }) => events.map((event) => event.data));
    const complete = messages.at(-1)?.complete;
    return {
      alive: messages.filter(({ type }) => type === 'working').length,
      words: contentOf(data),
      finish: complete ? data.flatMap(({ choices }) => choices?.[0]?.finish_reason ?? []).at(-1) : undefined,
      error: messages.at(-1)?.error?.code ?? data.at(-1)?.error?.code,
      afterMs: Date.now() - begun,
    };
  } finally {
    client.socket.terminate();
  }
}

const hear = (name: string, body: object) => name === 'Socket' ? heardBySocket(name, body) : heardByHttp(name, body);

// What is waited for is waited for once: every turn runs beside the others.
let waited: Readonly<Record<string, { readonly slow: Heard; readonly late: Heard; readonly whole?: { status: number; body: ErrorBody } }>>;
beforeAll(async () => {
  run.cloud.faults.set({ kind: 'slow' });
  waited = Object.fromEntries(await Promise.all(Object.keys(TRANSPORTS).map(async (name) => {
    const [slow, late, whole] = await Promise.all([
      hear(name, { ...userMessage('Tell me of rivers.'), max_tokens: 1 }),
      hear(name, { ...userMessage('Tell me of rivers.'), conversation_id: 'late' }),
      name === 'Socket' ? undefined : post(name, userMessage('Tell me of rivers.')).then(async (response) => ({ status: response.status, body: await response.json() as ErrorBody })),
    ]);
    return [name, { slow, late, whole }] as const;
  })));
  run.cloud.faults.set({ kind: 'none' });
}, 90_000);

describe.each(Object.keys(TRANSPORTS))('over %s', (name) => {
  test('a client hears that its turn lives while the model is silent, and then the answer', () => {
    expect(waited[name].slow).toMatchObject({ alive: 1, words: expect.stringMatching(/./), finish: 'length' });
    expect(waited[name].slow.afterMs).toBeGreaterThan(GAP_MS);
  });

  test('a turn that takes too long ends with what was said and a typed error, before its time is up', () => {
    const { late } = waited[name];
    expect(late).toMatchObject({ words: expect.stringMatching(/./), finish: undefined, error: 'timeout' });
    expect(late.afterMs).toBeLessThan(2 * GAP_MS);
    expect(late.afterMs).toBeGreaterThan(GAP_MS);
  });

  test('the next turn of the conversation is let in, and finds nothing of the one that failed', async () => {
    const next = await hear(name, { ...userMessage('Again?'), conversation_id: 'late' });
    expect(next).toMatchObject({ finish: 'stop', words: expect.stringContaining('I have read 1 message of yours') });
  });
});

test.each(Object.keys(TRANSPORTS).filter((name) => name !== 'Socket'))('an answer in one piece over %s is a 504 where time is up', (name) => {
  expect(waited[name].whole).toMatchObject({ status: 504, body: { error: { code: 'timeout', message: expect.stringContaining('took longer') } } });
});

test('no function was ended by force, and each turn was told in its line', () => {
  const lines = run.cloud.logs.map(({ line }) => line);
  expect(lines.filter((line) => /timed out|SIGKILL/i.test(line))).toEqual([]);
  expect(lines.filter((line) => line.includes('"errorCode":"timeout"') && line.includes('"request"'))).toHaveLength(7);
});
