/**
 * Answers questions from a knowledge base of Bedrock, and shows what it finds there. What its role needs, by what is used:
 * - always `bedrock:Retrieve` on the knowledge base. Models of a search (reranking, implicit filters) the service calls under the knowledge
 *   base's own role: `bedrock:Rerank` on `*` and `bedrock:InvokeModel` on the model belong there, not here; a managed base's own reranker needs none.
 * - `bedrock:InvokeModelWithResponseStream` on the models that answer, which every call here streams.
 * - over a database `bedrock:GenerateQuery` and `sqlworkbench:GetSqlRecommendations` on `*` and `bedrock:GetKnowledgeBase` on the knowledge base, for queries that are only written.
 * - with a guardrail `bedrock:ApplyGuardrail` on it.
 * - with sessions `dynamodb:GetItem`, `PutItem` and `DeleteItem` on their table.
 * - with a cache of answers `dynamodb:Query`, `GetItem`, `BatchGetItem` and `PutItem` on its table.
 * - with links `s3:GetObject` on the documents, and `kms:Decrypt` through S3 where the bucket has a key: a link opens what this role may read.
 */
import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ragRoutes } from './routes';
import { readSettings } from './settings';
import { CACHE_STATUS_HEADER } from '../../lib/contract/answer-cache';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { SYSTEM_PROMPT_FILE } from '../../lib/contract/chat';
import { RAG_ENV, RAG_EXPOSED_HEADERS } from '../../lib/contract/rag';
import { ROUTING_FILE } from '../../lib/contract/routing';
import { bedrockModel } from '../adapters/bedrock-model';
import { bedrockPassages, searchPatience } from '../adapters/bedrock-passages';
import { bedrockSql } from '../adapters/bedrock-sql';
import { readModels } from '../generation/routing/deployed';
import { CHAT_DURATIONS } from '../generation/turn-report';
import { readBeside } from '../kit/beside';
import { systemClock } from '../kit/clock';
import { deferred, once } from '../kit/deferred';
import { endpoint } from '../kit/endpoint';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';
import { createMetrics } from '../kit/metrics';
import { restApi } from '../kit/rest-api';
import { AnswerCache } from '../knowledge/answer-cache';
import { GROUNDING } from '../knowledge/grounding';
import { RETRIEVAL_DURATIONS } from '../knowledge/report';
import type { Answers, AskedIndex } from '../ports/answers';
import type { Links } from '../ports/links';
import type { Passages } from '../ports/passages';

const env = readEnv(RAG_ENV);
const log = createLog(env.SERVICE);
const { policy: decided, caller, corsOrigins } = readSettings(env, readBeside(SYSTEM_PROMPT_FILE));
// One attempt each: the cores retry, for they know what has been said and how much time is left.
const patience = new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: searchPatience(decided.knowledge), throwOnRequestTimeout: true });
const knowledge = new BedrockAgentRuntimeClient({ maxAttempts: 1, requestHandler: patience });
const model = bedrockModel(new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000 }) }), {
  refusedExtra: (extra) => log.info('the model does not take this and is asked without', { extra }),
});
const links: Links = { sign: async (...given) => (await import('../parts/s3-links.js')).links.sign(...given) };
const { sessions: kept, documents: known, cache: cached } = decided;
const sessions = kept && deferred(once(async () => (await import('../parts/sessions.js')).openSessions(kept.table)));
const documents = known && deferred(once(async () => (await import('../parts/documents.js')).openDocuments(known.table)));
const { own } = decided.knowledge;
const opened = own && once(async () => (await import('../parts/own-passages.js')).openOwn(own));
const passages = opened ? deferred<Passages>(async () => (await opened()).passages) : bedrockPassages(knowledge, decided.knowledge);
const cache = cached && opened && new AnswerCache([GROUNDING, decided.knowledge, decided.generation, decided.systemPrompt, decided.guardrail ?? null], cached, {
  answers: deferred<Answers>(once(async () => (await import('../parts/answers.js')).openAnswers(cached.table))),
  index: deferred<AskedIndex>(async () => (await opened()).asked),
  clock: systemClock,
});
const models = readModels(env, readBeside(ROUTING_FILE), { model, clock: systemClock });
const watchers = {
  answers: createMetrics(METRICS_NAMESPACE, { Service: env.SERVICE, ...(!models.routed && { Model: models.offer.name }) }, CHAT_DURATIONS),
  retrieval: createMetrics(METRICS_NAMESPACE, { Service: env.SERVICE }, RETRIEVAL_DURATIONS),
  log,
};
const ports = {
  passages, sql: bedrockSql(knowledge, decided.knowledge), model, links, sessions, documents, cache, clock: systemClock,
};
const routes = ragRoutes({ ...decided, models }, ports, watchers);

const exposedHeaders = [...RAG_EXPOSED_HEADERS, ...cache ? [CACHE_STATUS_HEADER] : []];

export const handler = awslambda.streamifyResponse(restApi(endpoint(routes, { corsOrigins, exposedHeaders, log }), caller));
