import { judge, type Judgement } from './judge';
import { rankedAgainst } from './ranking';
import type { SetQuestion } from '../../lib/contract/evaluation-set';
import type { ModelFacts } from '../../lib/contract/model';
import { NO_TOKENS, openAiUsage } from '../generation/usage';
import { ApiError } from '../kit/http';
import { parseFilter } from '../knowledge/filter';
import { type Answered, answerQuery, FailedRetrieval, type QueryPorts } from '../knowledge/query';
import type { QueryPolicy } from '../knowledge/query-terms';
import type { QuestionResult, StageTimes } from '../ports/evaluation-runs';
import type { Passage } from '../ports/passages';

/** Who answers, and who judges. */
export interface AskTerms {
  readonly answering: QueryPolicy;
  readonly judge: ModelFacts;
}

/** What may be asked again in a while. */
export class Passing extends Error {}

const ANSWER_CHARACTERS = 4_000;

/** One question of a set, answered as everybody's are, measured and judged. A failure that may pass is thrown; any other is what came of the question. */
export async function ask(
  at: number, question: SetQuestion, { answering, judge: facts }: AskTerms, ports: QueryPorts, signal: AbortSignal,
): Promise<QuestionResult> {
  const { clock } = ports;
  const began = clock.now();
  let passages: readonly Passage[] = [];
  let times: StageTimes = {};
  let answered: Answered | undefined;
  try {
    const { knowledge } = answering;
    const query = { said: [{ role: 'user' as const, content: question.question }], filter: parseFilter(question.filter, knowledge), most: knowledge.passages };
    const context = { caller: 'evaluation', claims: claimsOf(question, knowledge), groups: [], headers: {}, signal };
    for await (const event of answerQuery(query, answering, context, ports)) {
      switch (event.type) {
        case 'retrieved':
          passages = event.found.passages;
          times = { ...times, retrieval: event.milliseconds };
          break;
        case 'text':
          times = { ...times, firstToken: times.firstToken ?? clock.now() - began };
          break;
        case 'finish':
          answered = event;
      }
    }
  } catch (error) {
    return failedFor(at, question, error);
  }
  if (!answered) throw new Error('an answer ended without its last event');
  times = { ...times, answer: clock.now() - began };
  return measured(at, question, { answered, passages, most: answering.knowledge.passages, times }, facts, ports, signal);
}

interface Given {
  readonly answered: Answered;
  readonly passages: readonly Passage[];
  readonly most: number;
  readonly times: StageTimes;
}

async function measured(
  at: number, question: SetQuestion, { answered, passages, most, times }: Given, facts: ModelFacts, ports: QueryPorts, signal: AbortSignal,
): Promise<QuestionResult> {
  const { answer, reason, citations, usage } = answered;
  const { figures, found, missed } = rankedAgainst(question.relevant, passages, most);
  const judging = ports.clock.now();
  // What a guardrail has put in an answer's place, and that nothing is known, needs no judge.
  const mute = reason === 'unanswered' || reason === 'content_filter';
  const judgement = mute ? silent(question) : await judge({ question, answer, passages }, facts, { ...ports, signal });
  const judged = openAiUsage(judgement.tokens, facts.prices);
  const cost = usage?.cost === undefined && judged.cost === undefined ? undefined : round((usage?.cost ?? 0) + (judged.cost ?? 0));
  return {
    ...about(at, question),
    figures: { ...figures, ...judgement.figures },
    ...(judgement.unjudged !== undefined && { unjudged: judgement.unjudged }),
    ...(judgement.abstained !== undefined && { abstained: judgement.abstained }),
    found,
    missed,
    answer: answer.slice(0, ANSWER_CHARACTERS),
    reason,
    citations: citations.length,
    unsupported: judgement.unsupported,
    milliseconds: { ...times, ...(judgement.tokens.output > 0 && { judge: ports.clock.now() - judging }) },
    tokens: {
      input: usage?.prompt_tokens ?? 0, output: usage?.completion_tokens ?? 0, judgeInput: judged.prompt_tokens, judgeOutput: judged.completion_tokens,
    },
    ...(cost !== undefined && { cost }),
  };
}

function silent({ reference }: SetQuestion): Judgement {
  return { abstained: true, figures: reference === undefined ? {} : { correctness: 0 }, unsupported: [], tokens: NO_TOKENS };
}

/** What came of a question that could not be asked. */
export function unasked(at: number, question: SetQuestion, failed: string): QuestionResult {
  const tokens = { input: 0, output: 0, judgeInput: 0, judgeOutput: 0 };
  return { ...about(at, question), failed, figures: {}, found: [], missed: [], milliseconds: {}, tokens };
}

function failedFor(at: number, question: SetQuestion, error: unknown): QuestionResult {
  const reason = error instanceof FailedRetrieval ? error.reason : error;
  if (!(reason instanceof ApiError)) throw reason;
  if (reason.status === 429 || reason.status >= 500) throw new Passing(reason.message);
  return unasked(at, question, reason.message);
}

function about(at: number, { id, question, answerable }: SetQuestion): Pick<QuestionResult, 'at' | 'id' | 'question' | 'answerable'> {
  return { at, id, question, answerable };
}

function claimsOf({ tenant, user }: SetQuestion, { tenant: divided, identity }: QueryPolicy['knowledge']): Record<string, unknown> {
  return {
    ...(divided && tenant !== undefined && { [divided.claim]: tenant }),
    ...(identity !== undefined && user !== undefined && { [identity]: user }),
  };
}

function round(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e9;
}
