import { evaluate, type EvaluatePorts } from '../../../lambda/evaluate/events';
import { oneModel } from '../../../lambda/generation/routing/models';
import type { EvaluationRun, EvaluationRuns, QuestionResult, RunSummary } from '../../../lambda/ports/evaluation-runs';
import { ModelFailure } from '../../../lambda/ports/model';
import type { EvaluationPolicy } from '../../../lib/contract/evaluation';
import { SetProblem, type SetQuestion } from '../../../lib/contract/evaluation-set';
import { FakeClock } from '../fakes/clock';
import { says, type Script, ScriptedModel } from '../fakes/model';
import { MemoryPassages, passage } from '../fakes/passages';
import { facts } from '../fakes/policy';

const leave = passage('Everybody has thirty days.', { source: { uri: 's3://docs/leave.md', title: 'leave.md' } });
const good = says(JSON.stringify({ abstains: false, statements: [{ statement: 'a', supported: true }], relevance: 5 }));
const question = (id: string, more: Partial<SetQuestion> = {}): SetQuestion => ({ id, question: id, answerable: true, relevant: [{ document: 'leave.md', grade: 1, spans: [], passages: [] }], ...more });

/** Runs in memory, as the table keeps them. */
class MemoryRuns implements EvaluationRuns {
  readonly all = new Map<string, EvaluationRun>();
  readonly kept = new Map<string, QuestionResult>();
  readonly summaries: RunSummary[] = [];
  readonly let = new Set<string>();
  async begin(run: EvaluationRun) { if (!this.all.has(run.id)) this.all.set(run.id, run); }
  async find(id: string) { return this.all.get(id); }
  async change(id: string, from: EvaluationRun['state'], to: Partial<EvaluationRun>) {
    const run = this.all.get(id);
    if (run?.state !== from) return false;
    this.all.set(id, { ...run, ...to });
    return true;
  }

  async has(id: string, at: number) { return this.kept.has(`${id} ${at}`); }
  async record(id: string, result: QuestionResult) {
    if (this.kept.has(`${id} ${result.at}`)) return undefined;
    this.kept.set(`${id} ${result.at}`, result);
    const run = this.all.get(id)!;
    this.all.set(id, { ...run, done: run.done + 1, spent: run.spent + (result.cost ?? 0) });
    return this.all.get(id);
  }

  async* results(id: string) { for (const [key, result] of this.kept) if (key.startsWith(`${id} `)) yield result; }
  async keep(summary: RunSummary) { this.summaries.unshift(summary); }
  async before(id: string) { return this.summaries.filter(({ run }) => run < id); }
  async hasPassed(evaluated: string) { return this.let.has(evaluated); }
  async pass(evaluated: string) { this.let.add(evaluated); }
}

interface Stage {
  readonly set?: SetQuestion[] | SetProblem;
  readonly scripts?: readonly Script[];
  readonly policy?: Partial<EvaluationPolicy>;
  readonly waiting?: number;
}

