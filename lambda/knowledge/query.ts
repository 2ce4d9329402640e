import type { AnswerCache, Recalled } from './answer-cache';
import type { Asked } from './asked';
import { type CitationEvent, CitedAnswer, type CitedText, NOTHING_CITED } from './cited-answer';
import { explained, type Explanation } from './diagnosis';
import { tenantOf, userOf } from './isolation';
import { groundedPrompt } from './prompt';
import type { Query, QueryPolicy } from './query-terms';
import { questionsOf } from './questions';
import { retrieve, type RetrievalPorts, type Retrieved } from './retrieval';
import { type PassageView, views } from './sources';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { ModelFacts } from '../../lib/contract/model';
import type { FinishReason } from '../generation/answer';
import { type AsideEvent, type Generated, generate, type GenerationEvent } from '../generation/generation';
import type { Asker, ModelChoice, ModelRequest } from '../generation/routing/models';
import { NO_TOKENS, type Spending, type Spent, turnUsage, type Usage } from '../generation/usage';
import type { Links } from '../ports/links';
import type { Model } from '../ports/model';

export interface QueryPorts extends RetrievalPorts {
  readonly model: Model;
  readonly links: Links;
  /** Absent where every question is answered anew. */
  readonly cache?: AnswerCache;
}

/** Who asks, and for how long. */
export interface QueryContext extends Asker {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** Has work end that nobody waits for. */
  readonly outlast?: (work: Promise<unknown>) => void;
}

export type QueryEvent =
  /** What was asked, and what came of it: for those who run the API. */
  | { readonly type: 'retrieved'; readonly found: Retrieved; readonly asked: Asked; readonly milliseconds: number }
  | { readonly type: 'passages' } & FoundPassages
  | { readonly type: 'model'; readonly name: string; readonly route: string }
  /** Whether the question was answered before: then how long ago, in seconds, and by which model. */
  | { readonly type: 'recalled'; readonly failed?: true; readonly hit?: { readonly age: number; readonly model: string } }
  | CitationEvent
  | AsideEvent
  | Answered;

/** What an answer is given from. */
export interface FoundPassages {
  readonly passages: readonly PassageView[];
  /** Where that is asked for. */
  readonly explanation?: Explanation;
}

export interface Answered extends CitedText {
  readonly type: 'finish';
  readonly reason: FinishReason | 'unanswered';
  readonly usage?: Usage;
  /** What the model gave; absent where none was asked. */
  readonly generated?: Generated;
  /** How long ago it was given first, in seconds, where it is told again. */
  readonly age?: number;
  /** The session that can be gone on with. */
  readonly session?: string;
}

/** What is answered where nothing is found. */
const UNANSWERED = 'I do not know: nothing in the documents answers this.';

/**
 * A question, answered from passages of documents or not at all: what is not found is said to be unknown, and where documents cannot be
 * looked up there is an error and no answer.
 */
export async function* answerQuery(request: Query, policy: QueryPolicy, context: QueryContext, ports: QueryPorts): AsyncGenerator<QueryEvent, void> {
  const { knowledge, models } = policy;
  const { model, clock } = ports;
  const tenant = tenantOf(knowledge, context.claims);
  const user = userOf(knowledge, context.claims);
  const choice = await models.choose(toChooseBy(request), context);
  const recall = async (question: string) => ports.cache?.recall(question, { ...request, models: choice.models, tenant, user }, context.signal);
  const alone = request.said.length === 1 ? await recall(request.said[0].content) : undefined;
  if (alone?.hit) return yield* retold(alone.hit, request, choice, ports, knowledge);
  const asked = await questionsOf(request.said, knowledge, choice.models[0], { model, clock, signal: context.signal });
  const spent = [...choice.spent ?? [], ...asked.spent];
  // What answers a follow-up may depend on what was said before it, and is kept for nobody.
  const before = alone ?? (asked.standalone ? await recall(asked.questions.join('\n')) : undefined);
  if (before?.hit) return yield* retold(before.hit, request, { ...choice, spent }, ports, knowledge);
  if (before) yield { type: 'recalled', ...(before.failed && { failed: true }) };
  const began = clock.now();
  const lookup = { questions: asked.searches, filter: request.filter, tenant, user, most: request.most };
  const found = await retrieve(lookup, knowledge, ports, context.signal).catch((error: unknown) => {
    throw new FailedRetrieval(error);
  });
  const milliseconds = clock.now() - began;
  yield { type: 'retrieved', found, asked, milliseconds };
  const passages = await views(found.passages, knowledge, ports.links, request);
  yield { type: 'passages', passages, ...(request.explain && { explanation: explained(found.diagnosis, milliseconds, asked) }) };

  if (passages.length === 0) {
    const answer = knowledge.unanswered ?? UNANSWERED;
    yield* spent.map((each) => ({ type: 'spent' as const, ...each }));
    yield { type: 'text', text: answer };
    yield { type: 'finish', answer, reason: 'unanswered', ...NOTHING_CITED, usage: turnUsage(choice.models[0], NO_TOKENS, await takenOf(spent)) };
    return;
  }
  const grounds = { passages: found.passages, questions: asked.questions };
  // Of the model that was asked last, which is the one that answers.
  let last = passages.length;
  const candidates = choice.models.map((facts) => ({
    facts,
    prompt: async () => {
      const { prompt, told } = groundedPrompt(request, grounds, policy, facts);
      last = told;
      return prompt;
    },
  }));
  const plan = { candidates, reason: choice.route, firstTokenMs: choice.firstTokenMs, spent };
  const whole = found.foreign === 0 && found.diagnosis.unranked.length === 0 && !asked.calls?.failed;
  for await (const event of cited(heard(generate(plan, model, clock, context), models.throttled), passages, () => last)) {
    if (event.type === 'finish' && alone?.keep && whole && isExemplary(event, choice.models[0])) {
      context.outlast?.(alone.keep({ text: event.answer, model: choice.models[0].name, passages: found.passages }));
    }
    yield event;
  }
}

