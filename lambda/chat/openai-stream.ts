import type { TurnEvent } from './turn';
import { type ApiError, errorBody } from '../kit/http';

/** What all chunks of an answer say alike. */
export interface AnswerIdentity {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** A turn as server-sent events of OpenAI's chat completions. */
export async function* openAiStream(events: AsyncIterable<TurnEvent>, identity: AnswerIdentity, includeUsage: boolean): AsyncGenerator<string, void> {
  let begun = false;
  // Clients are promised the field on every chunk once they have asked for usage.
  const usage = includeUsage ? { usage: null } : {};
  const chunk = (delta: object, finish: string | null = null) => {
    const role = begun ? {} : { role: 'assistant', content: '' };
    const first = begun ? '' : frame({ ...base, choices: [choice(role, null)], ...usage });
    begun = true;
    return first + frame({ ...base, choices: [choice(delta, finish)], ...usage });
  };
  const base = { id: identity.id, object: 'chat.completion.chunk', created: identity.created, model: identity.model };

  for await (const event of events) {
    switch (event.type) {
      case 'text':
        yield chunk({ content: event.text });
        break;
      case 'reasoning':
        yield chunk({ reasoning_content: event.text });
        break;
      case 'toolCall':
        yield chunk({ tool_calls: [{ index: event.index, id: event.id, type: 'function', function: { name: event.name, arguments: '' } }] });
        break;
      case 'toolInput':
        yield chunk({ tool_calls: [{ index: event.index, function: { arguments: event.json } }] });
        break;
      case 'finish':
        yield chunk({}, event.reason);
        if (includeUsage && event.usage) yield frame({ ...base, choices: [], usage: event.usage });
        yield 'data: [DONE]\n\n';
        break;
      case 'retry':
        break;
    }
  }
}

/** The last frame of a stream that broke: no [DONE] follows, so that no client takes it for an end. */
export function openAiFailure(error: ApiError): string {
  return `data: ${errorBody(error)}\n\n`;
}

function choice(delta: object, finish: string | null) {
  return { index: 0, delta, logprobs: null, finish_reason: finish };
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
