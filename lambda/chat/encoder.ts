import type { AnswerEvent, FinishReason } from '../generation/answer';

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

/** What the messages of a turn are called in their conversation, for a client that rates an answer or branches off. */
export interface MessageIds {
  /** The answer's. */
  readonly message_id: string;
  /** Of what it answers. */
  readonly user_message_id?: string | null;
  /** Of what that stands after. */
  readonly parent_message_id?: string | null;
}

export interface AnswerEnd {
  readonly reason: FinishReason;
  /** Whether the reader ended the answer. */
  readonly stopped: boolean;
  readonly usage?: object;
  readonly ids?: MessageIds;
}

/** One protocol in which a turn is told while it happens. */
export interface StreamEncoder {
  /** Called first in a turn of a conversation: numbers what follows under its id, so that a client can say what it has read. */
  begin(turn: TurnIdentity): void;
  /** What of the answer is new. */
  event(event: AnswerEvent): string;
  finish(end: AnswerEnd): string;
}