/** The function with its queues, which are emptied message by message. */
function stage({ set = [question('one')], scripts = [says('Thirty days [1].'), good], policy = {}, waiting = 0 }: Stage = {}) {
  const clock = new FakeClock();
  const runs = new MemoryRuns();
  const lines: { body: object; seconds: number }[] = [];
  const files = new Map<string, string>();
  const answers: (string | undefined)[] = [];
  const published: Record<string, number | undefined>[] = [];
  const queue = { send: async (messages: readonly object[], seconds = 0) => void lines.push(...messages.map((body) => ({ body, seconds }))) };
  const synced = { requests: 0 };
  const ports: EvaluatePorts = {
    runs,
    set: async () => { if (set instanceof SetProblem) throw set; return set; },
    sync: { waiting: async () => waiting, request: async () => void synced.requests++ },
    looks: queue,
    questions: queue,
    results: { put: async (key, content) => void files.set(key, String(content)) },
    answer: async (_, refused) => void answers.push(refused),
    answering: { passages: new MemoryPassages([[leave]]), links: { sign: async () => '' }, model: new ScriptedModel(scripts), clock },
    clock,
    publish: (values) => void published.push(values),
    log: { info: () => undefined, error: () => undefined },
  };
  const knowledge = { knowledgeBaseId: 'kb', kind: 'vector' as const, passages: 5, candidates: 5, fields: [] };
  const handler = evaluate({
    policy: { offsets: true, thresholds: {}, questions: 100, seconds: 600, settleSeconds: 300, sync: true, ...policy },
    deployment: 'abcd',
    bucket: 'results',
    answering: { knowledge, models: oneModel(facts), generation: { maxTokens: 100 }, systemPrompt: '' },
    judge: facts,
  }, ports);
  const call = (event: unknown) => handler(event, { getRemainingTimeInMillis: () => 300_000 });
  const take = async (body: object, id = 'm1') => call({ Records: [{ messageId: id, body: JSON.stringify(body), attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1767225600000' } }] });
  const drain = async (most = 200) => {
    for (let left = most; lines.length > 0 && left > 0; left--) {
      const [{ body, seconds }] = lines.splice(0, 1);
      clock.time += seconds * 1000;
      await take(body);
    }
  };
  const summary = () => JSON.parse([...files].find(([key]) => key.endsWith('summary.json'))![1]) as RunSummary;
  return { call, take, drain, runs, lines, files, answers, published, synced, summary, clock };
}

const gate = (more: object = {}) => ({ RequestType: 'Create', ResponseURL: 'https://answer', StackId: 's', RequestId: 'r', LogicalResourceId: 'l', ResourceProperties: { ServiceToken: 't', A: '1' }, ...more });

test('a request that comes twice is one run, each question once', async () => {
  const { take, drain, summary, published } = stage({ set: [question('one')] });
  await take({ evaluate: 'all' });
  await take({ evaluate: 'all' });
  await drain();
  expect(summary()).toMatchObject({ questions: { all: 1, failed: 0 }, measures: { recall: 1, faithfulness: 1, relevance: 1, completeness: 1 } });
  expect(published).toHaveLength(1);
  expect(published[0]).toMatchObject({ EvaluationRuns: 1, EvaluationRecall: 1 });
});

test('a question that fails for good is one that failed, and not lost', async () => {
  const { take, drain, summary } = stage({ scripts: [[new ModelFailure('refused', 'no')]], policy: { thresholds: { completeness: 0.9, recall: 0.5 } } });
  await take({ evaluate: 'all' });
  await drain();
  expect(summary()).toMatchObject({ passed: false, questions: { all: 1, failed: 1 }, measures: { completeness: 0 } });
  // What could not be measured is not met.
  expect(summary().thresholds).toEqual([{ measure: 'recall', least: 0.5, met: false }, { measure: 'completeness', least: 0.9, value: 0, met: false }]);
});

test('a question that is refused for a while is asked again, and fails in the end', async () => {
  const { take, drain, summary, runs } = stage({ scripts: [[new ModelFailure('throttled', 'slow down')]] });
  await take({ evaluate: 'all' });
  await drain();
  expect(summary().questions).toMatchObject({ all: 1, failed: 1 });
  expect([...runs.kept.values()][0].failed).toContain('The model is taking more requests');
});

test('what a run may cost ends it, in words', async () => {
  const { take, drain, runs, summary } = stage({ set: ['one', 'two', 'three'].map((id) => question(id)), scripts: [says('Thirty days [1].'), good, says('Thirty days [1].'), good], policy: { dollars: 0.00001 } });
  await take({ evaluate: 'all' });
  await drain();
  expect([...runs.kept.values()].map(({ failed }) => failed?.slice(0, 45))).toEqual([undefined, 'the run had cost what it may, 0.00001 US doll', 'the run had cost what it may, 0.00001 US doll']);
  expect(summary().questions.failed).toBe(2);
});

test('a question of which nothing came in time is counted as failed', async () => {
  const { take, drain, lines, runs, summary } = stage({ set: [question('one'), question('two')] });
  await take({ evaluate: 'all' });
  while (!lines.some(({ body }) => 'run' in body)) await drain(1);
  lines.splice(lines.findIndex(({ body }) => 'run' in body && (body as { at?: number }).at === 1), 1);
  await drain();
  expect(summary()).toMatchObject({ questions: { all: 2, failed: 1 } });
  expect([...runs.all.values()][0].state).toBe('ended');
});

test('a deployment has documents looked through, waits for the figures, and passes at once the next time', async () => {
  const { call, drain, answers, synced, lines } = stage({ policy: { thresholds: { recall: 1 } } });
  await call(gate());
  expect([answers, synced.requests]).toEqual([[], 1]);
  await drain();
  expect(answers).toEqual([undefined]);
  await call(gate({ RequestType: 'Update', RequestId: 'r2' }));
  expect([answers, lines]).toEqual([[undefined, undefined], []]);
  await call(gate({ RequestType: 'Update', RequestId: 'r3', ResourceProperties: { A: '2' } }));
  expect(lines).toHaveLength(1);
});

test('a deployment whose documents are not in step in time is refused, and nothing is measured', async () => {
  const { call, drain, answers, published } = stage({ waiting: 7 });
  await call(gate());
  await drain();
  expect(answers[0]).toContain('documents were not in step with their index within 300 seconds: about 7 messages wait');
  expect(published).toEqual([{ EvaluationRunsBroken: 1 }]);
});

test('another run goes on without documents in step, and says so', async () => {
  const { take, drain, summary, files } = stage({ waiting: 7 });
  await take({ evaluate: 'all' });
  await drain();
  expect(summary().settled).toBe(false);
  expect([...files].find(([key]) => key.endsWith('report.html'))![1]).toContain('Documents were not in step');
});

test('a gate that goes answers at once', async () => {
  const { call, answers, lines } = stage();
  await call(gate({ RequestType: 'Delete' }));
  expect([answers, lines]).toEqual([[undefined], []]);
});

test('nothing that somebody wrote becomes markup of the report', async () => {
  const { take, drain, files } = stage({ set: [question('<script>alert(1)</script>', { relevant: [{ document: '<b>', grade: 1, spans: [], passages: [] }] })] });
  await take({ evaluate: 'all' });
  await drain();
  const report = [...files].find(([key]) => key.endsWith('report.html'))![1];
  expect(report).toContain('&lt;script&gt;');
  expect(report).not.toContain('<script>');
});

test('a message that is none of its own comes again, and is given up by its queue', async () => {
  expect(await stage().take({ evaluate: 'some' })).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
});
