import type { StreamEncoder } from './encoder';
import { NumberedFrames, type Protocol } from './protocol';
import { parseChatRequest } from './request';
import type { Telling } from './turn-log';
import type { AnswerEvent } from '../generation/answer';
import { EVENT_STREAM_HEADERS } from '../kit/endpoint';
import { errorBody } from '../kit/http';

/** OpenAI's chat completions. */
export const openAiProtocol: Protocol = {
  parse: parseChatRequest,
  headers: EVENT_STREAM_HEADERS,
  asksAtStart: false,
  stream: openAiStream,
  failure: (error) => `data: ${errorBody(error)}\n\n`,
};

/** A turn as server-sent events of OpenAI's chat completions; the event that opens the answer is the 0th. */
export function openAiStream({ id, created, model, includeUsage }: Telling, read = -1): StreamEncoder {
  // All but the delta is the same in every chunk, and there are hundreds of them: it is written once.
  const baseOf = (name: string) => JSON.stringify({ id, object: 'chat.completion.chunk', created, model: name }).slice(0, -1);
  let base = baseOf(model);
  const frames = new NumberedFrames(read);
  const frame = (fields: string) => frames.frame(`${base},${fields}}`);
  // Clients are promised the field on every chunk once they have asked for usage.
  const chunk = (delta: object, finish: string | null = null, more = '') =>
    frame(`"choices":[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]${includeUsage ? ',"usage":null' : ''}${more}`);
  const opening = () => frames.told < 0 ? chunk({ role: 'assistant', content: '' }) : '';
  return {
    begin: ({ turnId }) => frames.of(turnId),
    event: (event) => {
      if (event.type !== 'model') return opening() + chunk(deltaOf(event));
      base = baseOf(event.name);
      return '';
    },
    finish: ({ reason, stopped, usage, ids }) => opening() + chunk({}, reason, (stopped ? ',"stopped":true' : '') + (ids ? `,${JSON.stringify(ids).slice(1, -1)}` : ''))
      + (includeUsage && usage ? frame(`"choices":[],"usage":${JSON.stringify(usage)}`) : '') + 'data: [DONE]\n\n',
  };
}

function deltaOf(event: Exclude<AnswerEvent, { type: 'model' }>): object {
  switch (event.type) {
    case 'text':
      return { content: event.text };
    case 'reasoning':
      return { reasoning_content: event.text };
    case 'toolCall':
      return { tool_calls: [{ index: event.index, id: event.id, type: 'function', function: { name: event.name, arguments: '' } }] };
    case 'toolInput':
      return { tool_calls: [{ index: event.index, function: { arguments: event.json } }] };
    case 'annotation':
      return { annotations: [event.annotation] };
  }
}
