import { Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { defineChats, runStacks } from './run-stacks';
import { SocketClient } from './socket-client';
import { ContainerExposure, Guardrail, HookFailureMode, SentenceTransform, Transport, WordFilter } from '../../lib';

/** Nobody's word but this test's. */
const CANARY = 'zanzibar7f';

/** Says nothing itself, fails now and then with words in its hands, and adds the canary to all that it touches. */
const HOOK = `exports.handler = async (event) => {
  if (event.hook === 'beforeTurn') {
    const words = JSON.stringify(event.messages);
    if (words.includes('refuse')) return { refuse: { reason: 'No ${CANARY}.' } };
    if (words.includes('nonsense')) return '${CANARY}';
    return { system: 'Know ${CANARY}.', context: 'The ${CANARY} is data.' };
  }
  if (event.hook === 'sentences') return { sentences: event.sentences.map((sentence) => sentence + '${CANARY} ') };
  return null;
};`;

/** Turns that a caller may have in all. */
const REQUESTS = 20;
const CONVERSATION = { 'x-conversation-id': 'c1' };

const run = runStacks((app) => {
  // Functions and guardrails that the chats share.
  const own = new Stack(app, 'Own');
  const handler = new LambdaFunction(own, 'Hook', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline(HOOK), timeout: Duration.seconds(10) });
  const every = {
    systemPrompt: `Say ${CANARY} often.`,
    guardrail: new Guardrail(own, 'Guardrail', { wordFilters: [WordFilter.words([`${CANARY}blocked`])] }),
    hooks: { before: { handler, trusted: true }, sentences: SentenceTransform.lambda(handler, { failure: HookFailureMode.GO_ON }), after: { handler } },
    quotas: { user: [{ window: Duration.days(31), requests: REQUESTS }] },
    conversations: { attachments: {} },
  };
  defineChats(app, {
    Rest: every,
    Socket: { ...every, transport: Transport.webSocket() },
    Container: { ...every, transport: Transport.container({ exposure: ContainerExposure.internalHttp() }) },
  });
});

interface Heard {
  readonly status: number;
  readonly text: string;
}

/** Sends anything to a chat, wherever its transport has a place for it: a body that is a text is sent to the letter. */
interface Caller {
  send(path: string, body?: unknown, method?: string): Promise<Heard>;
  close(): void;
}

const token = (name: string) => run.cloud.session.pools[name]['user-a'];

