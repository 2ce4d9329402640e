import { createHash } from 'node:crypto';
import { unasked } from './ask';
import { metricsOf } from './metrics';
import { reportOf } from './report';
import type { Look, QuestionMessage } from './request';
import { summaryOf } from './summary';
import { EVALUATE_SECONDS, EVALUATION_FILES, EVALUATION_METRICS, type EvaluationPolicy } from '../../lib/contract/evaluation';
import { type SetQuestion, SetProblem } from '../../lib/contract/evaluation-set';
import type { Log } from '../kit/log';
import type { PublishMetrics } from '../kit/metrics';
import type { Clock } from '../ports/clock';
import type { MessageQueue, SyncBacklog } from '../ports/evaluation-queues';
import type { EvaluationRun, EvaluationRuns, QuestionResult, RunSummary, WaitingGate } from '../ports/evaluation-runs';
import type { Objects } from '../ports/objects';

export interface RunTerms {
  readonly policy: EvaluationPolicy;
  /** Told apart from any other code and configuration that answers. */
  readonly deployment: string;
  /** Name of the bucket of results. */
  readonly bucket: string;
}

export interface RunPorts {
  readonly runs: EvaluationRuns;
  /** The set, as it lies in its bucket or beside the function now; throws `SetProblem`. */
  readonly set: () => Promise<SetQuestion[]>;
  readonly sync: SyncBacklog;
  readonly looks: MessageQueue;
  readonly questions: MessageQueue;
  readonly results: Pick<Objects, 'put'>;
  /** Lets a deployment go on, or not. */
  readonly answer: (gate: WaitingGate, refused?: string) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly publish: PublishMetrics;
  readonly log: Log;
}

/** Counts of queues are about a minute behind: so many looks in a row must find them empty. */
const QUIET_LOOKS = 4;
const SETTLING_SECONDS = 15;
const ASKING_SECONDS = 20;
/** What is counted while questions end may miss one whose function was killed: now and then all are counted. */
const COUNT_EVERY = 8;
const HISTORY = 30;
/** What CloudFormation shows of a reason. */
const REASON_CHARACTERS = 800;

