import { converseStream, runBundledHandler } from './fakes/bundled-handler';
import { facts } from './fakes/policy';
import { KNOWLEDGE } from './fakes/rag-api';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { CHAT_METRICS, SYSTEM_PROMPT_FILE } from '../../lib/contract/chat';
import { RETRIEVAL_METRICS } from '../../lib/contract/knowledge';
import type { RagEnv } from '../../lib/contract/rag';

const CANARY = 'canary-51f0';

const env: RagEnv = {
  KNOWLEDGE: JSON.stringify({ ...KNOWLEDGE, linkSeconds: 60 }),
  MODEL: JSON.stringify(facts),
  ROUTED_MODELS: '',
  GENERATION: '{"maxTokens":100}',
  GUARDRAIL: '',
  SESSIONS: '',
  ANSWERS: '',
  DOCUMENTS: '',
  CALLER: 'cognito',
  CORS_ORIGINS: '',
  SERVICE: 'TestRag',
};

let asked: { readonly path: string; readonly body: any }[];
let busy: number;
beforeEach(() => {
  [asked, busy] = [[], 0];
});

const invoke = runBundledHandler('rag', {
  env: { ...env },
  files: { [SYSTEM_PROMPT_FILE]: 'You are terse.' },
  parts: ['s3-links'],
  aws: (request, response) => {
    let body = '';
    request.on('data', (data) => (body += data)).on('end', () => {
      const path = String(request.url);
      asked.push({ path, body: JSON.parse(body) });
      if (!path.endsWith('/retrieve')) {
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(converseStream(['It is that [', '1].']));
      } else if (busy-- > 0) {
        response.writeHead(429, { 'x-amzn-errortype': 'ThrottlingException' }).end('{"message":"slow down"}');
      } else {
        response.end(JSON.stringify({
          retrievalResults: [{ content: { type: 'TEXT', text: `It is ${CANARY}.` }, location: { type: 'S3', s3Location: { uri: 's3://docs/a b.pdf' } }, score: 0.5, metadata: { department: CANARY } }],
        }));
      }
    });
  },
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
  // That one is of searches with a reranker.
  expect(namesOf(retrieval)).toEqual(Object.values(RETRIEVAL_METRICS).filter((name) => name !== RETRIEVAL_METRICS.rerankFallbacks).sort());
  expect(printed).not.toContain(CANARY);
});