const byHttp = (name: string): Caller => ({
  async send(path, body, method = 'POST') {
    const response = await fetch(`${run.cloud.outputs[name].Url}v1/${path}`, {
      method,
      headers: { 'authorization': `Bearer ${token(name)}`, 'content-type': 'application/json', ...CONVERSATION },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  },
  close: () => undefined,
});

async function bySocket(name: string): Promise<Caller> {
  const client = await SocketClient.open(run.cloud.outputs[name].Url, ['chat.v1', `bearer.${token(name)}`]);
  return {
    async send(path, body, method = 'POST') {
      if (typeof body === 'string') {
        const before = client.messages.length;
        client.socket.send(body);
        while (client.messages.length === before) await new Promise((resolve) => setTimeout(resolve, 20));
        return { status: client.messages.at(-1)?.status ?? 0, text: JSON.stringify(client.messages.at(-1)) };
      }
      const message = path === 'chat/completions'
        ? { type: 'chat.completions', headers: CONVERSATION, body }
        : { type: 'request', method, path: `/v1/${path}`, headers: { 'content-type': 'application/json' }, body };
      const heard = (await client.answer(client.ask(message))).filter(({ type }) => type !== 'accepted');
      return { status: heard.find(({ status }) => status !== undefined)?.status ?? 0, text: JSON.stringify(heard[0].body ?? heard) };
    },
    close: () => client.socket.terminate(),
  };
}

/** Uploads a file past the API, and gives back its id. */
async function upload({ send }: Caller): Promise<string> {
  const { id, upload: place } = JSON.parse((await send('files', { filename: `${CANARY}.txt` })).text) as { id: string; upload: { url: string; fields: Record<string, string> } };
  const form = new FormData();
  for (const [name, value] of Object.entries(place.fields)) form.append(name, value);
  form.append('file', new Blob([`The ${CANARY} is in the file.`]), `${CANARY}.txt`);
  expect((await fetch(place.url, { method: 'POST', body: form })).status).toBe(204);
  return id;
}

/** Every option of a turn, and everything that may go wrong with one. */
async function sayAll(caller: Caller): Promise<void> {
  const { send } = caller;
  const say = (content: unknown, more: object = {}) => send('chat/completions', { messages: [{ role: 'user', content }], ...more });
  const tools = [{ type: 'function', function: { name: `get_${CANARY}`, description: CANARY, parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
  const file = await upload(caller);
  const inline = `data:text/plain;base64,${Buffer.from(`Also ${CANARY}.`).toString('base64')}`;
  const attached = await say([{ type: 'text', text: `Sum ${CANARY} up.` }, { type: 'file', file: { file_id: file } }, { type: 'file', file: { filename: `${CANARY}.md`, file_data: inline } }]);
  expect(attached.text).toContain('is in the file');
  const statuses = [
    attached.status,
    (await say(`Tell me of ${CANARY}.`)).status,
    (await say(`Tell me of ${CANARY}.`, { stream: true })).status,
    (await say(`Use get_${CANARY} for ${CANARY}.`, { tools })).status,
    (await say(`${CANARY} refuse`)).status,
    (await say(`${CANARY} nonsense`)).status,
    (await say(`${CANARY}blocked`)).status,
    (await say([{ type: 'file', file: { file_id: `file-${CANARY}` } }])).status,
  ];
  expect(statuses).toEqual([200, 200, 200, 200, 403, 502, 200, 404]);
  for (const kind of ['error', 'cut', 'unavailable', 'throttle-in-stream'] as const) {
    run.cloud.faults.set({ kind, times: 1 });
    await say(`Tell me of ${CANARY}.`, { stream: true });
  }
  for (const body of [`{"${CANARY}`, { messages: CANARY }, { messages: [{ role: CANARY }] }, { [CANARY]: 1, messages: [] }, { model: CANARY, messages: [{ role: 'user', content: CANARY }] }]) {
    expect((await send('chat/completions', body)).status).toBeGreaterThanOrEqual(400);
  }
  const read = JSON.parse((await send('conversations/c1?limit=100', undefined, 'GET')).text) as { messages: { id: string; role: string }[] };
  const answer = read.messages.find(({ role }) => role === 'assistant')!;
  expect((await send(`conversations/c1/messages/${answer.id}/feedback`, { rating: 'up', comment: CANARY })).status).toBe(200);
  expect((await send('conversations/c1', { title: CANARY }, 'PATCH')).status).toBe(200);
  expect((await send(`files/${file}`, undefined, 'DELETE')).status).toBe(200);
  let refused = 200;
  for (let turn = 0; turn < REQUESTS && refused !== 429; turn++) refused = (await say(CANARY)).status;
  expect(refused).toBe(429);
}

test.each([['Rest', byHttp], ['Socket', bySocket], ['Container', byHttp]] as const)(
  'no line of any log holds a word that anybody said over %s, with every option of a turn on and everything going wrong', async (name, call) => {
    const before = run.cloud.logs.length;
    const caller = await call(name);
    await sayAll(caller);
    caller.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const lines = run.cloud.logs.slice(before).map(({ line }) => line);
    expect(lines.filter((line) => line.includes('"route"') || line.includes('"CloudWatchMetrics"')).length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.toLowerCase().includes(CANARY))).toEqual([]);
    expect(lines.some((line) => line.includes('"guardrail":"input word CUSTOM BLOCKED"'))).toBe(true);
  }, 120_000);
