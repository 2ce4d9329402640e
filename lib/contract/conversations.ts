/**
 * The conversations table. One item a message, and one head item a conversation.
 *
 * head      pk `owner#<owner>`                    sk `conversation#<id>`              updatedAt, title, turns, newest, branched, turn lock, deletedAt, expiresAt
 * message   pk `owner#<owner>#conversation#<id>`  sk `turn#<8 digits>#<4 digits>`     parent, end, expiresAt
 * feedback  pk `owner#<owner>#conversation#<id>`  sk `feedback#<the message's digits>` rating, comment, expiresAt
 * key       pk `owner#<owner>#conversation#<id>`  sk `key#<idempotency key>`           turnId, number, hash, expiresAt
 * summary   pk `owner#<owner>#conversation#<id>`  sk `summary#<turn, 8 digits>`         what came before and with that turn, in short, expiresAt
 * log       pk `owner#<owner>#conversation#<id>`  sk `log#<turn id>#<8 digits>`         what a turn said while it ran, expiresAt
 *
 * `updatedAt` is a number, milliseconds since 1970; it is set by the first turn that ends well, so that the index holds no empty conversation.
 * With `deletedAt` a head is what is left of a conversation until all its items are gone: nobody finds it, and no turn begins.
 * Turns are numbered as they begin, and the first message of each names its parent: the newest turn that is whole is where a conversation goes
 * on, and from there one read backwards passes all that stands above it. `branched` is set once a turn stands elsewhere than after the newest.
 * The owner inside a key is URI-encoded, so that no owner can spell another's key.
 * A turn writes its log in order, each entry where nothing stands yet. Whoever wants it to stop takes the place that it would write to next:
 * the turn is refused there, and so hears of it without ever having to ask.
 * A local index over the heads gives an owner's conversations, newest first, with consistent reads.
 */
export const CONVERSATIONS = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'expiresAt',
  recentIndex: 'recent',
  recentSortKey: 'updatedAt',
} as const;

/** A serverless cache that keeps conversations. */
export interface CacheReference {
  readonly name: string;
  /** As whom the handler connects. */
  readonly user: string;
  /** Host and port, with a colon between them. */
  readonly endpoint: string;
}

/** How long the log of a turn is kept: for clients that come back to it, not for readers of the conversation. */
export const TURN_LOG_SECONDS = 86_400;
