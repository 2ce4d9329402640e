import type { AnswerEvent } from './answer';
import type { AnswerIdentity, StreamEncoder } from './encoder';
import { type ApiError, errorBody } from '../kit/http';

/**
 * A turn as server-sent events of OpenAI's chat completions.
 * @param read how many of the numbered events the client has read already; the one that opens the answer is the 0th
 */
export function openAiStream({ id, created, model }: AnswerIdentity, includeUsage: boolean, read = -1): StreamEncoder {
  // All but the delta is the same in every chunk, and there are hundreds of them: it is written once.
  const base = JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1);
  // Clients are promised the field on every chunk once they have asked for usage.
  const chunk = (delta: object, finish: string | null = null, more = '') =>
    frame(`"choices":[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]${includeUsage ? ',"usage":null' : ''}${more}`);
  let turn = '';
  let told = -1;
  const frame = (fields: string) => {
    told++;
    return told <= read ? '' : `${turn && `id: ${turn}.${told}\n`}data: ${base},${fields}}\n\n`;
  };
  const opening = () => told < 0 ? chunk({ role: 'assistant', content: '' }) : '';
  return {
    number: (turnId) => { turn = turnId; },
    event: (event) => opening() + chunk(deltaOf(event)),
    finish: ({ reason, stopped, usage }) => opening() + chunk({}, reason, stopped ? ',"stopped":true' : '')
      + (includeUsage && usage ? frame(`"choices":[],"usage":${JSON.stringify(usage)}`) : '') + 'data: [DONE]\n\n',
  };
}

/** The turn and the number that an event's id says; undefined for what is none of ours. */
export function eventOf(id: string): { readonly turnId: string; readonly read: number } | undefined {
  const [, turnId, read] = /^([A-Za-z0-9-]{1,64})\.(\d{1,9})$/.exec(id) ?? [];
  return turnId === undefined ? undefined : { turnId, read: Number(read) };
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
