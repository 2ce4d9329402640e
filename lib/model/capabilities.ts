/** Whether tools may be offered to a model. */
export enum ToolSupport {
  /** In streamed and in whole answers. */
  STREAMING = 'streaming',
  /** In whole answers only: a streamed request with tools is sent whole and streamed on when complete. */
  BUFFERED = 'buffered',
  /** Not at all. */
  NONE = 'none',
}

/** Which of temperature and top_p a model accepts; a model answers an error to what it does not accept. */
export enum Sampling {
  /** Both in one request. */
  BOTH = 'both',
  /** Either, never both in one request. */
  ONE = 'one',
  /** Neither. */
  NONE = 'none',
}

/** What a user message may hold. */
export enum ModelInput {
  /** Text. */
  TEXT = 'text',
  /** Pictures. */
  IMAGE = 'image',
  /** Files such as PDF, as they are. */
  DOCUMENT = 'document',
}

/** What a model can do. */
export interface ModelCapabilities {
  /** Context window, prompt and answer together, in tokens. */
  readonly contextTokens: number;
  /** Most tokens of one answer. */
  readonly outputTokens: number;
  /** Whether tools may be offered, and whether a streamed call may offer them. */
  readonly tools: ToolSupport;
  /** Whether temperature and top_p are accepted. */
  readonly sampling: Sampling;
  /** What a user message may hold. */
  readonly inputs: ModelInput[];
  /**
   * Least tokens of a prompt before a cache point takes effect.
   *
   * @default - no cache points are sent
   */
  readonly cacheMinimum?: number;
  /**
   * Whether the model can be held to a JSON schema while it writes.
   *
   * @default false
   */
  readonly jsonSchema?: boolean;
  /**
   * Whether the model takes batch jobs.
   *
   * @default - unknown
   */
  readonly batch?: boolean;
}

/** What you know better than the catalogue; what you leave out comes from the catalogue or from careful defaults. */
export interface CapabilityOverrides {
  /**
   * Context window, prompt and answer together, in tokens, from 1 to 100000000.
   *
   * @default - from the catalogue, 32000 for a model that it does not know
   */
  readonly contextTokens?: number;
  /**
   * Most tokens of one answer, from 1 to `contextTokens`.
   *
   * @default - from the catalogue, 4096 for a model that it does not know
   */
  readonly outputTokens?: number;
  /**
   * Whether tools may be offered, and whether a streamed call may offer them.
   *
   * @default - from the catalogue, ToolSupport.BUFFERED for a model that it does not know
   */
  readonly tools?: ToolSupport;
  /**
   * Whether temperature and top_p are accepted.
   *
   * @default - from the catalogue, Sampling.NONE for a model that it does not know
   */
  readonly sampling?: Sampling;
  /**
   * What a user message may hold.
   *
   * @default - from the catalogue, text for a model that it does not know
   */
  readonly inputs?: ModelInput[];
  /**
   * Least tokens of a prompt before a cache point takes effect; 0 sends no cache points.
   *
   * @default - from the catalogue, no cache points for a model that it does not know
   */
  readonly cacheMinimum?: number;
  /**
   * Whether the model can be held to a JSON schema while it writes; others are told the schema, and their answers held to it.
   *
   * @default - from the catalogue, false for a model that it does not know
   */
  readonly jsonSchema?: boolean;
  /**
   * Whether the model takes batch jobs.
   *
   * @default - from the catalogue, unknown for a model that it does not know
   */
  readonly batch?: boolean;
}

/** What tokens cost, on demand, in USD per million. */
export interface TokenPrices {
  /** One million tokens of a prompt. */
  readonly input: number;
  /** One million tokens of an answer. */
  readonly output: number;
  /**
   * One million tokens of a prompt read from the cache.
   *
   * @default - as `input`
   */
  readonly cacheRead?: number;
  /**
   * One million tokens of a prompt written to the cache for five minutes.
   *
   * @default - as `input`
   */
  readonly cacheWrite?: number;
  /**
   * One million tokens of a prompt written to the cache for an hour.
   *
   * @default - twice `input`
   */
  readonly cacheWriteHour?: number;
}

/** What a model costs, on demand, in USD per million tokens. */
export interface ModelPrices extends TokenPrices {
  /** Day the prices were read, as `YYYY-MM-DD`. */
  readonly asOf: string;
  /**
   * What a whole request costs when its prompt is long.
   *
   * @default - the same
   */
  readonly longPrompt?: LongPromptPrices;
}

/** What a whole request costs, on demand, in USD per million tokens, when its prompt is long. */
export interface LongPromptPrices extends TokenPrices {
  /** Tokens of a prompt from which on, exclusively, these prices hold. */
  readonly above: number;
}
