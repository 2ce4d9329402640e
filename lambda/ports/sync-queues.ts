import type { DocumentChange } from '../../lib/contract/document-sync';

/** The queue of changes: one group a document, in order within it. */
export interface ChangeQueue {
  /** Puts changes in line; each of them once, however often it is sent under its id. */
  send(changes: readonly { readonly change: DocumentChange; readonly id: string }[]): Promise<void>;
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
