import type { Context, SQSBatchResponse } from 'aws-lambda';
import { ask, type AskTerms, Passing, unasked } from './ask';
import { holdUp, isGateEvent } from './gate';
import { parseWork, type QuestionMessage, type Work } from './request';
import { beginRun, lookAt, type RunPorts, type RunTerms } from './run';
import { describeError } from '../kit/log';
import type { QueryPorts } from '../knowledge/query';
import type { EvaluationRun, QuestionResult } from '../ports/evaluation-runs';

export interface EvaluatePorts extends RunPorts {
  readonly answering: QueryPorts;
}

type Handler = (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse | void>;

/** What is left of the time to write down what came of a question. */
const RESERVE_MS = 20_000;
/** How often a question is asked that is refused for a while. */
const ATTEMPTS = 5;
const AGAIN_SECONDS = 15;

/** Takes requests, looks and questions from their queues, and deployments that wait. The answer names the messages that come again. */
export function evaluate(terms: RunTerms & AskTerms, ports: EvaluatePorts): Handler {
  return async (event, { getRemainingTimeInMillis }) => {
    if (isGateEvent(event)) return holdUp(event, terms, ports);
    const again: string[] = [];
    for (const work of parseWork(event)) {
      try {
        await take(work, ports.clock.now() + getRemainingTimeInMillis() - RESERVE_MS, terms, ports);
      } catch (error) {
        ports.log.error('message failed', { messageId: work.messageId, kind: work.kind, ...describeError(error) });
        again.push(work.messageId);
      }
    }
    return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function take(work: Work, until: number, terms: RunTerms & AskTerms, ports: EvaluatePorts): Promise<void> {
  switch (work.kind) {
    case 'request':
      return beginRun(work.messageId, work.sentAt, undefined, terms, ports);
    case 'look':
      return lookAt(work.look, terms, ports);
    case 'question':
      return answer(work.message, { until, again: work.receives > 1 || work.message.attempt > 1 }, terms, ports);
    case 'unknown':
      throw new Error('the message is none that is known: send {"evaluate":"all"}');
  }
}

/** What came of a question is kept once, however often its message comes. */
async function answer(
  message: QuestionMessage, { until, again }: { readonly until: number; readonly again: boolean }, terms: RunTerms & AskTerms, ports: EvaluatePorts,
): Promise<void> {
  const { run: id, at, question, attempt } = message;
  const { runs, clock, log } = ports;
  const run = await runs.find(id);
  if (!run || run.state === 'ended') return log.info('question comes too late', { run: id, at });
  if (again && await runs.has(id, at)) return;
  let result: QuestionResult;
  const capped = capOf(run, terms, clock.now());
  try {
    result = capped === undefined ? await inTime(until, ports, (signal) => ask(at, question, terms, ports.answering, signal)) : unasked(at, question, capped);
  } catch (error) {
    if (!(error instanceof Passing)) log.error('question failed', { run: id, at, attempt, ...describeError(error) });
    if (attempt < ATTEMPTS) return ports.questions.send([{ ...message, attempt: attempt + 1 } satisfies QuestionMessage], AGAIN_SECONDS * attempt);
    result = unasked(at, question, error instanceof Passing ? error.message : 'an error that nobody expected: its log line says more');
  }
  const kept = await runs.record(id, result, clock.now());
  if (kept?.total !== undefined && kept.done >= kept.total) await ports.looks.send([{ look: id, number: 1, once: true }]);
}

/** Why nothing more is asked in a run. */
function capOf({ until, spent }: Pick<EvaluationRun, 'until' | 'spent'>, { policy: { seconds, dollars } }: RunTerms, now: number): string | undefined {
  if (until !== undefined && now > until) return `the time of the run was over, ${seconds} seconds: raise 'limits.time', or 'limits.concurrency'`;
  if (dollars !== undefined && spent >= dollars) return `the run had cost what it may, ${dollars} US dollars: raise 'limits.dollars', or take fewer questions`;
  return undefined;
}

async function inTime<T>(until: number, { answering: { clock } }: EvaluatePorts, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const stop = clock.every(Math.max(1, until - clock.now()), () => over.abort());
  try {
    return await work(over.signal);
  } finally {
    stop();
  }
}
