/** What a handler must know of a model to call it well. Travels as JSON in the environment. */
export interface ModelFacts {
  /** What the Bedrock runtime takes as `modelId`: an id, a profile id or an ARN. */
  readonly id: string;
  /** What clients call it, in `model` of requests, answers and metrics. */
  readonly name: string;
  /** Context window in tokens. */
  readonly contextTokens: number;
  /** Most tokens of one answer. */
  readonly outputTokens: number;
  /** Whether tools may be offered, and whether a streamed call may offer them. */
  readonly tools: 'streaming' | 'buffered' | 'none';
  /** Whether temperature and top_p are accepted; some models answer 400 to them. */
  readonly sampling: 'both' | 'one' | 'none';
  /** What a user message may hold besides text. */
  readonly inputs: readonly ('text' | 'image' | 'document')[];
  /** Whether the model can be held to a JSON schema while it writes. */
  readonly jsonSchema?: boolean;
  /** Least tokens of a prompt before a cache point takes effect. Absent where the model caches nothing. */
  readonly cacheMinimum?: number;
  /** The models behind a prompt router, one of which answers and is named in the answer's trace. Absent for a single model. */
  readonly behind?: readonly BehindModel[];
  /** USD per million tokens. Absent where unknown: then no cost is reported, rather than a wrong one. */
  readonly prices?: ModelPrices;
}

export interface BehindModel {
  /** What the Bedrock runtime takes as `modelId`. */
  readonly id: string;
  readonly prices?: ModelPrices;
}

export interface ModelPrices extends TokenPrices {
  /** What a whole request costs when its prompt is longer than so many tokens. */
  readonly longPrompt?: LongPromptPrices;
}

export interface LongPromptPrices extends TokenPrices {
  readonly above: number;
}

export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Kept for an hour; twice `input` where it is absent. */
  readonly cacheWriteHour?: number;
}
