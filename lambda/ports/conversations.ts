import type { DocumentFormat, ImageFormat } from './model';

/** What conversations are kept in. Times are milliseconds since 1970; `expiresAt` is in seconds, as a time to live is. */
export interface Conversations {
  /** Opens a turn, and the conversation if there is none. Undefined while another turn runs. */
  begin(turn: TurnRequest): Promise<OpenTurn | undefined>;
  /** Messages of all turns, or of those up to one, the newest first, read no further than they are asked for. */
  newestFirst(conversation: ConversationKey, upToTurn?: number): AsyncIterable<RememberedMessage>;
  /** Writes the messages, then shows the turn and lets go of it. */
  commit(turn: OpenTurn, messages: readonly StoredMessage[], summary: TurnSummary): Promise<void>;
  /** Adds to a turn's last message what is known of its cost only later. */
  settle(turn: OpenTurn, index: number, usage: NonNullable<TurnEnd['usage']>): Promise<void>;
  /** Lets go of a turn that stored nothing. */
  release(turn: OpenTurn): Promise<void>;

  find(conversation: ConversationKey): Promise<Conversation | undefined>;
  /** An owner's conversations, those used last first. */
  recent(owner: string, after?: { readonly id: string; readonly updatedAt: number }): AsyncIterable<Conversation>;
  /** Messages in the order they were said, from a turn on. */
  oldestFirst(conversation: ConversationKey, fromTurn: number): AsyncIterable<StoredMessage>;
  /** The places of all messages in the order they were said, without what they say. */
  outline(conversation: ConversationKey): AsyncIterable<OutlinedMessage>;
}

export interface ConversationKey {
  readonly owner: string;
  readonly id: string;
}

export interface TurnRequest {
  readonly conversation: ConversationKey;
  /** Unique to this run; tells a repeated write from another's. */
  readonly turnId: string;
  readonly now: number;
  /** When the turn counts as abandoned. */
  readonly until: number;
  readonly expiresAt?: number;
}

export interface OpenTurn extends TurnRequest {
  /** Counts attempts, so that no two turns ever write the same item. */
  readonly number: number;
  /** Whether it is known that nothing that came before still lives. */
  readonly fresh: boolean;
  /** The number of the turn that was shown last, where that is known. */
  readonly newest?: number;
}

export interface TurnSummary {
  readonly title: string;
  readonly now: number;
  /** Whether the turn stands elsewhere than after the newest: from then on the conversation has more than one branch. */
  readonly branches?: boolean;
}

export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Turns that ended well. */
  readonly turns: number;
  readonly expiresAt?: number;
  /** Whether its turns are more than one line, each after the one before. */
  readonly branched?: boolean;
}

export interface MessagePlace {
  readonly turn: number;
  /** Within the turn, from 0. */
  readonly index: number;
}

/** Where a message stands. Numbers grow with time, so a message is always later than its parent. */
export interface OutlinedMessage extends MessagePlace {
  /** On a turn's first message: the message that it stands after, in the middle of another turn where what was said there is answered anew. Absent at a root. */
  readonly parent?: MessagePlace;
  readonly expiresAt?: number;
  readonly end?: Pick<TurnEnd, 'finishReason' | 'excluded' | 'length'>;
}

/** What of a message the next turns need. */
export interface RememberedMessage extends OutlinedMessage {
  readonly message: ChatMessage;
}

export interface StoredMessage extends RememberedMessage {
  readonly createdAt: number;
  /** On a turn's last message only: with it, and all that stand before it, the turn is complete. */
  readonly end?: TurnEnd;
}

export interface TurnEnd {
  readonly finishReason: string;
  /** Which model answered and why that one, where there was something to choose. */
  readonly model?: string;
  readonly route?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  /** Whether its reader ended it before the model did. */
  readonly stopped?: boolean;
  /** Kept to be read, never sent to the model again. */
  readonly excluded?: boolean;
  /** Tokens of all that was said on the branch up to here and may be sent again, as estimated. */
  readonly length?: number;
}

/** A message as chat clients write it. */
export type ChatMessage = (SystemMessage | UserMessage | AssistantMessage | ToolMessage) & { readonly spilled?: Spilled };

/** Says of a message that all of it lies elsewhere, for it is too large. */
export interface Spilled {
  /** Of the object that holds the message as JSON. */
  readonly key: string;
  /** As many as the whole message is reckoned to have. */
  readonly tokens: number;
}

export interface SystemMessage {
  readonly role: 'system' | 'developer';
  readonly content: string | readonly TextPart[];
  readonly name?: string;
}

export interface UserMessage {
  readonly role: 'user';
  readonly content: string | readonly (TextPart | ImagePart | FilePart)[];
  readonly name?: string;
}

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: string | readonly TextPart[] | null;
  readonly name?: string;
  readonly tool_calls?: readonly ToolCall[];
  /** What statements of it are from, where it was given from documents. */
  readonly annotations?: readonly Annotation[];
}

/** What a statement of an answer is from, as OpenAI's API tells it; offsets count characters of the answer as JavaScript does. */
export interface Annotation {
  readonly type: 'url_citation';
  readonly url_citation: { readonly url: string; readonly title: string; readonly start_index: number; readonly end_index: number };
  /** What OpenAI's API has no place for. */
  readonly citation: {
    /** By which the answer names it, as [1]. */
    readonly number: number;
    readonly passage_id: string;
    readonly uri: string;
    /** Counted from 1, where the document has pages. */
    readonly page?: number;
    /** The SQL that found it, where a database was asked. */
    readonly query?: string;
    readonly snippet: string;
  };
}

export interface ToolMessage {
  readonly role: 'tool';
  readonly content: string | readonly TextPart[];
  readonly tool_call_id: string;
}

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

export interface ImagePart {
  readonly type: 'image_url';
  readonly image_url: { readonly url: string };
}

/** Something that was attached: where its bytes lie, and never the bytes. */
export interface FilePart {
  readonly type: 'file';
  readonly file: FileReference;
}

/** What is known of a file is absent until it has been read. */
export interface FileReference {
  readonly file_id: string;
  readonly filename?: string;
  readonly format?: ImageFormat | DocumentFormat;
  readonly bytes?: number;
  /** About what it takes of a prompt. */
  readonly tokens?: number;
}

export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}
