import { EventSourceParserStream } from 'eventsource-parser/stream';
import { ApiError, requestIdOf } from '../../api-error';
import { Usage } from '../../meter';
import { SignedFetch } from '../../signed-fetch';

/** A passage as the API tells it, under the number by which answers cite it. */
export interface Passage {
  readonly number: number;
  readonly id: string;
  readonly text: string;
  /** Headings and the head of its table, which the model reads before it. */
  readonly context?: string;
  /** Absent where only a citation of it is known. */
  readonly score?: number;
  /** Where each stage of the search has it; absent where the API does not tell. */
  readonly scores?: { readonly [Stage in SearchStage]?: Placed };
  readonly source: { readonly uri: string; readonly title: string; readonly page?: number; readonly link?: string };
}

export type SearchStage = 'vector' | 'keyword' | 'fused' | 'reranked';

/** A place in one ranking, counted from 1, and what it is by. */
export interface Placed {
  readonly rank: number;
  readonly score: number;
}

/** How passages were found, where the API takes `explain`. */
export interface Explanation {
  readonly timings_ms: Readonly<Record<string, number>>;
  readonly searches?: readonly { readonly query: string; readonly imagined?: string }[];
  readonly rewrite?: 'done' | 'failed';
  readonly rerank?: 'done' | 'late' | 'failed';
}

/** A part of a text, the end not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Citation {
  readonly number: number;
  readonly snippet: string;
  /** Where its mark stands in the answer. */
  readonly at?: number;
  /** The part of the passage that carries what was said. */
  readonly quote?: Span;
}

/** A citation as chats tell it. */
export interface Annotation {
  readonly url_citation: { readonly url: string; readonly title: string };
  readonly citation: { readonly number: number; readonly passage_id: string; readonly uri: string; readonly page?: number; readonly snippet: string };
}

/** What arrives while an answer streams in. */
export type QueryEvent =
  | { readonly kind: 'passages'; readonly passages: readonly Passage[]; readonly explanation?: Explanation }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'citation'; readonly citation: Citation }
  | Done;

export interface Done {
  readonly kind: 'done';
  readonly model: string;
  readonly reason: string;
  readonly grounded: boolean;
  /** Sentences that state something and name no passage. */
  readonly uncited: readonly Span[];
  /** How many seconds ago it was given first, where it is told again. */
  readonly age?: number;
  readonly usage?: Usage;
}

export interface Said {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** The request that a question is: the page sends it, and the curl button prints it. */
export function questionBody(said: readonly Said[], explain: boolean): object {
  return { ...(said.length === 1 ? { query: said[0].content } : { messages: said }), stream: true, ...(explain && { explain }) };
}

/** Asks, and gives what arrives as it arrives. An answer that breaks off is an error, never a short answer. */
export async function* ask(api: SignedFetch, body: object, signal: AbortSignal): AsyncGenerator<QueryEvent> {
  const response = await api('v1/query', {
    method: 'POST', headers: { 'content-type': 'application/json', 'accept': 'text/event-stream' }, body: JSON.stringify(body), signal,
  });
  if (!response.ok || !response.body) {
    throw await ApiError.from(response);
  }
  const text = response.body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>);
  const events = text.pipeThrough(new EventSourceParserStream()).getReader();
  for (;;) {
    const { done, value } = await events.read();
    if (done) {
      throw new ApiError('The answer broke off: the stream ended before its last event', 'connection_error', null, undefined, requestIdOf(response));
    }
    const failure = ApiError.fromEnvelope(value.data, response);
    if (failure) {
      throw failure;
    }
    const event = eventOf(value.event, JSON.parse(value.data));
    if (event) {
      yield event;
    }
    if (event?.kind === 'done') {
      return;
    }
  }
}

/** What events bring, each some of it; its name says which. */
interface EventData extends Citation {
  readonly passages: readonly Passage[];
  readonly explain?: Explanation;
  readonly text: string;
  readonly model: string;
  readonly finish_reason: string;
  readonly grounded: boolean;
  readonly uncited?: readonly Span[];
  readonly cached?: boolean;
  readonly age?: number;
  readonly usage?: Usage;
}

function eventOf(name: string | undefined, data: EventData): QueryEvent | undefined {
  switch (name) {
    case 'passages':
      return { kind: 'passages', passages: data.passages, explanation: data.explain };
    case 'text':
      return { kind: 'text', text: data.text };
    case 'citation':
      return { kind: 'citation', citation: data };
    case 'done': {
      const { model, finish_reason: reason, grounded, uncited = [], cached, age = 0, usage } = data;
      return { kind: 'done', model, reason, grounded, uncited, ...(cached && { age }), usage };
    }
    default:
      return undefined;
  }
}
