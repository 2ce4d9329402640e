import { isLive, turns } from './history';
import { messageId, placeOfMessage } from './message-id';
import { isConversationId } from './request';
import type { Call } from '../kit/call';
import { json, type Route } from '../kit/endpoint';
import { BadRequest, NotFound } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { ConversationEdits, Feedback } from '../ports/conversation-edits';
import type { Conversation, ConversationKey, Conversations, MessagePlace, StoredMessage } from '../ports/conversations';

const PAGE = 20;
const LONGEST_PAGE = 100;

/** `GET /v1/conversations`: the caller's own, those used last first. */
export function listConversations(conversations: Conversations, clock: Clock): Route {
  return async (call) => {
    const limit = limitOf(call);
    const start = call.query.cursor === undefined ? undefined : positionOf(call.query.cursor);
    const found = await take(alive(conversations.recent(call.caller, start), clock.now()), limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return json({
      object: 'list',
      data: page.map(conversationBody),
      has_more: found.length > limit,
      next_cursor: found.length > limit && last ? cursorOf(last) : null,
    });
  };
}

/** `GET /v1/conversations/{id}`: its messages in the order they were said, with what was thought of them. */
export function readConversation(ports: ReadingPorts): Route {
  const { conversations, edits, clock } = ports;
  return async (call) => {
    const limit = limitOf(call);
    const from = call.query.cursor === undefined ? { turn: 0, index: -1 } : placeOfMessage(call.query.cursor) ?? unknownCursor();
    const key = conversationKey(call);

    const found = await take(after(conversations.oldestFirst(key, from.turn), from, clock.now()), limit + 1);
    const page = found.slice(0, limit);
    // After its messages: a conversation that is still there now was whole when they were read.
    const [{ conversation }, given] = await Promise.all([
      openConversation(call, ports),
      page.length > 0 ? edits.feedback(key, page[0], page[page.length - 1]) : [],
    ]);
    const feedback = new Map(given.filter((each) => isLive(each, clock.now())).map((each) => [messageId(each), each]));
    return json({
      ...conversationBody(conversation),
      messages: page.map((message) => messageBody(message, feedback.get(messageId(message)))),
      has_more: found.length > limit,
      next_cursor: found.length > limit ? messageId(page[page.length - 1]) : null,
    });
  };
}

export interface ReadingPorts {
  readonly conversations: Conversations;
  readonly edits: ConversationEdits;
  readonly clock: Clock;
}

/** The conversation that a call's path names. Somebody else's is as unknown as one that never was. */
export async function openConversation(call: Call, { conversations, clock }: ReadingPorts): Promise<{ key: ConversationKey; conversation: Conversation }> {
  const key = conversationKey(call);
  const conversation = await conversations.find(key);
  return conversation && isLive(conversation, clock.now()) ? { key, conversation } : unknownConversation();
}

export function conversationKey({ caller, path }: Call): ConversationKey {
  return path.id !== undefined && isConversationId(path.id) ? { owner: caller, id: path.id } : unknownConversation();
}

export function unknownConversation(): never {
  throw new NotFound('id', 'There is no such conversation.', 'conversation_not_found');
}

export function conversationBody({ id, title, createdAt, updatedAt, turns: count }: Conversation) {
  return { id, object: 'conversation', title, created_at: seconds(createdAt), updated_at: seconds(updatedAt), turns: count };
}

function messageBody(stored: StoredMessage, feedback?: Feedback) {
  const { message, createdAt, end } = stored;
  return {
    id: messageId(stored),
    ...message,
    ...(end && { finish_reason: end.finishReason, ...(end.stopped && { stopped: true }), ...(end.usage && { usage: end.usage }) }),
    ...(end?.model !== undefined && { model: end.model, route: end.route }),
    ...(feedback && { feedback: feedbackBody(feedback) }),
    created_at: seconds(createdAt),
  };
}

export function feedbackBody({ rating, comment, createdAt }: Feedback) {
  return { rating, ...(comment !== undefined && { comment }), created_at: seconds(createdAt) };
}

async function* alive(found: AsyncIterable<Conversation>, now: number): AsyncGenerator<Conversation, void> {
  for await (const conversation of found) if (isLive(conversation, now)) yield conversation;
}

async function* after(messages: AsyncIterable<StoredMessage>, from: MessagePlace, now: number): AsyncGenerator<StoredMessage, void> {
  for await (const turn of turns(messages, now)) yield* turn.filter((message) => message.turn > from.turn || message.index > from.index);
}

async function take<T>(items: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

function limitOf({ query }: Call): number {
  if (query.limit === undefined) return PAGE;
  const limit = /^\d{1,3}$/.test(query.limit) ? Number(query.limit) : 0;
  if (limit < 1 || limit > LONGEST_PAGE) throw new BadRequest('limit', `'limit' must be a whole number between 1 and ${LONGEST_PAGE}.`, 'invalid_value');
  return limit;
}

function cursorOf({ id, updatedAt }: Conversation): string {
  return `${updatedAt}_${id}`;
}

/** A cursor says a place in the caller's own list; whose list it is comes from the caller alone. */
function positionOf(cursor: string): { id: string; updatedAt: number } {
  const [, updatedAt, id] = /^(\d{1,15})_(.+)$/.exec(cursor) ?? unknownCursor();
  return isConversationId(id) ? { id, updatedAt: Number(updatedAt) } : unknownCursor();
}

function unknownCursor(): never {
  throw new BadRequest('cursor', '\'cursor\' must be the \'next_cursor\' of an earlier answer.', 'invalid_value');
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
