import type { ConversationKey, OpenTurn } from './conversations';

/** What a turn has said so far, for those who come back to it and for those who end it. */
export interface TurnLog {
  /** The id of the turn that runs. */
  running(conversation: ConversationKey, now: number): Promise<string | undefined>;
  /** Puts an entry in its place; may be repeated. False where somebody who wants the turn to stop has taken the place. */
  append(turn: OpenTurn, entry: LogEntry): Promise<boolean>;
  /** Living entries of a turn in their order, from a place on. */
  read(conversation: ConversationKey, turnId: string, from: number, now: number): AsyncIterable<LogEntry>;
  /** Takes the place that the turn wants to write to next. False where it has written its last entry. */
  stop(conversation: ConversationKey, turnId: string, now: number): Promise<boolean>;
}

export interface LogEntry {
  /** From 0, without gaps. */
  readonly place: number;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** JSON of the writer's; empty where the place is taken by a wish to stop. */
  readonly text: string;
  /** Nothing follows. */
  readonly last: boolean;
}
