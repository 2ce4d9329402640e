import { branchAsked, branchPage, linePage, type PageOfMessages, type PlacedMessage } from './conversation-page';
import { cursorOf, listPosition, messagePosition, positionOf } from './cursor';
import { isLive } from './history';
import { messageId } from './message-id';
import { isConversationId } from './request';
import { wholeMessages } from './spill';
import type { Call } from '../kit/call';
import { type Answer, json, type Route } from '../kit/endpoint';
import { BadRequest, NotFound } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { ConversationEdits, Feedback } from '../ports/conversation-edits';
import type { Conversation, ConversationKey, Conversations } from '../ports/conversations';
import type { Objects } from '../ports/objects';

const PAGE = 20;
const LONGEST_PAGE = 100;

/** `GET /v1/conversations`: the caller's own, those used last first. */
export function listConversations(conversations: Conversations, clock: Clock): Route {
  return async (call) => {
    const limit = limitOf(call);
    const start = positionOf(call.query.cursor, listPosition);
    const found = await take(alive(conversations.recent(call.caller, start), clock.now()), limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return json({
      object: 'list',
      data: page.map(conversationBody),
      has_more: found.length > limit,
      next_cursor: found.length > limit && last ? cursorOf({ id: last.id, updatedAt: last.updatedAt }) : null,
    });
  };
}

/** Messages as one kind of client reads them. */
export type MessageView = (messages: readonly PlacedMessage[], feedback: ReadonlyMap<string, Feedback>) => readonly object[];

const asKept: MessageView = (messages, feedback) => messages.map((message) => messageBody(message, feedback.get(messageId(message))));

/** `GET /v1/conversations/{id}` and `GET /v1/chat/{id}`: the messages of a branch in the order they were said, with what was thought of them. */
export function readConversation(ports: ReadingPorts, view: MessageView = asKept): Route {
  const { conversations, clock } = ports;
  return async (call) => {
    const key = conversationKey(call);
    const position = positionOf(call.query.cursor, messagePosition);
    const branch = position ? position.branch : branchAsked(call.query.branch);
    const range = { from: position?.after, limit: limitOf(call), now: clock.now() };

    if (branch === undefined || branch === 'all') {
      const line = await linePage(conversations, key, range);
      const read = await around(line, call, ports);
      if (branch === 'all') return pageBody({ ...read, next: line.next && { ...line.next, branch } }, view);
      if (line.straight && !read.conversation.branched) return pageBody(read, view);
    }
    return pageBody(await around(await branchPage(conversations, key, { ...range, branch }), call, ports), view);
  };
}

interface ReadPage extends PageOfMessages {
  readonly conversation: Conversation;
  readonly feedback: ReadonlyMap<string, Feedback>;
}

/** What belongs to a page. Read after its messages: a conversation that is still there now was whole when they were read. */
async function around(page: PageOfMessages, call: Call, ports: ReadingPorts): Promise<ReadPage> {
  const messages = await wholeMessages(page.messages, ports.objects);
  const [{ conversation }, given] = await Promise.all([
    openConversation(call, ports),
    messages.length > 0 ? ports.edits.feedback(conversationKey(call), messages[0], messages[messages.length - 1]) : [],
  ]);
  const living = given.filter((each) => isLive(each, ports.clock.now()));
  return { ...page, messages, conversation, feedback: new Map(living.map((each) => [messageId(each), each])) };
}

function pageBody({ conversation, messages, feedback, next }: ReadPage, view: MessageView): Answer {
  return json({
    ...conversationBody(conversation),
    messages: view(messages, feedback),
    has_more: next !== undefined,
    next_cursor: next ? cursorOf(next) : null,
  });
}

export interface ReadingPorts {
  readonly conversations: Conversations;
  readonly edits: ConversationEdits;
  readonly objects: Objects;
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

function messageBody(stored: PlacedMessage, feedback?: Feedback) {
  const { message, createdAt, end, parentId, siblings } = stored;
  return {
    id: messageId(stored),
    parent_id: parentId ?? null,
    ...(siblings && { siblings }),
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

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
