import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { ChatbotApi, Guardrail, HookFailureMode, SentenceTransform, WordFilter } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';

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

test('no line of any log holds a word that anybody said, with every option of a turn on and everything going wrong', async () => {
  const assembly = mkdtempSync(join(tmpdir(), 'canary-'));
  let cloud: LocalCloud | undefined;
  try {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Canary');
    const handler = new LambdaFunction(stack, 'Hook', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline(HOOK), timeout: Duration.seconds(10) });
    const chat = new ChatbotApi(stack, 'Chat', {
      systemPrompt: `Say ${CANARY} often.`,
      guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words([`${CANARY}blocked`])] }),
      hooks: { before: { handler, trusted: true }, sentences: SentenceTransform.lambda(handler, { failure: HookFailureMode.GO_ON }), after: { handler } },
      quotas: { user: [{ window: Duration.days(31), requests: 12 }] },
      conversations: { attachments: {} },
    });
    new CfnOutput(stack, 'Url', { value: chat.url });
    app.synth();
    cloud = await startCloud({ assembly });
    const { Url } = cloud.outputs.Canary;
    const send = async (path: string, body: unknown, method = 'POST') => {
      const response = await fetch(`${Url}v1/${path}`, {
        method,
        headers: { 'authorization': `Bearer ${cloud!.session.users['user-a']}`, 'content-type': 'application/json', 'x-conversation-id': 'c1' },
        body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, text: await response.text() };
    };
    const say = (content: unknown, more: object = {}) => send('chat/completions', { messages: [{ role: 'user', content }], ...more });
    const tools = [{ type: 'function', function: { name: `get_${CANARY}`, description: CANARY, parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
    const statuses = [
      (await say(`Tell me of ${CANARY}.`)).status,
      (await say(`Tell me of ${CANARY}.`, { stream: true })).status,
      (await say(`Use get_${CANARY} for ${CANARY}.`, { tools })).status,
      (await say(`${CANARY} refuse`)).status,
      (await say(`${CANARY} nonsense`)).status,
      (await say(`${CANARY}blocked`)).status,
    ];
    expect(statuses).toEqual([200, 200, 200, 403, 502, 200]);
    for (const kind of ['error', 'cut', 'unavailable', 'throttle-in-stream'] as const) {
      cloud.faults.set({ kind, times: 1 });
      await say(`Tell me of ${CANARY}.`, { stream: true });
    }
    for (const body of [`{"${CANARY}`, { messages: CANARY }, { messages: [{ role: CANARY }] }, { [CANARY]: 1, messages: [] }, { model: CANARY, messages: [{ role: 'user', content: CANARY }] }]) {
      expect((await send('chat/completions', body)).status).toBeGreaterThanOrEqual(400);
    }
    const read = JSON.parse((await send('conversations/c1?limit=100', undefined, 'GET')).text) as { messages: { id: string; role: string }[] };
    const answer = read.messages.find(({ role }) => role === 'assistant')!;
    expect((await send(`conversations/c1/messages/${answer.id}/feedback`, { rating: 'up', comment: CANARY })).status).toBe(200);
    expect((await send('conversations/c1', { title: CANARY }, 'PATCH')).status).toBe(200);
    let refused = 200;
    for (let turn = 0; turn < 12 && refused !== 429; turn++) refused = (await say(CANARY)).status;
    expect(refused).toBe(429);

    await new Promise((resolve) => setTimeout(resolve, 500));
    const lines = cloud.logs.map(({ line }) => line);
    expect(lines.filter((line) => line.includes('"route"') || line.includes('"CloudWatchMetrics"')).length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.toLowerCase().includes(CANARY))).toEqual([]);
    expect(lines.some((line) => line.includes('"guardrail":"input word CUSTOM BLOCKED"'))).toBe(true);
  } finally {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  }
}, 120_000);
