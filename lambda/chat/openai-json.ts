import type { AnswerEnd, AnswerIdentity } from './encoder';
import type { AssistantMessage } from '../ports/conversations';

export interface AnswerInWhole extends AnswerEnd {
  readonly message: AssistantMessage;
  readonly reasoning: string;
}

/** A turn as one chat completion, made of what a stream would have said. */
export function openAiCompletion({ id, created, model }: AnswerIdentity, { message, reasoning, reason, stopped, usage, ids }: AnswerInWhole): object {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [{
      index: 0,
      message: { ...message, refusal: null, ...(reasoning && { reasoning_content: reasoning }) },
      logprobs: null,
      finish_reason: reason,
    }],
    ...(usage && { usage }),
    ...(stopped && { stopped: true }),
    ...ids,
  };
}
