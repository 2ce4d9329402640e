/** Everything the chat handler reads from its environment. An empty string means that the feature is off. */
export const CHAT_ENV = [
  /** Name of the conversations table. */
  'TABLE_NAME',
  /** `ModelFacts` as JSON. */
  'MODEL',
  /** `GenerationPolicy` as JSON. */
  'GENERATION',
  /** Where API Gateway puts the verified caller: one of `CALLER_SOURCES`. */
  'CALLER',
  /** Most tokens of history sent with a turn. */
  'HISTORY_TOKENS',
  /** How long a message is kept, in seconds; empty keeps it for ever. */
  'RETENTION_SECONDS',
  /** `GuardrailReference` as JSON. */
  'GUARDRAIL',
  /** Origins that may read answers in a browser, joined by commas. */
  'CORS_ORIGINS',
  /** The `Service` dimension of every metric and log line: the construct's own name. */
  'SERVICE',
] as const;

export type ChatEnv = Record<(typeof CHAT_ENV)[number], string>;

/** The system prompt lies beside the handler as a file: no size limit, no call at start. Absent when there is none. */
export const SYSTEM_PROMPT_FILE = 'system-prompt.txt';

/** cognito: `authorizer.claims.sub`. authorizer: `authorizer.principalId`. iam: `identity.userArn`. apiKey: `identity.apiKeyId`. */
export const CALLER_SOURCES = ['cognito', 'authorizer', 'iam', 'apiKey'] as const;
export type CallerSource = (typeof CALLER_SOURCES)[number];

export interface GenerationPolicy {
  /** Most tokens of one answer when the request names none; a request may ask for less or more, up to the model's limit. */
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topP?: number;
}

export interface GuardrailReference {
  readonly id: string;
  readonly version: string;
}

/** The routes of the chat API, as API Gateway resources. */
export const CHAT_ROUTES = {
  completions: { method: 'POST', path: '/v1/chat/completions' },
  models: { method: 'GET', path: '/v1/models' },
  conversations: { method: 'GET', path: '/v1/conversations' },
  conversation: { method: 'GET', path: '/v1/conversations/{id}' },
} as const;

/** The request header that continues a conversation; the body field `conversation_id` says the same. */
export const CONVERSATION_HEADER = 'x-conversation-id';

/** Metrics that the handler emits, in `METRICS_NAMESPACE`, with the dimensions `Service` and `Model`. */
export const METRICS_NAMESPACE = 'GenAIPatterns';
export const CHAT_METRICS = {
  turns: 'Turns',
  inputTokens: 'InputTokens',
  outputTokens: 'OutputTokens',
  cacheReadTokens: 'CacheReadTokens',
  timeToFirstToken: 'TimeToFirstToken',
  turnDuration: 'TurnDuration',
  cost: 'Cost',
  throttles: 'Throttles',
  errors: 'Errors',
  guardrailBlocks: 'GuardrailBlocks',
} as const;
