import { CitationReader, type CitedEvent, type Mark, snippetOf } from './citations';
import { explained, type Explanation } from './diagnosis';
import { tenantOf, userOf } from './isolation';
import { groundedPrompt } from './prompt';
import { type Asked, questionsOf, type Said } from './questions';
import { retrieve, type RetrievalPorts, type Retrieved } from './retrieval';
import { type PassageView, type SourceView, views } from './sources';
import { type Span, spanOf, uncitedIn } from './statements';
import type { GenerationPolicy, GuardrailReference } from '../../lib/contract/chat';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { FinishReason } from '../generation/answer';
import { type AsideEvent, type Generated, generate, type GenerationEvent } from '../generation/generation';
import type { Asker, ModelRequest, Models } from '../generation/routing/models';
import { NO_TOKENS, turnUsage, type Usage } from '../generation/usage';
import type { Links } from '../ports/links';
import type { Model } from '../ports/model';
import type { Filter } from '../ports/passages';

/** What is asked. */
export interface Query {
  /** The conversation, the question last. */
  readonly said: readonly Said[];
  readonly filter?: Filter;
  /** Most passages that the answer is given from. */
  readonly most: number;
  readonly maxTokens?: number;
  /** One of the models behind the API that the client asked for by its name. */
  readonly model?: string;
  /** Whether it is told how passages were found. */
  readonly explain?: boolean;
}

/** What the builder decided, for every question alike. */
export interface QueryPolicy {
  readonly knowledge: KnowledgePolicy;
  readonly models: Models;
  readonly generation: GenerationPolicy;
  /** Stands before what the model is told of passages; empty when there is nothing to add. */
  readonly systemPrompt: string;
  readonly guardrail?: GuardrailReference;
}

export interface QueryPorts extends RetrievalPorts {
  readonly model: Model;
  readonly links: Links;
}

/** Who asks, and for how long. */
export interface QueryContext extends Asker {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** Where a statement of an answer is from. */
export interface Citation extends Mark {
  readonly passage: string;
  readonly source: SourceView;
  readonly snippet: string;
  /** Where in the passage's text the statement is from; absent of rows, which are no prose. */
  readonly quote?: Quote;
}

/** What carries a statement: a part of a passage's text and, where it is known, of the text that was read of the document. */
export interface Quote extends Span {
  readonly inSource?: Span;
}

export type QueryEvent =
  /** What was asked, and what came of it: for those who run the API. */
  | { readonly type: 'retrieved'; readonly found: Retrieved; readonly asked: Asked; readonly milliseconds: number }
  | { readonly type: 'passages' } & FoundPassages
  | { readonly type: 'model'; readonly name: string; readonly route: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'citation'; readonly citation: Citation }
  | AsideEvent
  | Answered;

/** What an answer is given from. */
export interface FoundPassages {
  readonly passages: readonly PassageView[];
  /** Where that is asked for. */
  readonly explanation?: Explanation;
}

export interface Answered {
  readonly type: 'finish';
  readonly answer: string;
  readonly reason: FinishReason | 'unanswered';
  /** Whether the answer names a passage that it is from. */
  readonly grounded: boolean;
  readonly citations: readonly Citation[];
  /** The sentences of the answer that state something and name no passage. */
  readonly uncited: readonly Span[];
  readonly usage?: Usage;
  /** What the model gave; absent where none was asked. */
  readonly generated?: Generated;
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
  const asked = await questionsOf(request.said, knowledge, choice.models[0], { model, clock, signal: context.signal });
  const began = clock.now();
  const spent = [...choice.spent ?? [], ...asked.spent];
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
    // What is not known by now is counted when it is, but nobody waits for it.
    const taken = await Promise.all(spent.map(async ({ facts, tokens }) => ({ facts, tokens: await Promise.race([tokens, undefined]) ?? NO_TOKENS })));
    yield { type: 'finish', answer, reason: 'unanswered', grounded: false, citations: [], uncited: [], usage: turnUsage(choice.models[0], NO_TOKENS, taken) };
    return;
  }
  const grounds = { passages: found.passages, questions: asked.questions };
  const candidates = choice.models.map((facts) => ({ facts, prompt: async () => groundedPrompt(request, grounds, policy, facts) }));
  const plan = { candidates, reason: choice.route, firstTokenMs: choice.firstTokenMs, spent };
  yield* cited(heard(generate(plan, model, clock, context), models.throttled), passages);
}

/** A failure of retrieval, so that it is counted as such; nobody but the count sees the wrapper. */
export class FailedRetrieval extends Error {
  constructor(readonly reason: unknown) {
    super('documents could not be looked up');
  }
}

/** The answer with what it cites, as it comes. */
async function* cited(events: AsyncIterable<GenerationEvent>, passages: readonly PassageView[]): AsyncGenerator<QueryEvent, void> {
  const reader = new CitationReader(passages.length);
  const citations: Citation[] = [];
  const told = (event: CitedEvent): QueryEvent => {
    if (event.type === 'text') return event;
    const passage = passages[event.mark.number - 1];
    const statement = reader.said.slice(event.mark.start, event.mark.end);
    const quote = passage.table ? undefined : quoteOf(passage, statement);
    const citation = { ...event.mark, passage: passage.id, source: passage.source, snippet: snippetOf(passage.text, statement), quote };
    citations.push(citation);
    return { type: 'citation', citation };
  };
  for await (const event of events) {
    switch (event.type) {
      case 'text':
        yield* reader.take(event.text).map(told);
        break;
      case 'finish': {
        yield* reader.end().map(told);
        const { reason, facts, tokens, asides } = event;
        // What a guardrail puts in an answer's place is from no document.
        const kept = reason === 'content_filter' ? [] : citations;
        yield {
          type: 'finish',
          answer: reader.said,
          reason,
          grounded: kept.length > 0,
          citations: kept,
          uncited: reason === 'content_filter' ? [] : uncitedIn(reader.said, kept),
          usage: tokens && turnUsage(facts, tokens, asides),
          generated: event,
        };
        break;
      }
      case 'model':
      case 'retry':
      case 'spent':
        yield event;
    }
  }
}

function quoteOf({ text, source: { start: begins, end: ends } }: PassageView, statement: string): Quote {
  const { start, end } = spanOf(text, statement);
  // Only what stands in the document as it stands in the passage is found there by counting.
  const exact = begins !== undefined && ends !== undefined && ends - begins === text.length;
  return { start, end, ...(exact && { inSource: { start: begins + start, end: begins + end } }) };
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
