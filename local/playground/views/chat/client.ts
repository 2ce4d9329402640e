import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Attached } from './attachments';
import { ApiError, requestIdOf } from '../../api-error';
import { Usage } from '../../meter';
import { SignedFetch } from '../../signed-fetch';
import type { Annotation } from '../rag/client';

export interface ConversationSummary {
  readonly id: string;
  readonly title: string;
  readonly updated_at: number;
  readonly turns: number;
}

export interface StoredMessage {
  readonly id: string;
  /** The ids of all versions in this place, where there are several. */
  readonly siblings?: readonly string[];
  readonly role: string;
  readonly content: string | null | readonly { readonly type: string; readonly text?: string; readonly file?: { readonly filename?: string } }[];
  readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: string } }[];
  readonly finish_reason?: string;
  readonly stopped?: boolean;
  readonly usage?: Usage;
  /** Which model answered and why that one, where a router chooses. */
  readonly model?: string;
  readonly route?: string;
  readonly feedback?: { readonly rating: Rating };
  /** What statements of an answer are from, where it was given from documents. */
  readonly annotations?: readonly Annotation[];
}

export type Rating = 'up' | 'down';

export interface ConversationPage {
  readonly conversations: readonly ConversationSummary[];
  readonly nextCursor?: string;
}

/** What arrives while an answer streams in. */
export type AnswerEvent =
  | { readonly kind: 'routed'; readonly model: string; readonly route: string }
  | { readonly kind: 'text'; readonly text: string; readonly model: string }
  | { readonly kind: 'citation'; readonly annotation: Annotation }
  | { readonly kind: 'finished'; readonly reason: string; readonly answerId?: string; readonly questionId?: string }
  | { readonly kind: 'usage'; readonly usage: Usage };

interface Chunk {
  readonly model: string;
  readonly choices: readonly {
    readonly delta: { readonly content?: string | null; readonly annotations?: readonly Annotation[] };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: Usage | null;
  /** On the last chunk of an answer that its reader ended. */
  readonly stopped?: boolean;
  /** On the last chunk of an answer: what it is called from now on, and its question. */
  readonly message_id?: string;
  readonly user_message_id?: string;
}

/** Where in a conversation a turn stands; nowhere named, it goes on after the newest. */
export type Place = Partial<Record<'parent_message_id' | 'edit_message_id' | 'regenerate_message_id', string>>;

/** What an answer ends with that its reader ended; models give reasons of their own. */
export const STOPPED = 'stopped';

/** The request that a turn is: the page sends it, and the curl button prints it. */
export function turnBody(conversationId: string, text: string | undefined, place: Place = {}, attached: readonly Attached[] = []) {
  const parts = attached.map(({ id }) => ({ type: 'file', file: { file_id: id } }));
  return {
    conversation_id: conversationId,
    ...place,
    messages: text === undefined ? [] : [{ role: 'user', content: parts.length > 0 ? [{ type: 'text', text }, ...parts] : text }],
    stream: true,
    stream_options: { include_usage: true },
  };
}

export class ChatClient {
  constructor(private readonly api: SignedFetch) {}

  async models(signal: AbortSignal): Promise<string[]> {
    const list = await this.json<{ data: { id: string }[] }>('v1/models', signal);
    return list.data.map(({ id }) => id);
  }

  async conversations(signal: AbortSignal, cursor?: string): Promise<ConversationPage> {
    const list = await this.json<{ data: ConversationSummary[]; next_cursor?: string | null }>(cursor ? `v1/conversations?cursor=${encodeURIComponent(cursor)}` : 'v1/conversations', signal);
    return { conversations: list.data, nextCursor: list.next_cursor ?? undefined };
  }

  /** Every message of a branch of a conversation, the newest where none is named, as it was said. */
  async messages(id: string, signal: AbortSignal, branch?: string): Promise<StoredMessage[]> {
    const path = `v1/conversations/${encodeURIComponent(id)}?limit=100${branch === undefined ? '' : `&branch=${encodeURIComponent(branch)}`}`;
    const messages: StoredMessage[] = [];
    let cursor: string | null | undefined;
    do {
      const page: { messages: StoredMessage[]; next_cursor?: string | null } = await this.json(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path, signal);
      messages.push(...page.messages);
      cursor = page.next_cursor;
    } while (cursor);
    return messages;
  }

