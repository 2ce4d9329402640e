import type { AnswerIdentity } from './openai-stream';
import type { TurnEvent } from './turn';

/** A turn as one chat completion, made of the same events as a stream. */
export async function openAiCompletion(events: AsyncIterable<TurnEvent>, { id, created, model }: AnswerIdentity): Promise<object> {
  let reasoning = '';
  for await (const event of events) {
    if (event.type === 'reasoning') reasoning += event.text;
    if (event.type !== 'finish') continue;
    const message = { ...event.message, refusal: null, ...(reasoning && { reasoning_content: reasoning }) };
    return {
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: event.reason }],
      ...(event.usage && { usage: event.usage }),
    };
  }
  throw new Error('a turn ended without its last event');
}
