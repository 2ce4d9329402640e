import type { DocumentChange } from '../../lib/contract/document-sync';

/** A change on its way into the queue. */
export interface SentChange {
  readonly change: DocumentChange;
  /** However often it is sent under it, it is in the queue once. */
  readonly id: string;
  /** What is in one line comes in order, and what comes later waits while something before it is hidden. At most 128 letters and digits. */
  readonly line: string;
}

/** The queue of changes. */
export interface ChangeQueue {
  send(changes: readonly SentChange[]): Promise<void>;
  /** Hides messages that were received for so long. Nobody hears of a failure: they are hidden anyway, for as long as the queue says. */
  hide(messages: readonly { readonly receipt: string; readonly seconds: number }[]): Promise<void>;
  /** About how many changes wait and are not hidden. */
  waiting(): Promise<number>;
}

/** The queue of jobs. */
export interface JobQueue {
  /** Sends a message that is seen after so many seconds, 900 at most. */
  send(message: object, seconds: number): Promise<void>;
}
