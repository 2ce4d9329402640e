import type { AnswerIdentity } from './encoder';
import type { Generated } from './generation';
import type { Usage } from './usage';

/** A turn as one chat completion, made of what a stream would have said. */
export function openAiCompletion(
  { id, created, model }: AnswerIdentity, { message, reason, stopped }: Generated, reasoning: string, usage: Usage | undefined,
): object {
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
  };
}
