import type { AnswerEvent } from './answer';
import type { AnswerIdentity, StreamEncoder } from './encoder';
import { type ApiError, errorBody } from '../kit/http';

/** A turn as server-sent events of OpenAI's chat completions. */
export function openAiStream({ id, created, model }: AnswerIdentity, includeUsage: boolean): StreamEncoder {
  // All but the delta is the same in every chunk, and there are hundreds of them: it is written once.
  const base = JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1);
  // Clients are promised the field on every chunk once they have asked for usage.
  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${base},"choices":[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]${includeUsage ? ',"usage":null' : ''}}\n\n`;
  let opening = chunk({ role: 'assistant', content: '' });
  const opened = (frames: string) => {
    const all = opening + frames;
    opening = '';
    return all;
  };
  return {
    event: (event) => opened(chunk(deltaOf(event))),
    finish: ({ reason }, usage) => opened(
      chunk({}, reason) + (includeUsage && usage ? `data: ${base},"choices":[],"usage":${JSON.stringify(usage)}}\n\n` : '') + 'data: [DONE]\n\n',
    ),
  };
}

/** The last frame of a stream that broke: no [DONE] follows, so that no client takes it for an end. */
export function openAiFailure(error: ApiError): string {
  return `data: ${errorBody(error)}\n\n`;
}

function deltaOf(event: AnswerEvent): object {
  switch (event.type) {
    case 'text':
      return { content: event.text };
    case 'reasoning':
      return { reasoning_content: event.text };
    case 'toolCall':
      return { tool_calls: [{ index: event.index, id: event.id, type: 'function', function: { name: event.name, arguments: '' } }] };
    case 'toolInput':
      return { tool_calls: [{ index: event.index, function: { arguments: event.json } }] };
  }
}
