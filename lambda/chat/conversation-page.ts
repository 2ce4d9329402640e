import { ConversationTree } from './conversation-tree';
import { turns } from './history';
import { messageId, placeOfMessage } from './message-id';
import { BadRequest, NotFound } from '../kit/http';
import type { ConversationKey, Conversations, MessagePlace, OutlinedMessage, StoredMessage } from '../ports/conversations';

/** A message, and where it stands in its conversation. */
export interface PlacedMessage extends StoredMessage {
  readonly parentId?: string;
  /** The ids of all that stand in its place, itself among them; absent where they are not known, or there is none beside it. */
  readonly siblings?: readonly string[];
}

export interface PageOfMessages {
  readonly messages: readonly PlacedMessage[];
  /** Where the next page goes on, if there is one. */
  readonly next?: PagePosition;
}

export interface PagePosition {
  readonly after: MessagePlace;
  /** The branch that is read, by a message on it: absent for the newest. */
  readonly branch?: MessagePlace | 'all';
}

/** What a client wants to read: a branch by a message on it, or all there is. */
export function branchAsked(asked: string | undefined): PagePosition['branch'] {
  if (asked === undefined || asked === 'all') return asked;
  const place = placeOfMessage(asked);
  if (!place) throw new BadRequest('branch', '\'branch\' must be the id of a message, or \'all\'.', 'invalid_value');
  return place;
}

/**
 * Messages in the order they were written, whichever branch they are on. Tells besides whether each turn stands after the one before: of a
 * conversation without branches this is all there is to read.
 */
export async function linePage(
  conversations: Conversations, key: ConversationKey, { from, limit, now }: { from: MessagePlace | undefined; limit: number; now: number },
): Promise<PageOfMessages & { readonly straight: boolean }> {
  const found: PlacedMessage[] = [];
  let straight = true;
  let last: string | undefined;
  for await (const turn of turns(conversations.oldestFirst(key, from?.turn ?? 0), now)) {
    const placed = turn.map((message) => ({ ...message, parentId: parentOf(message) }));
    if (last !== undefined && placed[0].parentId !== last) straight = false;
    last = messageId(turn[turn.length - 1]);
    found.push(...placed.filter((message) => !from || isAfter(message, from)));
    if (found.length > limit) break;
  }
  const messages = found.slice(0, limit);
  return { messages, straight, ...(found.length > limit && { next: { after: placeIn(messages[limit - 1]) } }) };
}

/** Messages of one branch. Where its turns lie is known only once all of the tree is. */
export async function branchPage(
  conversations: Conversations, key: ConversationKey,
  { from, branch, limit, now }: { from: MessagePlace | undefined; branch: MessagePlace | undefined; limit: number; now: number },
): Promise<PageOfMessages> {
  const outline: OutlinedMessage[][] = [];
  for await (const turn of turns(conversations.outline(key), now)) outline.push(turn);
  const tree = new ConversationTree(outline);
  if (branch && !tree.has(branch)) throw new NotFound('branch', 'There is no such message in this conversation.', 'message_not_found');
  const path = tree.branch(branch);
  const wanted = path.filter((place) => !from || isAfter(place, from));
  const page = wanted.slice(0, limit);
  const stored = await fetched(conversations, key, page);
  return {
    messages: stored.map((message) => {
      const siblings = tree.siblings(message);
      return { ...message, parentId: tree.parent(message), ...(siblings.length > 1 && { siblings }) };
    }),
    ...(wanted.length > limit && { next: { after: page[limit - 1], branch: path[path.length - 1] } }),
  };
}

async function fetched(conversations: Conversations, key: ConversationKey, places: readonly MessagePlace[]): Promise<StoredMessage[]> {
  const found: StoredMessage[] = [];
  const wanted = new Set(places.map(messageId));
  if (wanted.size === 0) return found;
  for await (const message of conversations.oldestFirst(key, places[0].turn)) {
    if (wanted.delete(messageId(message))) found.push(message);
    if (wanted.size === 0) break;
  }
  return found;
}

function parentOf({ turn, index, parent }: StoredMessage): string | undefined {
  const above = index > 0 ? { turn, index: index - 1 } : parent;
  return above && messageId(above);
}

function placeIn({ turn, index }: MessagePlace): MessagePlace {
  return { turn, index };
}

function isAfter(message: MessagePlace, { turn, index }: MessagePlace): boolean {
  return message.turn > turn || (message.turn === turn && message.index > index);
}
