import { errorBody, type ApiError } from '../kit/http';
import type { Citation, Quote } from '../knowledge/cited-answer';
import type { Answered, FoundPassages, QueryEvent } from '../knowledge/query';
import type { PassageView } from '../knowledge/sources';
import type { Span } from '../knowledge/statements';

/** What every way of telling an answer says alike. */
export interface QueryIdentity {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** A passage under the number by which answers cite it. */
function numbered(passages: readonly PassageView[]): object[] {
  return passages.map((passage, at) => ({ number: at + 1, ...passage }));
}

function passagesBody({ passages, explanation }: FoundPassages): object {
  return { passages: numbered(passages), ...(explanation && { explain: explanation }) };
}

function citationBody({ number, passage, start, end, at, snippet, quote, source }: Citation): object {
  return { number, passage_id: passage, start, end, at, snippet, ...(quote && { quote: quoteBody(quote) }), source };
}

function quoteBody({ start, end, inSource }: Quote): object {
  return { start, end, ...(inSource && { source_start: inSource.start, source_end: inSource.end }) };
}

/** That an answer is told again, and how many seconds after it was given. */
function cachedBody(age: number | undefined): object {
  return age === undefined ? {} : { cached: true, age };
}

function uncitedBody(uncited: readonly Span[]): object[] {
  return uncited.map(({ start, end }) => ({ start, end }));
}

/** An answer in one piece. */
export function queryBody({ id, created, model }: QueryIdentity, answered: Answered, found?: FoundPassages): object {
  const { answer, reason, grounded, citations, uncited, usage, session, age } = answered;
  return {
    id,
    ...(session !== undefined && { session_id: session }),
    object: 'query.answer',
    created,
    model,
    ...cachedBody(age),
    answer,
    finish_reason: reason,
    grounded,
    citations: citations.map(citationBody),
    uncited: uncitedBody(uncited),
    ...(found && passagesBody(found)),
    ...(usage && { usage }),
  };
}

/** An answer as server-sent events, each with its name: `passages` once, `text` and `citation` as they come, `done` at the end. */
export function queryFrame({ id, created, model }: QueryIdentity, event: QueryEvent): string {
  switch (event.type) {
    case 'passages':
      return frame('passages', { id, ...passagesBody(event) });
    case 'text':
      return frame('text', { text: event.text });
    case 'citation':
      return frame('citation', citationBody(event.citation));
    case 'finish': {
      const { reason, grounded, uncited, usage, session, age } = event;
      const named = { id, ...(session !== undefined && { session_id: session }), ...cachedBody(age) };
      return frame('done', { ...named, object: 'query.done', created, model, finish_reason: reason, grounded, uncited: uncitedBody(uncited), ...(usage && { usage }) });
    }
    default:
      return '';
  }
}

/** The last frame of a stream that broke: no `done` follows. */
export function failureFrame(error: ApiError): string {
  return `event: error\ndata: ${errorBody(error)}\n\n`;
}

function frame(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
