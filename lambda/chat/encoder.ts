import type { AnswerEvent, FinishReason } from './answer';

/** What every part of an answer says alike. */
export interface AnswerIdentity {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** What a turn of a conversation is called in its log, and its answer in the conversation. */
export interface TurnIdentity {
  readonly turnId: string;
  readonly messageId: string;
}

export interface AnswerEnd {
  readonly reason: FinishReason;
  /** Whether the reader ended the answer. */
  readonly stopped: boolean;
  readonly usage?: object;
}

/** One protocol in which a turn is told while it happens. */
export interface StreamEncoder {
  /** Called first in a turn of a conversation: numbers what follows under its id, so that a client can say what it has read. */
  begin(turn: TurnIdentity): void;
  /** What of the answer is new. */
  event(event: AnswerEvent): string;
  finish(end: AnswerEnd): string;
}
