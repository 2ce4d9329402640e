import type { ConversationKey } from '../ports/conversations';

/**
 * What stands in braces decides on which node a key lies, and a script works on one node: what an owner has lies together, and so does all
 * that belongs to a conversation. The owner is encoded, so that no owner can spell another's key, nor a brace.
 *
 * head      `{owner#<owner>}:conversation#<id>`      hash: title, turns, turn lock …
 * recent    `{owner#<owner>}:recent`                 sorted set of ids by `updatedAt`
 * places    `{…#conversation#<id>}:places`           sorted set of the places of everything that follows, in their order
 * message   `{…#conversation#<id>}:turn#<8 digits>#<4 digits>`, feedback, log of a turn, key of a turn: hashes
 */
export function headKey({ owner, id }: ConversationKey): string {
  return `{${ownerTag(owner)}}:conversation#${id}`;
}

export function recentKey(owner: string): string {
  return `{${ownerTag(owner)}}:recent`;
}

export function placesKey(conversation: ConversationKey): string {
  return placeKey(conversation, 'places');
}

/** The key of what stands at a place of a conversation. */
export function placeKey({ owner, id }: ConversationKey, place: string): string {
  return `{${ownerTag(owner)}#conversation#${id}}:${place}`;
}

export function messagePlace(turn: number, index: number): string {
  return `turn#${digits(turn, 8)}#${digits(index, 4)}`;
}

export function feedbackPlace(turn: number, index: number): string {
  return `feedback#${digits(turn, 8)}#${digits(index, 4)}`;
}

export function logPlace(turnId: string): string {
  return `log#${turnId}`;
}

/** The turn and the index that a place names. */
export function positionOf(place: string): { readonly turn: number; readonly index: number } {
  const [, turn, index] = place.split('#').map(Number);
  return { turn, index };
}

function ownerTag(owner: string): string {
  return `owner#${encodeURIComponent(owner)}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
