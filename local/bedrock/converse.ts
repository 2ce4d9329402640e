/** The Converse API as it looks on the wire: bytes are base64 strings. Only what we read is named. */
export interface ConverseRequest {
  readonly messages?: readonly Message[];
  readonly system?: readonly SystemBlock[];
  readonly inferenceConfig?: InferenceConfig;
  readonly toolConfig?: ToolConfig;
  readonly guardrailConfig?: GuardrailConfig;
  readonly additionalModelRequestFields?: Readonly<Record<string, unknown>>;
  readonly serviceTier?: { readonly type: string };
  readonly outputConfig?: { readonly textFormat?: { readonly structure?: { readonly jsonSchema?: { readonly schema: string } } } };
}

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: readonly ContentBlock[];
}

export interface ContentBlock {
  readonly text?: string;
  readonly image?: { readonly format: string; readonly source: object };
  readonly document?: { readonly format?: string; readonly name: string; readonly source: object };
  readonly toolUse?: ToolUse;
  readonly toolResult?: ToolResult;
  readonly guardContent?: { readonly text?: { readonly text: string; readonly qualifiers?: readonly string[] } };
  readonly cachePoint?: object;
  readonly reasoningContent?: object;
}

export interface ToolUse {
  readonly toolUseId: string;
  readonly name: string;
  readonly input: unknown;
}

export interface ToolResult {
  readonly toolUseId: string;
  readonly content: readonly { readonly text?: string; readonly json?: unknown }[];
  readonly status?: 'success' | 'error';
}

export type SystemBlock = Pick<ContentBlock, 'text' | 'guardContent' | 'cachePoint'>;

export interface InferenceConfig {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stopSequences?: readonly string[];
}

export interface ToolConfig {
  readonly tools: readonly { readonly toolSpec?: ToolSpec; readonly cachePoint?: object }[];
  readonly toolChoice?: { readonly auto?: object; readonly any?: object; readonly tool?: { readonly name: string } };
}

export interface ToolSpec {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: { readonly json: JsonSchema };
}

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
}

export interface GuardrailConfig {
  readonly guardrailIdentifier: string;
  readonly guardrailVersion: string;
  readonly trace?: string;
  readonly streamProcessingMode?: string;
}

export interface Usage {
  /** Without what was read from or written to the cache. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
  readonly cacheDetails?: readonly { readonly ttl: string; readonly inputTokens: number }[];
}

export type StopReason = 'end_turn' | 'tool_use' | 'max_tokens' | 'stop_sequence' | 'guardrail_intervened' | 'content_filtered';

/** One event of ConverseStream; a Converse answer is the same events, gathered. */
export type ConverseEvent =
  | { readonly messageStart: { readonly role: 'assistant' } }
  | { readonly contentBlockStart: { readonly contentBlockIndex: number; readonly start: { readonly toolUse: Omit<ToolUse, 'input'> } } }
  | { readonly contentBlockDelta: { readonly contentBlockIndex: number; readonly delta: Delta } }
  | { readonly contentBlockStop: { readonly contentBlockIndex: number } }
  | { readonly messageStop: { readonly stopReason: StopReason } }
  | { readonly metadata: Metadata };

export interface Metadata {
  readonly usage: Usage;
  readonly metrics: { readonly latencyMs: number };
  readonly trace?: object;
  readonly serviceTier?: { readonly type: string };
}

export type Delta = { readonly text: string } | { readonly toolUse: { readonly input: string } } | { readonly reasoningContent: object };

/** Who answers: the local model, an OpenAI-compatible server, or Bedrock itself. */
export interface Answerer {
  answer(call: ModelCall): AsyncIterable<ConverseEvent>;
}

export interface ModelCall {
  /** An id, a profile's id or the ARN of capacity of one's own: never an ARN of this local account. */
  readonly modelId: string;
  readonly request: ConverseRequest;
  /** Whether the caller wants the answer as it comes. */
  readonly streaming: boolean;
  /** Least tokens of a prompt before a cache point takes effect; absent where the model caches nothing. */
  readonly cacheMinimum?: number;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
}

export function lastUserText(request: ConverseRequest): string {
  const last = [...request.messages ?? []].reverse().find(({ role, content }) => role === 'user' && content.some(hasText));
  return textOf(last?.content ?? []);
}

export function textOf(content: readonly Pick<ContentBlock, 'text' | 'guardContent'>[]): string {
  return content.filter(hasText).map(({ text, guardContent }) => text ?? guardContent?.text?.text ?? '').join('\n');
}

function hasText(block: Pick<ContentBlock, 'text' | 'guardContent'>): boolean {
  return block.text !== undefined || block.guardContent?.text !== undefined;
}