/** An answer that was given before, told as it would be now: with links that work, and to the citations that it has. */
async function* retold(
  { text, model, passages, answeredAt }: NonNullable<Recalled['hit']>, request: Query, { models: [facts], spent = [] }: ModelChoice, { clock, links }: QueryPorts, knowledge: KnowledgePolicy,
): AsyncGenerator<QueryEvent, void> {
  const began = clock.now();
  const age = Math.max(0, Math.floor((began - answeredAt) / 1000));
  yield { type: 'recalled', hit: { age, model } };
  const shown = await views(passages, knowledge, links, request);
  yield { type: 'passages', passages: shown, ...(request.explain && { explanation: { timings_ms: { total: clock.now() - began } } }) };
  yield* spent.map((each) => ({ type: 'spent' as const, ...each }));
  const answer = new CitedAnswer(shown);
  yield* [...answer.take(text), ...answer.end()];
  yield { type: 'finish', reason: 'stop', ...answer.told, age, usage: turnUsage(facts, NO_TOKENS, await takenOf(spent)) };
}

/** Whether an answer may be given again: it came to its end, from passages, by the model that was to answer, and no guardrail had anything to say. */
function isExemplary({ reason, grounded, generated }: Answered, { id }: ModelFacts): boolean {
  return reason === 'stop' && grounded && generated !== undefined && generated.facts.id === id && generated.findings === undefined && generated.stopped === undefined;
}

/** What is not known by now is counted when it is, but nobody waits for it. */
async function takenOf(spent: readonly Spent[]): Promise<Spending[]> {
  return Promise.all(spent.map(async ({ facts, tokens }) => ({ facts, tokens: await Promise.race([tokens, undefined]) ?? NO_TOKENS })));
}

/** A failure of retrieval, so that it is counted as such; nobody but the count sees the wrapper. */
export class FailedRetrieval extends Error {
  constructor(readonly reason: unknown) {
    super('documents could not be looked up');
  }
}

/** The answer with what it cites, as it comes. */
async function* cited(events: AsyncIterable<GenerationEvent>, passages: readonly PassageView[], told: () => number): AsyncGenerator<QueryEvent, void> {
  const reader = new CitedAnswer(passages, told);
  for await (const event of events) {
    switch (event.type) {
      case 'text':
        yield* reader.take(event.text);
        break;
      case 'finish': {
        yield* reader.end();
        const { reason, facts, tokens, asides } = event;
        // What a guardrail puts in an answer's place is from no document.
        const whole = reason === 'content_filter' ? { answer: reader.said, ...NOTHING_CITED } : reader.told;
        yield { type: 'finish', reason, ...whole, usage: tokens && turnUsage(facts, tokens, asides), generated: event };
        break;
      }
      case 'model':
      case 'retry':
      case 'spent':
        yield event;
    }
  }
}

async function* heard(events: AsyncIterable<GenerationEvent>, throttled: QueryPolicy['models']['throttled']): AsyncGenerator<GenerationEvent, void> {
  for await (const event of events) {
    if (event.type === 'retry' && event.reason === 'throttled') throttled?.(event.model);
    yield event;
  }
}

/** The question as those read it who choose among models. */
function toChooseBy({ said, model }: Query): ModelRequest {
  return { messages: said, model, tools: [], toolChoice: 'auto' };
}
