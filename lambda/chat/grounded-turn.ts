import type { TurnContext } from './turn-terms';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { ModelFacts } from '../../lib/contract/model';
import type { Generated, GenerationEvent } from '../generation/generation';
import { isBlank, textOf } from '../generation/normalise';
import { NO_TOKENS, type Spent } from '../generation/usage';
import type { Said } from '../knowledge/asked';
import { CitationReader, type CitedEvent, type Mark, snippetOf } from '../knowledge/citations';
import type { Grounds } from '../knowledge/grounding';
import { tenantOf, userOf } from '../knowledge/isolation';
import { questionsOf } from '../knowledge/questions';
import { failedRetrieval, questionMetrics, questionNotes, retrievalMetrics, retrievalNotes } from '../knowledge/report';
import { retrieve } from '../knowledge/retrieval';
import { type PassageView, views } from '../knowledge/sources';
import type { Clock } from '../ports/clock';
import type { Annotation, ChatMessage } from '../ports/conversations';
import type { Links } from '../ports/links';
import type { Model } from '../ports/model';
import type { Passages } from '../ports/passages';

/** What looks documents up; absent in a chat that has none. */
export interface KnowledgePorts {
  readonly passages: Passages;
  readonly links: Links;
}

interface GroundedPorts extends KnowledgePorts {
  readonly model: Model;
  readonly clock: Clock;
}

/** What a turn is answered from. */
export interface LookedUp extends Grounds {
  readonly shown: readonly PassageView[];
  /** What finding out what to look up took. */
  readonly spent: readonly Spent[];
}

/** What is answered where nothing is found. */
const UNANSWERED = 'I do not know: nothing in the documents answers this.';

/** A turn that is answered from documents: they are looked up once, whichever models are asked, and however often. */
export class GroundedTurn {
  private looked?: Promise<LookedUp>;

  constructor(private readonly knowledge: KnowledgePolicy, private readonly context: TurnContext, private readonly ports: GroundedPorts) {}

  /** Passages for what the caller said last; none where nobody has said anything that could be looked up, as with an image alone. */
  async lookUp(messages: readonly ChatMessage[], facts: ModelFacts): Promise<LookedUp> {
    if (!this.looked) return this.looked = this.found(messages, facts);
    // What was spent is told with the first answer that comes of it.
    return { ...await this.looked, spent: [] };
  }

  /** An answer where nothing was found: no model is asked. */
  async* unanswered({ spent }: LookedUp, facts: ModelFacts): AsyncGenerator<GenerationEvent, void> {
    const text = this.knowledge.unanswered ?? UNANSWERED;
    yield* spent.map((each) => ({ type: 'spent' as const, ...each }));
    yield { type: 'text', text };
    yield { type: 'finish', reason: 'stop', message: { role: 'assistant', content: text }, facts, tokens: NO_TOKENS };
  }

  /** The answer with what its statements are from. Marks that name no passage are left out. */
  async* cited(events: AsyncIterable<GenerationEvent>, { shown }: LookedUp): AsyncGenerator<GenerationEvent, void> {
    const reader = new CitationReader(() => shown.length);
    const annotations: Annotation[] = [];
    const told = (event: CitedEvent): GenerationEvent => {
      if (event.type === 'text') return event;
      const { number, start, end } = event.mark;
      const annotation = annotationOf(shown[number - 1], { number, start, end }, reader.said.slice(start, end));
      annotations.push(annotation);
      return { type: 'annotation', annotation };
    };
    for await (const event of events) {
      if (event.type === 'text') yield* reader.take(event.text).map(told);
      else if (event.type === 'toolCall') yield* [...reader.end().map(told), event];
      else if (event.type === 'finish') yield* [...reader.end().map(told), annotated(event, reader.said, annotations)];
      else yield event;
    }
  }

  private async found(messages: readonly ChatMessage[], facts: ModelFacts): Promise<LookedUp> {
    const { knowledge, context, ports } = this;
    const { signal } = context;
    const [tenant, user] = [tenantOf(knowledge, context.claims), userOf(knowledge, context.claims)];
    const said = saidIn(messages);
    if (said.length === 0) return { passages: [], questions: [], shown: [], spent: [] };
    const asked = await questionsOf(said, knowledge, facts, { ...ports, signal });
    const began = ports.clock.now();
    const found = await retrieve({ questions: asked.searches, tenant, user, most: knowledge.passages }, knowledge, ports, signal).catch((error: unknown) => {
      context.measure(failedRetrieval(error));
      throw error;
    });
    const milliseconds = ports.clock.now() - began;
    context.measure({ ...retrievalMetrics(found, milliseconds), ...questionMetrics(asked) });
    context.note({ ...retrievalNotes(found, milliseconds), ...questionNotes(asked), ...(asked.calls?.failed && { plainQuestion: 'yes' }) });
    const shown = await views(found.passages, knowledge, ports.links);
    return { passages: found.passages, questions: asked.questions, shown, spent: asked.spent };
  }
}

/** What users and models said, up to the last words of the user: results of tools ask nothing. */
function saidIn(messages: readonly ChatMessage[]): Said[] {
  const said = messages.flatMap(({ role, content }): Said[] => {
    const text = textOf(content ?? '');
    return (role === 'user' || role === 'assistant') && !isBlank(text) ? [{ role, content: text }] : [];
  });
  return said.slice(0, said.findLastIndex(({ role }) => role === 'user') + 1);
}

function annotationOf({ id, text, source }: PassageView, { number, start, end }: Omit<Mark, 'at'>, statement: string): Annotation {
  const { uri, title, page, query, link } = source;
  return {
    type: 'url_citation',
    url_citation: { url: link ?? uri, title, start_index: start, end_index: end },
    citation: { number, passage_id: id, uri, ...(page !== undefined && { page }), ...(query !== undefined && { query }), snippet: snippetOf(text, statement) },
  };
}

function annotated(finish: Generated, said: string, annotations: readonly Annotation[]): Generated {
  // What a guardrail puts in an answer's place is from no document.
  const kept = finish.reason === 'content_filter' ? [] : annotations;
  return { ...finish, message: { ...finish.message, content: said === '' ? null : said, ...(kept.length > 0 && { annotations: kept }) } };
}

/** As a message is kept: a link works for a while only, and whoever reads the message later may have no right to it. */
export function withoutLinks(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant' || !message.annotations) return message;
  const annotations = message.annotations.map((each): Annotation => ({ ...each, url_citation: { ...each.url_citation, url: each.citation.uri } }));
  return { ...message, annotations };
}
