import type { MessageIds, StreamEncoder } from './encoder';
import { NumberedFrames, type Protocol } from './protocol';
import type { Telling } from './turn-log';
import { parseUiRequest } from './ui-request';
import { UiSources } from './ui-sources';
import type { FinishReason } from '../generation/answer';
import { EVENT_STREAM_HEADERS } from '../kit/endpoint';
import type { Route } from '../kit/endpoint';

/**
 * The AI SDK's UI message stream, versions 5 to 7: what `useChat` and `readUIMessageStream` read.
 * @param keeps whether the server keeps what was said before, or takes all of it from the client
 */
export function uiProtocol(keeps: boolean): Protocol {
  return {
    parse: (input, offer) => parseUiRequest(input, offer, keeps),
    headers: { ...EVENT_STREAM_HEADERS, 'x-vercel-ai-ui-message-stream': 'v1' },
    asksAtStart: true,
    stream: uiStream,
    failure: ({ message }) => `data: ${JSON.stringify({ type: 'error', errorText: message })}\n\n`,
  };
}

/** `GET /v1/chat/{id}/stream` of a chat that keeps nothing: clients ask at every start whether an answer is under way. */
export const nothingToResume: Route = async () => ({ status: 204, body: '' });

const REASONS: Readonly<Record<FinishReason, string>> = { stop: 'stop', length: 'length', tool_calls: 'tool-calls', content_filter: 'content-filter' };

/** Where the answer stands in its conversation, in the words of a page. Its own id is the message's. */
function placed(ids: MessageIds | undefined): object {
  const { user_message_id: userMessageId, parent_message_id: parentMessageId } = ids ?? {};
  return { ...(userMessageId !== undefined && { userMessageId }), ...(parentMessageId !== undefined && { parentMessageId }) };
}

/** What may stand open in a message, one at a time. */
type Open = { readonly kind: 'text' | 'reasoning'; readonly id: string } | { readonly kind: 'tool'; readonly id: string; readonly name: string; json: string };

/** A turn as one UI message of one step. Clients refuse a delta of what was never opened, so everything is opened and closed here. */
export function uiStream({ id, created, model, messageId }: Telling, read = -1): StreamEncoder {
  const frames = new NumberedFrames(read);
  const calls: Extract<Open, { kind: 'tool' }>[] = [];
  let answerId = messageId ?? id;
  let answering: { readonly model: string; readonly route?: string } = { model };
  let open: Open | undefined;
  const sources = new UiSources();
  let parts = 0;

  const say = (chunk: object) => frames.frame(JSON.stringify(chunk));
  const opening = () => frames.told < 0
    ? say({ type: 'start', messageId: answerId, messageMetadata: { createdAt: created * 1_000, ...answering } }) + say({ type: 'start-step' })
    : '';
  const close = () => {
    const closed = open && open.kind !== 'tool' ? say({ type: `${open.kind}-end`, id: open.id }) : '';
    open = undefined;
    return closed;
  };
  const within = (kind: 'text' | 'reasoning', delta: string) => {
    if (open?.kind === kind) return say({ type: `${kind}-delta`, id: open.id, delta });
    const closed = close();
    open = { kind, id: `${kind}-${parts++}` };
    return closed + say({ type: `${kind}-start`, id: open.id }) + say({ type: `${kind}-delta`, id: open.id, delta });
  };
  /** A client runs a tool when its input is whole; that of a call which was cut off never is. */
  const available = (complete: boolean) => complete
    ? calls.map(({ id: toolCallId, name: toolName, json }) => say({ type: 'tool-input-available', toolCallId, toolName, input: JSON.parse(json || '{}') as unknown })).join('')
    : '';

  return {
    begin: (turn) => {
      frames.of(turn.turnId);
      answerId = turn.messageId;
    },
    event: (event) => {
      if (event.type === 'model') {
        answering = { model: event.name, route: event.route };
        return '';
      }
      const begun = opening();
      switch (event.type) {
        case 'text':
        case 'reasoning':
          return begun + within(event.type, event.text);
        case 'toolCall': {
          const closed = close();
          calls[event.index] = { kind: 'tool', id: event.id, name: event.name, json: '' };
          return begun + closed + say({ type: 'tool-input-start', toolCallId: event.id, toolName: event.name });
        }
        case 'annotation':
          // The words go on after it in the part that they began.
          return begun + sources.parts(event.annotation).map(say).join('');
        case 'toolInput':
          calls[event.index].json += event.json;
          return begun + say({ type: 'tool-input-delta', toolCallId: calls[event.index].id, inputTextDelta: event.json });
      }
    },
    finish: ({ reason, stopped, usage, ids }) => opening() + close() + available(reason === 'tool_calls')
      + say({ type: 'finish-step' })
      + (stopped ? say({ type: 'abort', reason: 'stopped' }) : '')
      + say({ type: 'finish', finishReason: REASONS[reason], messageMetadata: { ...(usage && { usage }), ...(stopped && { stopped: true }), ...placed(ids) } })
      + 'data: [DONE]\n\n',
  };
}
