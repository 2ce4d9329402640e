import { API_CLIENT_HEADERS, API_EXPOSED_HEADERS, type ApiRoute } from './api';

/** Everything the chat handler reads from its environment. An empty string means that the feature is off. */
export const CHAT_ENV = [
  /** Name of the conversations table; empty where there is none. */
  'TABLE_NAME',
  /** `CacheReference` as JSON, where conversations are kept in a cache. */
  'CACHE',
  /** Id of the AgentCore memory that holds what was said; empty where the table does, or the cache. */
  'AGENT_MEMORY',
  /** Name of the content bucket; empty where there is none. */
  'CONTENT_BUCKET',
  /** `ModelFacts` as JSON; empty where a router chooses among several models. */
  'MODEL',
  /** Ids of the router's models as a JSON list, in the order of its `RoutingTable`. */
  'ROUTED_MODELS',
  /** `GenerationPolicy` as JSON. */
  'GENERATION',
  /** How requests come in: one of `TRANSPORTS`. */
  'TRANSPORT',
  /** Where the verified caller is found: one of `CALLER_SOURCES`. */
  'CALLER',
  /** `TokenRules` as JSON, where the handler verifies tokens itself. */
  'TOKENS',
  /** `SocketReference` as JSON, where requests come over sockets. */
  'SOCKET',
  /** Most tokens of history sent with a turn. */
  'HISTORY_TOKENS',
  /** `SummaryPolicy` as JSON. */
  'SUMMARY',
  /** How long a message is kept, in seconds; empty keeps it for ever. */
  'RETENTION_SECONDS',
  /** `AttachmentPolicy` as JSON; empty where nothing may be attached. */
  'ATTACHMENTS',
  /** `GuardrailReference` as JSON. */
  'GUARDRAIL',
  /** `KnowledgePolicy` as JSON. */
  'KNOWLEDGE',
  /** `HooksPolicy` as JSON. */
  'HOOKS',
  /** `QuotasPolicy` as JSON. */
  'QUOTAS',
  /** Name of the table of quotas. */
  'QUOTA_TABLE',
  /** Groups of callers that are counted by themselves, as a JSON list; empty counts none. */
  'USER_GROUPS',
  /** Origins that may read answers in a browser, joined by commas. */
  'CORS_ORIGINS',
  /** The `Service` dimension of every metric and log line: the construct's own name. */
  'SERVICE',
] as const;

export type ChatEnv = Record<(typeof CHAT_ENV)[number], string>;

/** The system prompt lies beside the handler as a file: no size limit, no call at start. Absent when there is none. */
export const SYSTEM_PROMPT_FILE = 'system-prompt.txt';

