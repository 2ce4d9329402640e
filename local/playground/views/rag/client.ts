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
  readonly source: { readonly uri: string; readonly title: string; readonly page?: number; readonly link?: string };
}

export interface Citation {
  readonly number: number;
  readonly snippet: string;
}

/** A citation as chats tell it. */
export interface Annotation {
  readonly url_citation: { readonly url: string; readonly title: string };
  readonly citation: { readonly number: number; readonly passage_id: string; readonly uri: string; readonly page?: number; readonly snippet: string };
}

/** What arrives while an answer streams in. */
export type QueryEvent =
  | { readonly kind: 'passages'; readonly passages: readonly Passage[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'citation'; readonly citation: Citation }
  | { readonly kind: 'done'; readonly model: string; readonly reason: string; readonly grounded: boolean; readonly usage?: Usage };

export interface Said {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** The request that a question is: the page sends it, and the curl button prints it. */
export function questionBody(said: readonly Said[]): object {
  return { ...(said.length === 1 ? { query: said[0].content } : { messages: said }), stream: true };
}

/** Asks, and gives what arrives as it arrives. An answer that breaks off is an error, never a short answer. */
export async function* ask(api: SignedFetch, said: readonly Said[], signal: AbortSignal): AsyncGenerator<QueryEvent> {
  const response = await api('v1/query', {
    method: 'POST', headers: { 'content-type': 'application/json', 'accept': 'text/event-stream' }, body: JSON.stringify(questionBody(said)), signal,
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
  readonly text: string;
  readonly model: string;
  readonly finish_reason: string;
  readonly grounded: boolean;
  readonly usage?: Usage;
}

function eventOf(name: string | undefined, data: EventData): QueryEvent | undefined {
  switch (name) {
    case 'passages':
      return { kind: 'passages', passages: data.passages };
    case 'text':
      return { kind: 'text', text: data.text };
    case 'citation':
      return { kind: 'citation', citation: data };
    case 'done':
      return { kind: 'done', model: data.model, reason: data.finish_reason, grounded: data.grounded, usage: data.usage };
    default:
      return undefined;
  }
}
