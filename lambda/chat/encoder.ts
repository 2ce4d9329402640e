import type { AnswerEvent } from './answer';
import type { Generated } from './generation';
import type { Usage } from './usage';

/** What every part of an answer says alike. */
export interface AnswerIdentity {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** One protocol in which a turn is told while it happens. */
export interface StreamEncoder {
  /** What of the answer is new. */
  event(event: AnswerEvent): string;
  finish(finish: Generated, usage: Usage | undefined): string;
}
