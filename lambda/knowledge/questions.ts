import { aside, type AsidePorts } from './aside';
import type { Asked, Said, Sought } from './asked';
import { paraphrasesPrompt, passagePrompt, questionsPrompt } from './question-prompts';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { ModelFacts } from '../../lib/contract/model';
import { type AskedModel, REWRITING_MS } from '../../lib/contract/questions';
import type { Spent } from '../generation/usage';
import type { Clock } from '../ports/clock';

/** As long as a knowledge base takes one. */
export const QUESTION_CHARACTERS = 1_000;

/** What others found who ask otherwise, or ask less, orders what the question itself finds, and stands behind it. */
const BESIDE = 0.5;

export interface QuestionPorts extends AsidePorts {
  readonly clock: Pick<Clock, 'every' | 'now'>;
}

export type QuestionPolicy = Partial<Pick<KnowledgePolicy, 'kind' | 'questions' | 'rewriting' | 'expansion'>>;

/** What one way to find out gives: undefined where its model was of no help. */
type FoundBy<T> = Promise<{ readonly found?: T; readonly spent: Spent }>;

/**
 * The questions behind what a user said last, and what is looked up for them: a follow-up is told with what it follows, a question that asks several things is
 * taken apart into at most so many, and it may be put in other ways. Models are asked all at once. Only what is looked up depends on them, so that one which is
 * late or down makes an answer no worse than a plain search does.
 */
export async function questionsOf(said: readonly Said[], policy: QuestionPolicy, facts: ModelFacts, ports: QuestionPorts): Promise<Asked> {
  const { questions: most = 1, rewriting = { by: 'model', milliseconds: REWRITING_MS }, expansion } = policy;
  const heard = rewriting.by === 'none' ? said.slice(-1) : said;
  const byModel = rewriting.by === 'model' && (heard.length > 1 || most > 1);
  const began = ports.clock.now();
  const [rewritten, paraphrases, imagined] = await Promise.all([
    byModel ? rewrite(heard, most, rewriting, facts, ports) : undefined,
    expansion?.by === 'paraphrases' ? paraphrase(heard, expansion.queries, expansion, facts, ports) : undefined,
    expansion?.by === 'passage' ? imagine(heard, expansion, facts, ports) : undefined,
  ]);
  const calls = [rewritten, paraphrases, imagined].flatMap((each) => each ?? []);
  const failed = calls.filter(({ found }) => found === undefined).length;
  const [first, ...others] = rewritten?.found?.map((question): Sought => ({ question })) ?? plain(heard, policy.kind === 'own');
  const otherwise = paraphrases?.found?.map((question) => ({ question, weight: BESIDE })) ?? [];
  const beside = [...others, ...otherwise].filter(({ question }) => question !== first.question);
  return {
    questions: rewritten?.found ?? [first.question],
    searches: [{ ...first, ...(imagined?.found !== undefined && { imagined: imagined.found }) }, ...beside],
    spent: calls.map(({ spent }) => spent),
    ...(calls.length > 0 && { calls: { all: calls.length, failed, milliseconds: ports.clock.now() - began } }),
    standalone: said.length < 2 || rewritten?.found !== undefined,
  };
}

/** A follow-up says little without what it follows; what it says itself counts once more where a second search is ours to make. */
function plain(said: readonly Said[], weighed: boolean): readonly Sought[] {
  const users = said.filter(({ role }) => role === 'user').map(({ content }) => content);
  const last = lookedUp(users.at(-1) ?? '');
  const before = (users.at(-2) ?? '').trim();
  const room = QUESTION_CHARACTERS - last.length - 1;
  if (before === '' || room <= 0) return [{ question: last }];
  return [{ question: lookedUp(`${before.slice(-room)}\n${last}`) }, ...weighed ? [{ question: last, weight: BESIDE }] : []];
}

async function rewrite(said: readonly Said[], most: number, asked: AskedModel, facts: ModelFacts, ports: QuestionPorts): FoundBy<readonly string[]> {
  const model = asked.model ?? facts;
  const { text = '', spent } = await aside(questionsPrompt(said, most, model), model, asked.milliseconds, ports);
  const questions = linesOf(text).slice(0, most);
  return { spent, ...(questions.length > 0 && { found: questions }) };
}

async function paraphrase(said: readonly Said[], queries: number, asked: AskedModel, facts: ModelFacts, ports: QuestionPorts): FoundBy<readonly string[]> {
  const model = asked.model ?? facts;
  const { text = '', spent } = await aside(paraphrasesPrompt(said, queries, model), model, asked.milliseconds, ports);
  const found = linesOf(text).slice(0, queries);
  return { spent, ...(found.length > 0 && { found }) };
}

async function imagine(said: readonly Said[], asked: AskedModel, facts: ModelFacts, ports: QuestionPorts): FoundBy<string> {
  const model = asked.model ?? facts;
  const { text = '', spent } = await aside(passagePrompt(said, model), model, asked.milliseconds, ports);
  const found = lookedUp(text, 2 * QUESTION_CHARACTERS);
  return { spent, ...(hasWords(found) && { found }) };
}

/** As much of a text as is looked up, and no half of a character: models refuse such, and stores. */
export function lookedUp(text: string, most = QUESTION_CHARACTERS): string {
  return text.trim().slice(0, most).replace(/\p{Surrogate}/gu, '\ufffd');
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/^\s*(?:(?:[-*•]|\d{1,2}[.)])(?:\s+|$))?/, '')).map((line) => lookedUp(line));
  return [...new Set(lines.filter(hasWords))];
}

function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