/** Begins a run, once under its name. */
export async function beginRun(name: string, since: number, gate: WaitingGate | undefined, { policy, deployment }: RunTerms, ports: RunPorts): Promise<void> {
  const id = `${new Date(since).toISOString().replace(/[:.]/g, '-')}-${deployment}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
  await ports.runs.begin({ id, state: 'settling', startedAt: since, ...(gate && { gate }), quiet: 0, done: 0, spent: 0 });
  // Nobody looks documents through before a deployment is complete, which waits for this.
  if (gate && policy.sync) await ports.sync.request();
  await ports.looks.send([{ look: id, number: 1 } satisfies Look]);
  ports.log.info('evaluation begins', { run: id, gate: gate !== undefined });
}

/** Looks at a run, again and again by messages, until it has ended. */
export async function lookAt(look: Look, terms: RunTerms, ports: RunPorts): Promise<void> {
  const run = await ports.runs.find(look.look);
  if (!run || run.state === 'ended') return;
  const again = run.state === 'settling' ? await settle(run, terms, ports) : await watch(run, look, terms, ports);
  if (again !== undefined && !look.once) await ports.looks.send([{ look: run.id, number: look.number + 1 } satisfies Look], again);
}

/** Waits until documents are in step. Gives in how many seconds to look again. */
async function settle(run: EvaluationRun, terms: RunTerms, ports: RunPorts): Promise<number | undefined> {
  const { settleSeconds } = terms.policy;
  const waiting = await ports.sync.waiting();
  const quiet = waiting === 0 ? run.quiet + 1 : 0;
  const settled = quiet >= QUIET_LOOKS;
  if (!settled && ports.clock.now() < run.startedAt + settleSeconds * 1000) {
    await ports.runs.change(run.id, 'settling', { quiet });
    return SETTLING_SECONDS;
  }
  if (!settled && run.gate) {
    await breakOff(run, `documents were not in step with their index within ${settleSeconds} seconds: about ${waiting} messages wait in the queues of the sync, or a new index is built still. `
      + "Nothing was measured. See why documents wait or fail, or give them more time by 'limits.settling'", terms, ports);
    return undefined;
  }
  return begin(run, settled, terms, ports);
}

async function begin(run: EvaluationRun, settled: boolean, terms: RunTerms, ports: RunPorts): Promise<number | undefined> {
  let questions: SetQuestion[];
  try {
    questions = await ports.set();
  } catch (error) {
    if (!(error instanceof SetProblem)) throw error;
    await breakOff(run, `the evaluation set cannot be read: ${error.message}`, terms, ports);
    return undefined;
  }
  // Who comes again after half of them are sent sends all again: what came of a question is kept once.
  await ports.questions.send(questions.map((question, at) => ({ run: run.id, at, question, attempt: 1 } satisfies QuestionMessage)));
  await ports.runs.change(run.id, 'settling', { state: 'asking', settled, total: questions.length, until: ports.clock.now() + terms.policy.seconds * 1000 });
  ports.log.info('evaluation asks', { run: run.id, questions: questions.length, settled });
  return ASKING_SECONDS;
}

async function watch(run: EvaluationRun, { number, once }: Look, terms: RunTerms, ports: RunPorts): Promise<number | undefined> {
  const { total = 0, until = 0, done } = run;
  const over = ports.clock.now() > until + EVALUATE_SECONDS * 1000;
  if (done < total && !over && (once || number % COUNT_EVERY !== 0)) return ASKING_SECONDS;
  const results: QuestionResult[] = [];
  for await (const result of ports.runs.results(run.id)) results.push(result);
  if (results.length < total && !over) return ASKING_SECONDS;
  await conclude(run, results, terms, ports);
  return undefined;
}

/** Writes down what a run came to. Whatever of it is done twice is done once: what is written is the same. */
async function conclude(run: EvaluationRun, results: readonly QuestionResult[], { policy, deployment, bucket }: RunTerms, ports: RunPorts): Promise<void> {
  const { runs, clock, log } = ports;
  const all = run.total === results.length ? results : await withLost(results, run.total ?? 0, ports);
  const history = await runs.before(run.id, HISTORY);
  const [previous] = history;
  const before = new Map<string, QuestionResult>();
  if (previous) for await (const result of runs.results(previous.run)) before.set(result.id, result);
  const summary = summaryOf(run, all, { deployment, thresholds: policy.thresholds, previous, now: clock.now() });
  const put = (name: string, content: string, contentType: string) => ports.results.put(`runs/${run.id}/${name}`, content, { contentType });
  await put(EVALUATION_FILES.questions, all.map((result) => `${JSON.stringify(result)}\n`).join(''), 'application/jsonl');
  await put(EVALUATION_FILES.summary, `${JSON.stringify(summary, null, 2)}\n`, 'application/json');
  await put(EVALUATION_FILES.report, reportOf(summary, all, { history, before }), 'text/html; charset=utf-8');
  await runs.keep(summary, clock.now());
  if (run.gate) {
    if (summary.passed) await runs.pass(run.gate.evaluated, clock.now());
    await ports.answer(run.gate, summary.passed ? undefined : refusalOf(summary, bucket));
  }
  if (!await runs.change(run.id, 'asking', { state: 'ended' })) return;
  ports.publish(metricsOf(summary));
  log.info('evaluation', { run: run.id, passed: summary.passed, ...summary.questions, cost: summary.cost, report: reportAt(run.id, bucket) });
}

/** Questions of which nothing came in time, or whose messages were given up. */
async function withLost(results: readonly QuestionResult[], total: number, ports: RunPorts): Promise<QuestionResult[]> {
  const known = new Map(results.map((result) => [result.at, result]));
  const questions = await ports.set().catch(() => []);
  return Array.from({ length: total }, (_, at) => known.get(at)
    ?? unasked(at, questions[at] ?? { id: `question-${at + 1}`, question: '', answerable: true }, 'nothing came of it in time'));
}

/** A run without figures. */
async function breakOff(run: EvaluationRun, reason: string, { bucket }: RunTerms, ports: RunPorts): Promise<void> {
  const problem = `The evaluation could not be carried out: ${reason}.`;
  await ports.results.put(`runs/${run.id}/${EVALUATION_FILES.summary}`, `${JSON.stringify({ run: run.id, broken: problem }, null, 2)}\n`, { contentType: 'application/json' });
  if (run.gate) await ports.answer(run.gate, problem.slice(0, REASON_CHARACTERS));
  if (!await ports.runs.change(run.id, run.state, { state: 'ended' })) return;
  ports.publish({ [EVALUATION_METRICS.brokenRuns]: 1 });
  ports.log.error('evaluation is broken off', { run: run.id, reason: problem.slice(0, REASON_CHARACTERS), at: `s3://${bucket}/runs/${run.id}/` });
}

/** Why a deployment does not go on, with the figures. */
function refusalOf({ run, thresholds, questions }: RunSummary, bucket: string): string {
  const missed = thresholds.filter(({ met }) => !met)
    .map(({ measure, least, value }) => (value === undefined ? `${measure} could not be measured (at least ${least})` : `${measure} ${rounded(value)} is below ${least}`));
  return `The evaluation missed what was set: ${missed.join(', ')}; of ${questions.all} questions ${questions.failed} failed and ${questions.unjudged} are unjudged. Report: ${reportAt(run, bucket)}`
    .slice(0, REASON_CHARACTERS);
}

function reportAt(run: string, bucket: string): string {
  return `s3://${bucket}/runs/${run}/${EVALUATION_FILES.report}`;
}

function rounded(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