/** How requests reach the handler, each with a front of its own in it. */
export const TRANSPORTS = ['rest', 'functionUrl', 'webSocket', 'container'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

export interface GenerationPolicy {
  /** Most tokens of one answer when the request names none; a request may ask for less or more, up to the model's limit. */
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topP?: number;
  /** How long a model keeps the beginnings of prompts; absent sends no cache points. */
  readonly promptCaching?: '5m' | '1h';
  /** Absent takes the default tier. */
  readonly serviceTier?: 'flex' | 'priority' | 'reserved';
  /** Answers are told by sentences, and the beginning of one waits no longer for its end; absent tells them as they come. */
  readonly sentences?: { readonly holdMs: number };
}

export interface AttachmentPolicy {
  /** Most bytes of one file. */
  readonly maxBytes: number;
  readonly formats: readonly AttachmentFormatName[];
  /** How long an upload is kept, in seconds. */
  readonly retentionSeconds: number;
}

/** What may be attached, by what Converse calls it. */
export const ATTACHMENT_FORMATS = ['png', 'jpeg', 'gif', 'webp', 'pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'] as const;
export type AttachmentFormatName = (typeof ATTACHMENT_FORMATS)[number];

export interface GuardrailReference {
  readonly id: string;
  readonly version: string;
  /** Lets words through before they are checked; absent checks them first. */
  readonly asynchronous?: boolean;
}

/** Routes that every chat has, as API Gateway resources. */
export const STATELESS_ROUTES = {
  completions: { method: 'POST', path: '/v1/chat/completions' },
  uiMessages: { method: 'POST', path: '/v1/chat' },
  uiResume: { method: 'GET', path: '/v1/chat/{id}/stream' },
  models: { method: 'GET', path: '/v1/models' },
} as const;

/** The routes of a chat that keeps conversations. */
export const CHAT_ROUTES = {
  ...STATELESS_ROUTES,
  uiHistory: { method: 'GET', path: '/v1/chat/{id}' },
  conversations: { method: 'GET', path: '/v1/conversations' },
  conversation: { method: 'GET', path: '/v1/conversations/{id}' },
  resume: { method: 'GET', path: '/v1/conversations/{id}/stream' },
  /** To stop a turn nothing has to be said. */
  stop: { method: 'POST', path: '/v1/conversations/{id}/stop', bodiless: true },
  renaming: { method: 'PATCH', path: '/v1/conversations/{id}' },
  removal: { method: 'DELETE', path: '/v1/conversations/{id}' },
  feedback: { method: 'POST', path: '/v1/conversations/{id}/messages/{messageId}/feedback' },
} as const;

/** The routes of a chat to which files can be uploaded. */
export const FILE_ROUTES = {
  upload: { method: 'POST', path: '/v1/files' },
  file: { method: 'GET', path: '/v1/files/{id}' },
  fileRemoval: { method: 'DELETE', path: '/v1/files/{id}' },
} as const;

/** The routes of a chat, by what it does. */
export function routesOf({ keepsConversations, takesFiles }: { readonly keepsConversations: boolean; readonly takesFiles: boolean }): ApiRoute[] {
  return [...Object.values(keepsConversations ? CHAT_ROUTES : STATELESS_ROUTES), ...takesFiles ? Object.values(FILE_ROUTES) : []];
}

/** The request header with which a client that comes back says what it has read, as server-sent events have it. */
export const LAST_EVENT_HEADER = 'last-event-id';

/** The request header that continues a conversation; the body field `conversation_id` says the same. */
export const CONVERSATION_HEADER = 'x-conversation-id';

/** The headers that say which model answered and why that one, where there is something to choose; absent from a stream that was silent for long. */
export const MODEL_HEADER = 'x-model';
export const ROUTE_HEADER = 'x-model-route';

/** The request header under which a turn of a conversation is taken once, however often it is asked for. */
export const IDEMPOTENCY_HEADER = 'idempotency-key';

/** What a page of another origin may read of an answer's headers. */
export const EXPOSED_HEADERS: string[] = [
  ...API_EXPOSED_HEADERS, CONVERSATION_HEADER, MODEL_HEADER, ROUTE_HEADER,
  ...['requests', 'tokens'].flatMap((what) => ['limit', 'remaining', 'reset'].map((field) => `x-ratelimit-${field}-${what}`)),
];

/** What a browser may send: its credentials, the conversation, and what OpenAI's own client says of itself. */
export const CLIENT_HEADERS: string[] = [
  ...API_CLIENT_HEADERS, CONVERSATION_HEADER, LAST_EVENT_HEADER,
  IDEMPOTENCY_HEADER, ...['arch', 'helper-method', 'lang', 'os', 'package-version', 'retry-count', 'runtime', 'runtime-version', 'timeout'].map((name) => `x-stainless-${name}`),
];

/**
 * Metrics of a router, beside those of turns. With a router every metric has the dimension `Service` alone, and again with the `Model` that it is about;
 * decisions also have the dimension `Route`, which the table of rules bounds.
 */
export const ROUTING_METRICS = {
  decisions: 'RoutingDecisions',
  fallbacks: 'Fallbacks',
} as const;

/** Metrics that the handler emits, with the dimensions `Service` and `Model`. */
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

/** Metrics of what callers thought of answers, beside those of turns. */
export const FEEDBACK_METRICS = {
  feedbackUp: 'FeedbackUp',
  feedbackDown: 'FeedbackDown',
} as const;
