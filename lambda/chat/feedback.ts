import * as v from 'valibot';
import { feedbackBody, openConversation, type ReadingPorts } from './conversations';
import { turns } from './history';
import { messageId, placeOfMessage } from './message-id';
import { FEEDBACK_METRICS } from '../../lib/contract/chat';
import type { Models } from '../generation/routing/models';
import { parseFields } from '../kit/body';
import type { Call } from '../kit/call';
import { json, type Route } from '../kit/endpoint';
import { BadRequest, NotFound } from '../kit/http';
import type { PublishMetrics } from '../kit/metrics';
import { type Feedback, RATINGS } from '../ports/conversation-edits';
import type { ConversationKey, MessagePlace, StoredMessage } from '../ports/conversations';

const COMMENT = 2000;

const feedbackFields = v.object({
  rating: v.picklist(RATINGS),
  comment: v.nullish(v.pipe(v.string(), v.check((comment) => [...comment].length <= COMMENT, `must have at most ${COMMENT} characters`))),
});

const METRICS = { up: FEEDBACK_METRICS.feedbackUp, down: FEEDBACK_METRICS.feedbackDown } as const;

/** `POST /v1/conversations/{id}/messages/{messageId}/feedback`: what the caller thinks of an answer; the last word counts. */
export function giveFeedback(ports: ReadingPorts, { routed }: Pick<Models, 'routed'>, publish: PublishMetrics): Route {
  const { conversations, edits, clock } = ports;
  return async (call) => {
    const { rating, comment } = parseFields(call.body, feedbackFields);
    const { key, conversation } = await openConversation(call, ports);
    const { message: { turn, index, expiresAt }, model } = await ratedMessage(key, call, ports);
    const feedback: Feedback = { turn, index, rating, ...(comment && { comment }), createdAt: clock.now(), ...(expiresAt !== undefined && { expiresAt }) };
    const before = await edits.rate(key, feedback);
    // The conversation may have been deleted meanwhile: then nothing of it may stay, nor come to belong to the next of its id.
    if ((await conversations.find(key))?.createdAt !== conversation.createdAt) {
      await edits.withdraw(key, feedback);
      return unknownMessage();
    }
    call.note({ rating });
    if (before !== rating) publish({ [METRICS[rating]]: 1 }, routed && model !== undefined ? { Model: model } : undefined);
    return json({ object: 'feedback', conversation_id: key.id, message_id: messageId(feedback), ...feedbackBody(feedback) });
  };
}

/** An answer, and the model that gave it where there were several. */
async function ratedMessage(
  key: ConversationKey, call: Call, { conversations, clock }: ReadingPorts,
): Promise<{ readonly message: StoredMessage; readonly model?: string }> {
  const position = placeOfMessage(call.path.messageId ?? '') ?? unknownMessage();
  for await (const turn of turns(conversations.oldestFirst(key, position.turn), clock.now())) {
    const message = turn.find((each) => isAt(each, position)) ?? unknownMessage();
    if (message.message.role !== 'assistant') throw new BadRequest('messageId', 'Only an answer can be rated: \'messageId\' must be that of an assistant message.', 'invalid_value');
    return { message, model: turn.at(-1)?.end?.model };
  }
  return unknownMessage();
}

function isAt(message: MessagePlace, { turn, index }: MessagePlace): boolean {
  return message.turn === turn && message.index === index;
}

function unknownMessage(): never {
  throw new NotFound('messageId', 'There is no such message in this conversation.', 'message_not_found');
}
