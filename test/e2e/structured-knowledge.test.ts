import { CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import OpenAI from 'openai';
import { emittedMetrics } from './emitted-metrics';
import { runExample } from './run-example';
import { runStacks } from './run-stacks';
import { ApiAuth, ChatbotApi, QueryEngine, RagApi, RedshiftLogin, StructuredData, StructuredKnowledge, type StructuredKnowledgeProps } from '../../lib';

const MODEL = 'global.amazon.nova-2-lite-v1:0';
const TOTALS = 'SELECT region, SUM(amount) AS total FROM sales.public.orders GROUP BY region ORDER BY total DESC';
const WORKGROUP = 'arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/01234567-89ab-cdef-0123-456789abcdef';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:login-AbCdEf';
const QUESTION = 'How much did the north region sell?';
const ROWS = [{ sql: TOTALS, rows: [{ region: 'north', total: 1200 }, { region: 'south', total: 7 }] }];
const queries = { curated: [{ question: 'How much did each region sell?', sql: TOTALS }, { question: 'Which orders are there?', sql: 'SELECT id FROM sales.public.orders' }] };

/** What is done only where something fails, waits, or goes with its stack. */
const SELDOM = [
  'bedrock:StopIngestionJob', 'bedrock:GetIngestionJob', 'bedrock:ListIngestionJobs', 'bedrock:ListDataSources', 'bedrock:ListKnowledgeBaseDocuments',
  'sqs:SendMessage', 'dynamodb:Query', 'dynamodb:BatchWriteItem',
];

/** Until the tables are known, which a job reads after the deployment. */
async function known(ask: () => Promise<Response>): Promise<void> {
  for (const until = Date.now() + 30_000; ;) {
    const response = await ask();
    if (response.status === 200) return;
    if (Date.now() > until) throw new Error(`the tables are not known: ${response.status} ${await response.text()}`);
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
}

describe('the example of answers from tables', () => {
  const example = runExample('structured-knowledge');
  const post = (path: string, body: object) => example.send('POST', path, body);
  const json = async (path: string, body: object): Promise<any> => {
    const response = await post(path, body);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text);
  };

  beforeAll(async () => {
    await fetch(new URL('/local/knowledge/rows', example.cloud.url), { method: 'PUT', body: JSON.stringify(ROWS) });
    await known(() => post('v1/sql', { query: QUESTION }));
  }, 60_000);

  test('says what has to be run in the database', () => {
    expect(Object.values(example.cloud.outputs)[0].SetupSql).toMatch(/^CREATE USER "IAMR:StructuredKnowledge-[\w-]+" WITH PASSWORD DISABLE;\nGRANT USAGE ON SCHEMA "public" TO "IAMR:.*SELECT ON ALL TABLES/s);
  });

  test('answers from the rows of a query, and names it', async () => {
    const body = await json('v1/query', { query: QUESTION, include_passages: true });
    expect(body).toMatchObject({ grounded: true });
    expect(body.citations.at(-1)).toMatchObject({ number: 1, source: { query: TOTALS, title: TOTALS } });
    expect(body.answer).toContain('north | 1200 [1]');
    expect(body.passages[0].table).toEqual({ columns: ['region', 'total'], rows: [['north', 1200], ['south', 7]] });
  });

  test('shows rows without a model, as many as are wanted', async () => {
    example.cloud.knowledge.queries.set({ sql: TOTALS, rows: Array.from({ length: 60 }, (_, n) => ({ region: `region ${n}`, total: n })) });
    try {
      const { passages: [few] } = await json('v1/retrieve', { query: QUESTION, passages: 3 });
      expect(few.table).toEqual({ columns: ['region', 'total'], rows: [['region 0', 0], ['region 1', 1], ['region 2', 2]], more: true });
      const { passages: [most] } = await json('v1/retrieve', { query: QUESTION });
      expect([most.table.rows.length, most.table.more]).toEqual([25, true]);
    } finally {
      example.cloud.knowledge.queries.set(...ROWS);
    }
  });

  test('writes a query that it does not run', async () => {
    expect(await json('v1/sql', { query: 'What did each region sell?' })).toMatchObject({ object: 'sql', queries: [{ sql: TOTALS }] });
  });

  test('says that no rows answer where a query finds none, and asks no model', async () => {
    example.cloud.knowledge.queries.set({ sql: TOTALS, rows: [] });
    try {
      expect(await json('v1/query', { query: QUESTION })).toMatchObject({ answer: 'I do not know: no rows of the data answer this.', finish_reason: 'unanswered', grounded: false });
    } finally {
      example.cloud.knowledge.queries.set(...ROWS);
    }
  });

  test('refuses a filter, and fails where the service does', async () => {
    expect((await post('v1/query', { query: QUESTION, filter: { region: 'north' } })).status).toBe(400);
    example.cloud.knowledge.faults.set({ kind: 'unavailable' });
    try {
      expect((await post('v1/query', { query: QUESTION })).status).toBe(503);
      expect((await post('v1/sql', { query: QUESTION })).status).toBe(503);
    } finally {
      example.cloud.knowledge.faults.set();
    }
  }, 30_000);

  test('counts what was asked and what was read, and scores nothing', async () => {
    await example.cloud.waitForLog(({ line }) => line.includes('SyncJobs'), 30_000);
    const names = emittedMetrics(example.cloud).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['Turns', 'Retrievals', 'EmptyRetrievals', 'RetrievalDuration', 'SyncJobs']));
    expect(names).not.toContain('TopScore');
  }, 60_000);

  test('uses every grant, and lacks none', async () => {
    const { roles } = await example.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    const idle = roles.flatMap(({ unused, untouched }) => [...unused, ...untouched]).map(({ action }) => action);
    expect(idle.filter((action) => !SELDOM.includes(action))).toEqual([]);
  });
});

