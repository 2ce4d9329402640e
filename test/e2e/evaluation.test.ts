import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { emittedMetrics } from './emitted-metrics';
import { runStacks } from './run-stacks';
import { ApiAuth, EvaluationRuns, EvaluationSet, type IEvaluation, ManagedRag, MetadataField } from '../../lib';
import { DiyRag } from '../../lib/diy-rag';
import { accessKeyOf } from '../../local/principals';

const DOCUMENTS: Readonly<Record<string, string>> = {
  'leave.md': 'Everybody has thirty days of leave.',
  'rockets.md': 'The rocket engine burns kerosene.',
};

/** By hand: of three relevant documents two are found, each first; the question nobody can answer is not answered. */
const SET = [
  { id: 'leave', question: 'How many days of leave?', relevant: ['leave.md'], reference: 'Everybody has thirty days of leave.' },
  { id: 'rocket', question: 'What does the rocket engine burn?', relevant: [{ document: 'rockets.md', spans: [[0, 33]] }] },
  { id: 'both', question: 'days of leave', relevant: ['leave.md', 'sabbatical.md'] },
  { id: 'nobody', question: 'Zebras?', answerable: false },
];

const folder = mkdtempSync(join(tmpdir(), 'evaluation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
function fileOf(name: string, questions: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  return path;
}

const TENANT = 'user-a@example.com';

describe('answers that are evaluated', () => {
  const run = runStacks((app) => {
    const shared = new Stack(app, 'Shared');
    const auth = ApiAuth.cognito(new UserPool(shared, 'Users'));
    const operator = new Role(shared, 'Operator', { assumedBy: new AnyPrincipal() });
    operator.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:GetObject', 's3:ListBucket', 's3:DeleteObject', 'sqs:SendMessage'], resources: ['*'] }));
    new CfnOutput(shared, 'OperatorArn', { value: operator.roleArn });
    const tell = (stack: Stack, { results, runRequests }: IEvaluation, documents: IBucket, more: Record<string, string> = {}) => {
      const outputs = { Bucket: documents.bucketName, Results: results.bucketName, Runs: runRequests.queueUrl, ...more };
      for (const [key, value] of Object.entries(outputs)) new CfnOutput(stack, `${key}Name`, { value });
    };

    const own = new Stack(app, 'Own');
    const strict = new DiyRag(own, 'Rag', { auth });
    const set = EvaluationSet.fromFile(fileOf('own.jsonl', SET));
    tell(own, strict.addEvaluation({ set, thresholds: { recall: 0.9, abstention: 1 }, runs: EvaluationRuns.gate() }), strict.bucket);

    const managed = new Stack(app, 'Managed');
    const sets = new Bucket(managed, 'Sets');
    const rag = new ManagedRag(managed, 'Rag', { auth, retrieval: { fields: [MetadataField.text('owner')], tenant: { field: 'owner', claim: 'email' } } });
    const mild = rag.addEvaluation({ set: EvaluationSet.fromBucket(sets, 'managed.jsonl'), thresholds: { mrr: 1, faithfulness: 1 }, runs: EvaluationRuns.gate() });
    tell(managed, mild, rag.bucket!, { Sets: sets.bucketName });
  });
  const output = (stack: string, name: string) => run.cloud.outputs[stack][`${name}Name`];
  const client = () => ({
    endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(run.cloud.outputs.Shared.OperatorArn), secretAccessKey: 'x' },
  });
  const s3 = () => new S3Client({ ...client(), forcePathStyle: true });
  const put = (bucket: string, Key: string, Body: string) => s3().send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  const read = async (stack: string, Key: string) => (await s3().send(new GetObjectCommand({ Bucket: output(stack, 'Results'), Key }))).Body!.transformToString();
  const begin = (stack: string) => new SQSClient(client()).send(new SendMessageCommand({ QueueUrl: output(stack, 'Runs'), MessageBody: '{"evaluate":"all"}' }));
  const putSet = (questions: readonly object[]) => put(output('Managed', 'Sets'), 'managed.jsonl', questions.map((question) => JSON.stringify(question)).join('\n'));
  beforeAll(() => {
    // A minute of a queue is a second here.
    run.cloud.events.queues.speed = 60;
  });

  /** The newest run's summary, once so many runs have one. */
  async function summaryOf(stack: string, runs: number, patience = 60_000): Promise<{ readonly folder: string; readonly summary: any }> {
    for (const end = Date.now() + patience; ;) {
      const { Contents = [] } = await s3().send(new ListObjectsV2Command({ Bucket: output(stack, 'Results'), Prefix: 'runs/' }));
      const found = Contents.map(({ Key }) => Key!).filter((key) => key.endsWith('/summary.json')).sort();
      const last = found.at(-1);
      if (found.length >= runs && last) return { folder: last.replace('summary.json', ''), summary: JSON.parse(await read(stack, last)) };
      if (Date.now() > end) throw new Error(`there are ${found.length} summaries: ${run.cloud.logs.slice(-20).map(({ line }) => line).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  test('a deployment waits until documents are indexed, and fails with the figures where a threshold is missed', async () => {
    for (const [key, text] of Object.entries(DOCUMENTS)) await put(output('Own', 'Bucket'), key, text);
    const failure = await run.cloud.deployGates('Own').catch((error: Error) => error.message);
    const { folder: at, summary } = await summaryOf('Own', 1);
    expect(failure).toContain(`recall 0.833 is below 0.9; of 4 questions 0 failed and 0 are unjudged. Report: s3://${output('Own', 'Results')}/${at}report.html`);
    expect(summary).toMatchObject({ origin: 'deployment', passed: false, settled: true, questions: { all: 4, failed: 0, unjudged: 0, unanswerable: 1 } });
  }, 90_000);

  test('figures are those that can be counted by hand, in files and as metrics', async () => {
    const { folder: at, summary } = await summaryOf('Own', 1);
    expect(summary.measures).toMatchObject({ recall: 0.833333, mrr: 1, abstention: 1, answered: 1, correctness: 1, faithfulness: 1, completeness: 1 });
    // The ideal order of the third question has two documents: 1 / (1 + 1 / log2(3)).
    expect(summary.measures.ndcg).toBeCloseTo((2 + 1 / (1 + 1 / Math.log2(3))) / 3, 5);
    expect(Object.keys(summary.milliseconds as object)).toEqual(['retrieval', 'firstToken', 'answer', 'judge']);
    expect(summary.cost).toBeGreaterThan(0);
    const results = (await read('Own', `${at}questions.jsonl`)).trim().split('\n').map((line) => JSON.parse(line));
    expect(results.map(({ id }) => id)).toEqual(['leave', 'rocket', 'both', 'nobody']);
    expect(results[2]).toMatchObject({ figures: { recall: 0.5 }, missed: ['sabbatical.md'] });
    expect(results[3]).toMatchObject({ abstained: true, answerable: false });
    expect(emittedMetrics(run.cloud)).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'EvaluationRecall', value: 0.833333 })]));
  }, 30_000);

  test('a run by message is beside the one before it, in a report that a person reads', async () => {
    await begin('Own');
    const { folder: at, summary } = await summaryOf('Own', 2);
    expect(summary).toMatchObject({ origin: 'request', previous: { drop: 0, measures: { recall: 0.833333 } } });
    const report = await read('Own', `${at}report.html`);
    expect(report).toContain('One threshold is missed: Recall 83.3 (at least 90).');
    expect(report).toContain('sabbatical.md');
    expect(report.match(/<svg /g)).toHaveLength(2);
    expect(report).not.toMatch(/<script|src=|href=/);
    if (process.env.REPORT) writeFileSync(process.env.REPORT, report);
  }, 60_000);

  test('a set that cannot be read ends a run with its line and field, and a deployment with it', async () => {
    await putSet([{ question: 'How many days of leave?', relevant: ['leave.txt'], tenant: TENANT }, { question: 'leave', tenant: TENANT, filter: { year: 2026 } }]);
    const failure = await run.cloud.deployGates('Managed').catch((error: Error) => error.message);
    expect(failure).toContain("the evaluation set cannot be read: line 2: 'filter' cannot be used: 'filter.year' must be one of 'owner'");
  }, 60_000);

  test('a deployment goes on where every threshold is met, over a knowledge base whose documents belong to tenants', async () => {
    await put(output('Managed', 'Bucket'), 'leave.txt.metadata.json', JSON.stringify({ metadataAttributes: { owner: TENANT } }));
    await put(output('Managed', 'Bucket'), 'leave.txt', DOCUMENTS['leave.md']);
    await putSet([
      { question: 'How many days of leave?', relevant: [{ document: 'leave.txt', passages: ['thirty days of leave'] }], tenant: TENANT },
      { question: 'days of leave', answerable: false, tenant: 'another@example.com' },
    ]);
    await run.cloud.deployGates('Managed');
    const { summary } = await summaryOf('Managed', 2);
    expect(summary).toMatchObject({ passed: true, measures: { recall: 1, precision: 1, mrr: 1, faithfulness: 1, abstention: 1 } });
  }, 90_000);

  test('what was let through passes again without a run, as a rollback must', async () => {
    await run.cloud.deployGates('Managed');
    await expect(summaryOf('Managed', 2)).resolves.toMatchObject({ summary: { passed: true } });
    await expect(summaryOf('Managed', 3, 2_000)).rejects.toThrow('there are 2 summaries');
  }, 30_000);

  test('every grant is used, and none is missing', async () => {
    const { roles } = await run.cloud.report();
    for (const { role, denied, unknown, unused } of roles.filter((each) => each.role.includes('Evaluation'))) {
      // Whoever searches reads words so that some thousands of chunks have; there are not so many here.
      const idle = unused.filter(({ action }) => action !== 'dynamodb:BatchGetItem');
      expect({ role, denied, unknown, idle }).toEqual({ role, denied: [], unknown: [], idle: [] });
    }
    expect(roles.filter((each) => each.role.includes('Evaluation'))).toHaveLength(2);
  });
});
