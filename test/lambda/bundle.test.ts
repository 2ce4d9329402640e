import { converseStream, runBundledHandler } from './fakes/bundled-handler';
import { facts } from './fakes/policy';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { CHAT_METRICS, type ChatEnv, SYSTEM_PROMPT_FILE } from '../../lib/contract/chat';

const CANARY = 'canary-51f0';

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

let asked: string[];
let tableAsked: string[];
beforeEach(() => {
  [asked, tableAsked] = [[], []];
});

const invoke = runBundledHandler('chat', {
  env: { ...env },
  files: { [SYSTEM_PROMPT_FILE]: 'You are terse.' },
  aws: (request, response) => {
    const operation = request.headers['x-amz-target'];
    if (typeof operation === 'string') {
      // The table never answers its first request.
      if (tableAsked.push(operation.split('.')[1]) > 1) response.end('{}');
      return;
    }
    let body = '';
    request.on('data', (data) => (body += data)).on('end', () => {
      asked.push(body);
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(converseStream(['the answer: ', CANARY]));
    });
  },
});
const chat = (body: object) => invoke('/v1/chat/completions', body);

test('the bundle streams an answer through the real client', async () => {
  const { answer } = await chat({ messages: [{ role: 'user', content: 'Hi' }], stream: true });
  expect(answer).toMatch(new RegExp(`"content":"the answer: ".*"content":"${CANARY}".*"finish_reason":"stop".*data: \\[DONE\\]\\n\\n$`, 's'));
  expect(JSON.parse(asked[0])).toEqual({ system: [{ text: 'You are terse.' }], messages: [{ role: 'user', content: [{ text: 'Hi' }] }], inferenceConfig: { maxTokens: 100 } });
});

test('the bundle logs one line and one set of metrics, and nothing that anybody said', async () => {
  const { printed } = await chat({ messages: [{ role: 'user', content: CANARY, name: CANARY }] });
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
  const { answer } = await chat({ messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'c1' });
  expect(JSON.parse(answer).choices[0].message.content).toContain('the answer');
  // How often the log of the turn is written depends on how long the turn takes.
  expect(tableAsked.filter((call, at) => call === 'UpdateItem' || tableAsked[at - 1] !== call)).toEqual(['UpdateItem', 'UpdateItem', 'PutItem', 'UpdateItem', 'PutItem']);
}, 20_000);
