import * as v from 'valibot';
import { conversationPrefix } from './content-keys';
import { conversationBody, conversationKey, unknownConversation } from './conversations';
import { parseFields } from '../kit/body';
import type { Call } from '../kit/call';
import { json, type Route } from '../kit/endpoint';
import { Busy, Unfinished } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { ConversationEdits, Removal } from '../ports/conversation-edits';
import type { ConversationKey } from '../ports/conversations';
import type { Objects } from '../ports/objects';

const TITLE = 200;

/** How long one request deletes; what is left then is for the next. */
const REMOVAL_MS = 20_000;
/** The lock of a removal outlives its last write by this much, for clocks differ and a write may be repeated. */
const LOCK_SLACK_MS = 15_000;
/** Room to say that time is up. */
const FAREWELL_MS = 2_500;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

const renaming = v.object({
  title: v.pipe(
    v.string(), v.trim(),
    v.check((title) => title !== '' && [...title].length <= TITLE, `must have 1 to ${TITLE} characters besides the white space around them`),
    v.regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'must be one line without control characters'),
  ),
});

/** `PATCH /v1/conversations/{id}`: another title. */
export function renameConversation(edits: ConversationEdits, clock: Clock): Route {
  return async (call) => {
    const { title } = parseFields(call.body, renaming);
    const renamed = await edits.rename(conversationKey(call), title, clock.now());
    return renamed ? json(conversationBody(renamed)) : unknownConversation();
  };
}

/**
 * `DELETE /v1/conversations/{id}`: everything that was said in it, and what was thought of that. It is hidden first, so that nobody
 * sees the half of it; when the work is interrupted it stays hidden, and the same request again goes on with it.
 */
export function deleteConversation(edits: ConversationEdits, objects: Objects, clock: Clock): Route {
  return async (call) => {
    const conversation = conversationKey(call);
    const removal = await hide(conversation, call, edits, clock);
    try {
      call.note({ deletedItems: await eraseAll(removal, call, edits, clock), deletedObjects: await deleteObjects(removal, call, objects, clock) });
      await edits.forget(removal);
    } catch (error) {
      // Best effort: a lock that stays behind ends by itself, and the error that led here is the one to tell.
      await edits.pause(removal).catch(() => undefined);
      throw error;
    }
    return json({ id: conversation.id, object: 'conversation.deleted', deleted: true });
  };
}

async function hide(conversation: ConversationKey, call: Call, edits: ConversationEdits, clock: Clock): Promise<Removal> {
  const now = clock.now();
  const removal = { conversation, runId: call.runId, now, until: endOf(now, call) + LOCK_SLACK_MS };
  switch (await edits.hide(removal)) {
    case 'hidden': return removal;
    case 'busy': throw new Busy('conversation_busy', `A turn of the conversation '${conversation.id}' is still running, or it is being deleted already.`, 2);
    case 'unknown': return unknownConversation();
  }
}

async function eraseAll({ conversation, now }: Removal, call: Call, edits: ConversationEdits, clock: Clock): Promise<number> {
  let total = 0;
  let refusals = 0;
  for (;;) {
    const { found, deleted } = await edits.erase(conversation);
    if (found === 0) return total;
    total += deleted;
    // The table takes a batch in part when it is asked too much of at once.
    refusals = deleted < found ? refusals + 1 : 0;
    if (refusals > 0) await clock.pause(Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** refusals) * (0.5 + clock.chance() / 2));
    if (clock.now() >= endOf(now, call)) throw new Unfinished('The conversation is hidden, but not all of it is deleted yet. The same request again goes on.');
  }
}

/** What of the conversation lies beside the table: long messages, attachments. */
async function deleteObjects({ conversation, now }: Removal, call: Call, objects: Objects, clock: Clock): Promise<number> {
  for (let total = 0; ;) {
    const deleted = await objects.deleteSome(conversationPrefix(conversation));
    if (deleted === 0) return total;
    total += deleted;
    if (clock.now() >= endOf(now, call)) throw new Unfinished('The conversation is hidden, but not all of it is deleted yet. The same request again goes on.');
  }
}

function endOf(start: number, { until }: Call): number {
  return Math.min(start + REMOVAL_MS, until - FAREWELL_MS);
}