describe('a chat over tables', () => {
  const bases: Readonly<Record<string, (stack: Stack) => Pick<StructuredKnowledgeProps, 'engine' | 'data'>>> = {
    Serverless: () => ({ engine: QueryEngine.redshiftServerless(WORKGROUP), data: StructuredData.redshift('sales') }),
    ServerlessSecret: (stack) => ({
      engine: QueryEngine.redshiftServerless(WORKGROUP, { login: RedshiftLogin.secret(Secret.fromSecretCompleteArn(stack, 'Login', SECRET)) }),
      data: StructuredData.redshift('sales'),
    }),
    Cluster: () => ({ engine: QueryEngine.redshiftCluster('warehouse'), data: StructuredData.redshift('sales') }),
    ClusterUser: () => ({
      engine: QueryEngine.redshiftCluster('warehouse', { login: RedshiftLogin.databaseUser('reporting') }), data: StructuredData.redshift('sales'),
    }),
    Lake: () => ({ engine: QueryEngine.redshiftCluster('warehouse'), data: StructuredData.glue(['shop.orders', 'crm.*']) }),
  };
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Chats');
    const auth = ApiAuth.cognito(new UserPool(stack, 'Users'));
    for (const [name, props] of Object.entries(bases)) {
      const knowledge = new StructuredKnowledge(stack, name, { ...props(stack), queries, api: RagApi.none() });
      new CfnOutput(stack, `${name}Url`, { value: new ChatbotApi(stack, `${name}Chat`, { auth, knowledge }).url });
    }
  });
  const url = (name: string) => run.cloud.outputs.Chats[`${name}Url`];
  const apiKey = () => run.cloud.session.users['user-a'];
  const messages = [{ role: 'user' as const, content: QUESTION }];
  beforeAll(() => run.cloud.knowledge.queries.set(...ROWS));

  test.each(Object.keys(bases))('over %s answers any OpenAI client with the query that the rows are from', async (name) => {
    await known(() => fetch(`${url(name)}v1/chat/completions`, {
      method: 'POST', headers: { 'authorization': `Bearer ${apiKey()}`, 'content-type': 'application/json' }, body: JSON.stringify({ messages }),
    }));
    const client = new OpenAI({ baseURL: `${url(name)}v1`, apiKey: apiKey(), maxRetries: 0 });
    const { choices: [{ message }] } = await client.chat.completions.create({ model: MODEL, messages });
    expect(message.content).toContain('north | 1200');
    expect(message.annotations!.at(-1)).toMatchObject({ url_citation: { title: TOTALS }, citation: { number: 1, query: TOTALS } });
  }, 60_000);

  test('every knowledge base did all that it may, and asked for nothing more', async () => {
    const { roles } = await run.cloud.report();
    const ours = roles.filter(({ role }) => /KnowledgeBaseRole/.test(role));
    expect(ours).toHaveLength(Object.keys(bases).length);
    const wrong = ours.flatMap(({ role, unused, untouched, denied, unknown }) => [...unused, ...untouched, ...denied, ...unknown].map(({ action }) => `${role} ${action}`));
    expect(wrong).toEqual([]);
  });
});
