import { API_CLIENT_HEADERS, API_EXPOSED_HEADERS, type ApiRoute } from './api';
import { IDEMPOTENCY_HEADER } from './chat';

/**
 * Everything the handler of questions reads from its environment. An empty string means that the feature is off.
 * Beside the handler lie, as beside a chat's: `SYSTEM_PROMPT_FILE`, and where a router chooses `ROUTING_FILE`.
 */
export const RAG_ENV = [
  /** `KnowledgePolicy` as JSON. */
  'KNOWLEDGE',
  /** `ModelFacts` as JSON; empty where a router chooses among several models. */
  'MODEL',
  /** Ids of the router's models as a JSON list, in the order of its `RoutingTable`. */
  'ROUTED_MODELS',
  /** `GenerationPolicy` as JSON. */
  'GENERATION',
  /** `GuardrailReference` as JSON. */
  'GUARDRAIL',
  /** `SessionsPolicy` as JSON. */
  'SESSIONS',
  /** `AnswerCachePolicy` as JSON. */
  'ANSWERS',
  /** `DocumentsReference` as JSON. */
  'DOCUMENTS',
  /** Where the verified caller is found: one of `CALLER_SOURCES`. */
  'CALLER',
  /** Origins that may read answers in a browser, joined by commas. */
  'CORS_ORIGINS',
  /** The `Service` dimension of every metric and log line: the construct's own name. */
  'SERVICE',
] as const;

export type RagEnv = Record<(typeof RAG_ENV)[number], string>;

export const RAG_ROUTES: Readonly<Record<'query' | 'retrieve', ApiRoute>> = {
  query: { method: 'POST', path: '/v1/query' },
  retrieve: { method: 'POST', path: '/v1/retrieve' },
};

/** Served over a database alone: the query for a question, which nobody runs. */
export const SQL_ROUTE: ApiRoute = { method: 'POST', path: '/v1/sql' };

/** Where it is kept how documents are, over an index of our own. */
export interface DocumentsReference {
  /** A table whose keys are `DOCUMENTS_TABLE`. */
  readonly table: string;
  readonly source: string;
}

/** Served over an index of our own: how documents are, and which indexes there are. */
export const DOCUMENT_ROUTES: Readonly<Record<'list' | 'one' | 'indexes', ApiRoute>> = {
  list: { method: 'GET', path: '/v1/documents' },
  one: { method: 'GET', path: '/v1/documents/{id}' },
  indexes: { method: 'GET', path: '/v1/indexes' },
};

export const RAG_CLIENT_HEADERS: string[] = [...API_CLIENT_HEADERS, IDEMPOTENCY_HEADER];
export const RAG_EXPOSED_HEADERS: string[] = [...API_EXPOSED_HEADERS];
