import { ConverseEvent, Delta, StopReason, Usage } from './converse';

/** A chunk of a streamed completion, as far as it is read. */
export interface CompletionChunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string | null;
      /** Not OpenAI's: how vLLM, DeepSeek and others stream their thinking. */
      readonly reasoning_content?: string | null;
      readonly tool_calls?: readonly ToolCallDelta[];
    };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
  } | null;
  readonly error?: { readonly message?: string };
}

interface ToolCallDelta {
  readonly index?: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

const STOP_REASONS: Readonly<Record<string, StopReason>> = { length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'content_filtered' };
const TOOL_USE_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;

/** Turns chunks into Converse events: blocks are numbered densely and each is closed before the next opens. */
export class AnswerTranslation {
  private block = -1;
  private open?: string;
  private toolsCalled = 0;
  private stopReason?: StopReason;
  private usage?: Usage;
  private readonly started = Date.now();

  * chunk({ choices, usage }: CompletionChunk): Iterable<ConverseEvent> {
    if (usage) this.usage = usageOf(usage);
    const choice = choices?.[0];
    if (choice?.delta?.reasoning_content) yield* this.delta('reasoning', { reasoningContent: { text: choice.delta.reasoning_content } });
    if (choice?.delta?.content) yield* this.delta('text', { text: choice.delta.content });
    for (const call of choice?.delta?.tool_calls ?? []) {
      const kind = `tool ${call.index ?? 0}`;
      if (call.function?.name) yield* this.openTool(kind, call.id, call.function.name);
      if (call.function?.arguments) yield* this.delta(kind, { toolUse: { input: call.function.arguments } });
    }
    if (choice?.finish_reason) this.stopReason = STOP_REASONS[choice.finish_reason] ?? (this.toolsCalled > 0 ? 'tool_use' : 'end_turn');
  }

  /** What closes the answer; an answer without a finish reason stays unfinished. `estimate` counts for servers that report no usage. */
  * end(estimate: () => Usage): Iterable<ConverseEvent> {
    yield* this.close();
    if (!this.stopReason) return;
    yield { messageStop: { stopReason: this.stopReason } };
    yield { metadata: { usage: this.usage ?? estimate(), metrics: { latencyMs: Date.now() - this.started } } };
  }

  private* delta(kind: string, delta: Delta): Iterable<ConverseEvent> {
    if (this.open !== kind) {
      yield* this.close();
      this.open = kind;
      this.block += 1;
    }
    yield { contentBlockDelta: { contentBlockIndex: this.block, delta } };
  }

  private* openTool(kind: string, id: string | undefined, name: string): Iterable<ConverseEvent> {
    yield* this.close();
    this.open = kind;
    this.block += 1;
    this.toolsCalled += 1;
    const toolUseId = id && TOOL_USE_ID.test(id) ? id : `tooluse_${this.started}_${this.toolsCalled}`;
    yield { contentBlockStart: { contentBlockIndex: this.block, start: { toolUse: { toolUseId, name } } } };
  }

  private* close(): Iterable<ConverseEvent> {
    if (this.open) yield { contentBlockStop: { contentBlockIndex: this.block } };
    this.open = undefined;
  }
}

function usageOf({ prompt_tokens, completion_tokens, prompt_tokens_details }: NonNullable<CompletionChunk['usage']>): Usage {
  const cached = prompt_tokens_details?.cached_tokens ?? 0;
  return {
    inputTokens: prompt_tokens - cached,
    outputTokens: completion_tokens,
    totalTokens: prompt_tokens + completion_tokens,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: 0,
  };
}
