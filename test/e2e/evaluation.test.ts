import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { emittedMetrics } from './emitted-metrics';
import { runRags, until } from './run-rags';
import { EvaluationRuns, EvaluationSet, type IEvaluation, ManagedRag, MetadataField } from '../../lib';
import { evaluationIn } from '../../local/logs';

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
  const rags = runRags(() => ({ Own: {} }), {
    beside: ({ Own }, { auth, stackOf, tell }) => {
      const tellOf = (name: string, { results, runRequests }: IEvaluation, more: Record<string, string> = {}) => {
        tell(name, { Results: results.bucketName, Runs: runRequests.queueUrl, ...more });
      };
      const set = EvaluationSet.fromFile(fileOf('own.jsonl', SET));
      tellOf('Own', Own.addEvaluation({ set, thresholds: { recall: 0.9, abstention: 1 }, runs: EvaluationRuns.gate() }));

      const managed = stackOf('Managed');
      const sets = new Bucket(managed, 'Sets');
      const rag = new ManagedRag(managed, 'Rag', { auth, retrieval: { fields: [MetadataField.text('owner')], tenant: { field: 'owner', claim: 'email' } } });
      const mild = rag.addEvaluation({ set: EvaluationSet.fromBucket(sets, 'managed.jsonl'), thresholds: { mrr: 1, faithfulness: 1 }, runs: EvaluationRuns.gate() });
      tellOf('Managed', mild, { Bucket: rag.bucket!.bucketName, Sets: sets.bucketName });
    },
  });
  const { output, put, putDescribed, s3 } = rags;
  const keysOf = async (name: string) => ((await s3().send(new ListObjectsV2Command({ Bucket: output(name, 'Results'), Prefix: 'runs/' }))).Contents ?? []).map(({ Key }) => Key!);
  const read = async (name: string, Key: string) => (await s3().send(new GetObjectCommand({ Bucket: output(name, 'Results'), Key }))).Body!.transformToString();
  const putSet = (questions: readonly object[]) => s3().send(new PutObjectCommand({
    Bucket: output('Managed', 'Sets'), Key: 'managed.jsonl', Body: questions.map((question) => JSON.stringify(question)).join('\n'),
  }));
  const summaries = async (name: string) => (await keysOf(name)).filter((key) => key.endsWith('/summary.json')).sort();

  /** The newest run's summary, once so many runs have one and it has ended. */
  async function summaryOf(name: string, runs: number): Promise<{ readonly folder: string; readonly summary: any }> {
    const last = (await until(() => summaries(name), ({ length }) => length >= runs)).at(-1)!;
    const run = last.replace('summary.json', '');
    await rags.cloud.waitForLog((line) => evaluationIn(line)?.key === `${run}report.html`, 60_000);
    return { folder: run, summary: JSON.parse(await read(name, last)) };
  }

  test('a deployment waits until documents are indexed, and fails with the figures where a threshold is missed', async () => {
    for (const [key, text] of Object.entries(DOCUMENTS)) await put('Own', key, text);
    const failure = await rags.cloud.deployGates('Own').catch((error: Error) => error.message);
    const { folder: at, summary } = await summaryOf('Own', 1);
    expect(failure).toContain(`recall 0.833 is below 0.9; of 4 questions 0 failed and 0 are unjudged. Report: s3://${output('Own', 'Results')}/${at}report.html`);
    expect(summary).toMatchObject({ origin: 'deployment', passed: false, settled: true, questions: { all: 4, failed: 0, unjudged: 0, unanswerable: 1 } });
  }, 150_000);

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
    expect(emittedMetrics(rags.cloud)).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'EvaluationRecall', value: 0.833333 })]));
  }, 120_000);

  test('a run by message is beside the one before it, in a report that a person reads', async () => {
    await rags.tellQueue('Own', { evaluate: 'all' }, 'Runs');
    const { folder: at, summary } = await summaryOf('Own', 2);
    expect(summary).toMatchObject({ origin: 'request', previous: { drop: 0, measures: { recall: 0.833333 } } });
    const report = await read('Own', `${at}report.html`);
    // What `npm start` keeps for a browser.
    expect(rags.cloud.desk.read(output('Own', 'Results'), `${at}report.html`)?.toString()).toBe(report);
    expect(report).toContain('<b>Recall</b> is 83.3, and must be at least 90; it was 83.3 in the last run.');
    expect(report).toContain('sabbatical.md<br><small>Found: leave.md');
    expect(report).not.toMatch(/<script|src=|href="[^#]/);
  }, 120_000);

  test('a set that cannot be read ends a run with its line and field, and a deployment with it', async () => {
    await putSet([{ question: 'How many days of leave?', relevant: ['leave.txt'], tenant: TENANT }, { question: 'leave', tenant: TENANT, filter: { year: 2026 } }]);
    const failure = await rags.cloud.deployGates('Managed').catch((error: Error) => error.message);
    expect(failure).toContain("the evaluation set cannot be read: line 2: 'filter' cannot be used: 'filter.year' must be one of 'owner'");
  }, 120_000);

  test('a deployment goes on where every threshold is met, over a knowledge base whose documents belong to tenants', async () => {
    await putDescribed('Managed', 'leave.txt', DOCUMENTS['leave.md'], { owner: TENANT });
    await putSet([
      { question: 'How many days of leave?', relevant: [{ document: 'leave.txt', passages: ['thirty days of leave'] }], tenant: TENANT },
      { question: 'days of leave', answerable: false, tenant: 'another@example.com' },
    ]);
    await rags.cloud.deployGates('Managed');
    const { summary } = await summaryOf('Managed', 2);
    expect(summary).toMatchObject({ passed: true, measures: { recall: 1, precision: 1, mrr: 1, faithfulness: 1, abstention: 1 } });
  }, 150_000);

  test('what was let through passes again without a run, as a rollback must', async () => {
    // A run would let nothing through.
    await putSet([{ question: 'How many days of leave?', relevant: ['nowhere.txt'], tenant: TENANT }]);
    await rags.cloud.deployGates('Managed');
    expect(await summaries('Managed')).toHaveLength(2);
  }, 120_000);

  test('every grant is used, and none is missing', async () => {
    const roles = await rags.grants((role) => role.includes('Evaluation'));
    expect(roles).toHaveLength(2);
    for (const { role, denied, unknown, unused } of roles) {
      // Whoever searches reads words so that some thousands of chunks have; there are not so many here.
      const idle = unused.filter(({ action }) => action !== 'dynamodb:BatchGetItem');
      expect({ role, denied, unknown, idle }).toEqual({ role, denied: [], unknown: [], idle: [] });
    }
  });
});
