import type { Conversation, ConversationKey, MessagePlace } from './conversations';

/** What an owner does with a conversation that was held. Times are milliseconds since 1970; `expiresAt` is in seconds. */
export interface ConversationEdits {
  /** Gives a conversation another title. Undefined where there is no such conversation. */
  rename(conversation: ConversationKey, title: string, now: number): Promise<Conversation | undefined>;

  /** Hides a conversation for good, and keeps turns and other removals out of it. Goes on with what an earlier removal left. */
  hide(removal: Removal): Promise<'hidden' | 'busy' | 'unknown'>;
  /** Deletes some items of a hidden conversation. There are none left when none is found; what was found may have been refused. */
  erase(conversation: ConversationKey): Promise<{ readonly found: number; readonly deleted: number }>;
  /** Deletes what was hidden, once its items are gone: the id can be used again. */
  forget(removal: Removal): Promise<void>;
  /** Lets go of what stays hidden, so that another removal can go on. */
  pause(removal: Removal): Promise<void>;

  /** Keeps what the caller thinks of a message instead of what they thought before, and gives that rating back. */
  rate(conversation: ConversationKey, feedback: Feedback): Promise<Rating | undefined>;
  /** Takes back this feedback, unless another has replaced it. */
  withdraw(conversation: ConversationKey, feedback: Feedback): Promise<void>;
  /** What was thought of the messages from one to another. */
  feedback(conversation: ConversationKey, from: MessagePlace, to: MessagePlace): Promise<Feedback[]>;
}

/** Edits of conversations whose messages lie in another store; what is kept here refers to them. */
export interface ReferringEdits extends ConversationEdits {
  /** @param first is given what refers to the messages that are erased next, and is done before they are */
  erase(conversation: ConversationKey, first?: (messages: readonly unknown[]) => Promise<void>): ReturnType<ConversationEdits['erase']>;
}

export interface Removal {
  readonly conversation: ConversationKey;
  /** Unique to this run; tells a repeated write from another's. */
  readonly runId: string;
  readonly now: number;
  /** When the removal counts as abandoned. */
  readonly until: number;
}

export const RATINGS = ['up', 'down'] as const;
export type Rating = (typeof RATINGS)[number];

export interface Feedback extends MessagePlace {
  readonly rating: Rating;
  readonly comment?: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
}
