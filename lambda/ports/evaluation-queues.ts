/** What keeps documents in step, as far as it is waited for. */
export interface SyncBacklog {
  /** About how many messages wait, are hidden or being worked on: every document that is not in step has one, and so has an index that is built. */
  waiting(): Promise<number>;
  /** Has all documents looked through. */
  request(): Promise<void>;
}

/** A standard queue. */
export interface MessageQueue {
  /** Sends messages, which are seen after so many seconds, 900 at most. */
  send(messages: readonly object[], seconds?: number): Promise<void>;
}
