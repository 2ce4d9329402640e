/** A model that answers a prompt, event by event. */
export interface Model {
  answer(prompt: Prompt, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

export interface Prompt {
  readonly modelId: string;
  readonly system: readonly SystemText[];
  readonly messages: readonly PromptMessage[];
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop: readonly string[];
  /** What the model is held to while it writes; only for models that can be. */
  readonly schema?: { readonly name: string; readonly description?: string; readonly schema: Readonly<Record<string, unknown>> };
  readonly guardrail?: { readonly id: string; readonly version: string; readonly asynchronous?: boolean };
  /** Where the model should remember what it has read; absent leaves it to the model. */
  readonly cache?: CachePoints;
  /** Absent takes the model's default tier; a model that has no such tier answers in its default one. */
  readonly serviceTier?: ServiceTier;
  /** False where the model cannot stream what is asked; the events then come all at once. */
  readonly streaming: boolean;
}

/** Places of a prompt up to which it is remembered, in the order in which a model reads: tools, system, messages. Four at most. */
export interface CachePoints {
  readonly lifetime: '5m' | '1h';
  readonly afterTools: boolean;
  /** After this system text. */
  readonly afterSystem?: number;
  /** After these messages. */
  readonly afterMessages: readonly number[];
}

export type ServiceTier = 'flex' | 'priority' | 'reserved';

/** `guarded` marks what a guardrail has to look at; where nothing is marked it looks at everything. */
export interface SystemText {
  readonly text: string;
  readonly guarded?: boolean;
}

export interface PromptMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

export type Block = TextBlock | ImageBlock | DocumentBlock | ToolUseBlock | ToolResultBlock;

export interface TextBlock {
  readonly kind: 'text';
  readonly text: string;
  /**
   * source: what answers are checked against, and is not looked at itself. query: what is asked, which is looked at, and which answers have to be
   * relevant to.
   */
  readonly guarded?: boolean | 'source' | 'query';
}

export interface ImageBlock {
  readonly kind: 'image';
  readonly format: ImageFormat;
  /** Base64. */
  readonly data: string;
  readonly guarded?: boolean;
}

/** A file as it is. What is in it is told to the model beside the words, never among them. */
export interface DocumentBlock {
  readonly kind: 'document';
  readonly format: DocumentFormat;
  /** As the service takes it, and like no other in the prompt. */
  readonly name: string;
  readonly content: Uint8Array;
  /** About what the model charges for it. */
  readonly tokens: number;
}

export interface ToolUseBlock {
  readonly kind: 'toolUse';
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ToolResultBlock {
  readonly kind: 'toolResult';
  readonly id: string;
  readonly text: string;
  readonly failed?: boolean;
}

export const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export const DOCUMENT_FORMATS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A tool's name, or whether the model has to call one at all. */
export type ToolChoice = 'auto' | 'required' | { readonly name: string };

/** Blocks are numbered as the model numbers them, text and tools together. */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'toolStart'; readonly block: number; readonly id: string; readonly name: string }
  | { readonly type: 'toolInput'; readonly block: number; readonly json: string }
  | { readonly type: 'assessed'; readonly findings: readonly Finding[] }
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'usage'; readonly usage: TokenUsage; /** The model that answered, where the one that was asked chose it. */ readonly modelId?: string };

/** What a guardrail found: which policy of it, of what kind, and what it did. Never what it found it in. */
export interface Finding {
  readonly on: 'input' | 'output';
  readonly policy: string;
  readonly kind: string;
  /** BLOCKED, ANONYMIZED, or NONE where it only tells. */
  readonly action: string;
  readonly confidence?: string;
}

/** Tokens as the model counts them: `input` leaves out what was read from or written to the cache. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** How many of those written are kept for an hour, where some are. */
  readonly cacheWriteHour?: number;
  /** The tier that was used in the end, where it is not the default. */
  readonly tier?: ServiceTier;
}

/** throttled and unavailable pass; refused and tooLong are the request's own fault. */
export type ModelFailureKind = 'throttled' | 'unavailable' | 'refused' | 'tooLong';

export class ModelFailure extends Error {
  constructor(readonly kind: ModelFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelFailure';
  }
}
