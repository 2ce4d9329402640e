import { createHash } from 'node:crypto';
import { CONTENT } from '../../lib/contract/content';
import type { ConversationKey } from '../ports/conversations';

/** Where a caller's own upload lies. */
export function fileKey(owner: string, fileId: string): string {
  return `${CONTENT.files}${hashed(owner)}/${fileId}`;
}

/** Under which everything lies that belongs to one conversation, and goes with it. */
export function conversationPrefix({ owner, id }: ConversationKey): string {
  return `${CONTENT.conversations}${hashed(owner)}/${hashed(id)}/`;
}

/** Where a file lies that came with a message. */
export function attachmentKey(conversation: ConversationKey, fileId: string): string {
  return `${conversationPrefix(conversation)}attachments/${fileId}`;
}

function hashed(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