  async rename(id: string, title: string): Promise<void> {
    await this.json(`v1/conversations/${encodeURIComponent(id)}`, undefined, { method: 'PATCH', body: { title } });
  }

  async delete(id: string): Promise<void> {
    await this.json(`v1/conversations/${encodeURIComponent(id)}`, undefined, { method: 'DELETE' });
  }

  async rate(id: string, messageId: string, rating: Rating): Promise<void> {
    await this.json(`v1/conversations/${encodeURIComponent(id)}/messages/${encodeURIComponent(messageId)}/feedback`, undefined, { method: 'POST', body: { rating } });
  }

  /** Asks, and gives what arrives as it arrives. An answer that breaks off is an error, never a short answer. */
  async* ask(
    conversationId: string, message: string | undefined, place: Place, signal: AbortSignal, attached: readonly Attached[] = [],
  ): AsyncGenerator<AnswerEvent> {
    const response = await this.api('v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept': 'text/event-stream' },
      body: JSON.stringify(turnBody(conversationId, message, place, attached)),
      signal,
    });
    yield* read(response);
  }

  /** The answer that is under way, from its beginning; undefined where none is. */
  async resume(conversationId: string, signal: AbortSignal): Promise<AsyncGenerator<AnswerEvent> | undefined> {
    const response = await this.api(`v1/conversations/${encodeURIComponent(conversationId)}/stream`, { headers: { accept: 'text/event-stream' }, signal });
    return response.status === 204 || response.status === 404 ? undefined : read(response);
  }

  /** Ends the answer that is under way. What was said stays, and its stream ends by itself. */
  async stop(conversationId: string, signal: AbortSignal): Promise<void> {
    const response = await this.api(`v1/conversations/${encodeURIComponent(conversationId)}/stop`, { method: 'POST', signal });
    if (!response.ok) {
      throw await ApiError.from(response);
    }
  }

  private async json<T>(path: string, signal?: AbortSignal, { method = 'GET', body }: { method?: string; body?: object } = {}): Promise<T> {
    const content = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await this.api(path, { method, signal, ...content });
    if (!response.ok) {
      throw await ApiError.from(response);
    }
    return await response.json() as T;
  }
}

async function* read(response: Response): AsyncGenerator<AnswerEvent> {
  if (!response.ok || !response.body) {
    throw await ApiError.from(response);
  }
  const [model, route] = [response.headers.get('x-model'), response.headers.get('x-model-route')];
  if (model && route) {
    yield { kind: 'routed', model, route };
  }
  const text = response.body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>);
  const events = text.pipeThrough(new EventSourceParserStream()).getReader();
  for (;;) {
    const { done, value } = await events.read().catch((error: Error) => {
      throw error.name === 'AbortError' ? error : brokenOff(error.message, response);
    });
    if (done) {
      throw brokenOff('the stream ended before [DONE]', response);
    }
    if (value.data === '[DONE]') {
      return;
    }
    const failure = ApiError.fromEnvelope(value.data, response);
    if (failure) {
      throw failure;
    }
    yield* eventsOf(JSON.parse(value.data) as Chunk);
  }
}

function* eventsOf(chunk: Chunk): Generator<AnswerEvent> {
  for (const { delta, finish_reason: reason } of chunk.choices) {
    if (delta.content) {
      yield { kind: 'text', text: delta.content, model: chunk.model };
    }
    for (const annotation of delta.annotations ?? []) {
      yield { kind: 'citation', annotation };
    }
    if (reason) {
      yield { kind: 'finished', reason: chunk.stopped ? STOPPED : reason, answerId: chunk.message_id, questionId: chunk.user_message_id };
    }
  }
  if (chunk.usage) {
    yield { kind: 'usage', usage: chunk.usage };
  }
}

function brokenOff(why: string, response: Response): ApiError {
  return new ApiError(`The answer broke off: ${why}`, 'connection_error', null, undefined, requestIdOf(response));
}
