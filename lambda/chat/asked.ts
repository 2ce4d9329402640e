import type { AnswerFormat } from './answer-format';
import type { BranchPoint } from './branch';
import type { Attached, Files } from '../generation/attachment';
import type { Grounds } from '../knowledge/grounding';
import type { ChatMessage } from '../ports/conversations';
import type { Tool, ToolChoice } from '../ports/model';
import type { TurnKey } from '../ports/turn-keys';

/** What a client asks of the model. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** What is attached to the messages, in their order. */
  readonly attached: readonly Attached[];
  /** Attachments that have been read, by the ids that the messages name. */
  readonly files?: Files;
  /** Absent: the messages are the whole conversation, and nothing is kept. */
  readonly conversationId?: string;
  /** One of the models behind the API that the client asked for by its name. */
  readonly model?: string;
  /** Where in the conversation the turn stands; absent: after its newest turn. */
  readonly branch?: BranchPoint;
  /** What the client calls the turn, so that it is not taken twice. */
  readonly key?: TurnKey;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop: readonly string[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | 'none';
  /** The form that the answer must have; absent for plain text. */
  readonly format?: AnswerFormat;
  /** What the builder's hook adds to this turn, and does not keep. */
  readonly added?: Addition;
  /** What the answer has to be given from; absent in a chat without documents. */
  readonly grounds?: Grounds;
}

export interface Addition {
  readonly system?: string;
  /** Data for the turn. */
  readonly context?: string;
  /** Whether a guardrail has to look at it. */
  readonly guarded: boolean;
}

export interface ChatInput {
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}
