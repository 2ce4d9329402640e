import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { chatRoutes, statelessRoutes } from './routes';
import { readSettings } from './settings';
import { storesOf } from './stores';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { CHAT_ENV, EXPOSED_HEADERS, SYSTEM_PROMPT_FILE, type TransportName } from '../../lib/contract/chat';
import { CONTAINER_ENV } from '../../lib/contract/container';
import { ROUTING_FILE } from '../../lib/contract/routing';
import { bedrockModel } from '../adapters/bedrock-model';
import { dynamoConversationEdits } from '../adapters/dynamo-conversation-edits';
import { dynamoConversations } from '../adapters/dynamo-conversations';
import { dynamoQuotas } from '../adapters/dynamo-quotas';
import { dynamoSocketRequests } from '../adapters/dynamo-socket-requests';
import { dynamoSummaries } from '../adapters/dynamo-summaries';
import { dynamoTurnKeys } from '../adapters/dynamo-turn-keys';
import { dynamoTurnLog } from '../adapters/dynamo-turn-log';
import { readModels } from '../generation/routing/deployed';
import { CHAT_DURATIONS } from '../generation/turn-report';
import { bearerOf, laterTokens, noTokens } from '../kit/bearer';
import { readBeside } from '../kit/beside';
import { type Call, textOf } from '../kit/call';
import { systemClock } from '../kit/clock';
import { deferred, once } from '../kit/deferred';
import { endpoint } from '../kit/endpoint';
import { readEnv } from '../kit/env';
import { functionUrl } from '../kit/function-url';
import { lazyObjects } from '../kit/lazy-objects';
import { createLog } from '../kit/log';
import { createMetrics } from '../kit/metrics';
import { restApi } from '../kit/rest-api';
import { unlogged } from '../kit/unlogged';
import { webSocket } from '../kit/web-socket';
import { RETRIEVAL_DURATIONS } from '../knowledge/report';
import type { Hooks } from '../ports/hooks';
import type { JsonSchemas } from '../ports/json-schemas';
import type { Links } from '../ports/links';

const env = readEnv(CHAT_ENV);
const log = createLog(env.SERVICE);
const { policy: decided, transport, caller, tokens: rules, socket, corsOrigins } = readSettings(env, readBeside(SYSTEM_PROMPT_FILE));
// A connection may die without a word; what it carried is asked again, for every write of ours may be repeated.
const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true });
const table = DynamoDBDocumentClient.from(unlogged(new DynamoDBClient({ requestHandler: patience })), { marshallOptions: { removeUndefinedValues: true } });
const stores = storesOf(env, {
  table: () => ({
    conversations: dynamoConversations(table, env.TABLE_NAME),
    log: dynamoTurnLog(table, env.TABLE_NAME),
    keys: dynamoTurnKeys(table, env.TABLE_NAME),
    edits: dynamoConversationEdits(table, env.TABLE_NAME),
    ...(decided.summary && { summaries: dynamoSummaries(table, env.TABLE_NAME) }),
  }),
  cache: async (reference) => (await import('../parts/valkey.js')).openStores(reference),
  memory: async (id, inner) => (await import('../parts/agentcore.js')).openMemory(id, inner),
});
// One attempt: the core retries, for only it knows whether anything has been said.
const runtime = unlogged(new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000 }) }));
const model = bedrockModel(runtime, {
  refusedExtra: (extra) => log.info('the model does not take this and is asked without', { extra }),
});
const models = readModels(env, readBeside(ROUTING_FILE), { model, clock: systemClock });
const policy = { ...decided, models };
const publish = createMetrics(
  METRICS_NAMESPACE, { Service: env.SERVICE, ...(!models.routed && { Model: models.offer.name }) }, [...CHAT_DURATIONS, ...RETRIEVAL_DURATIONS],
);

const objects = lazyObjects(async () => (await import('../parts/s3-objects.js')).openObjects(env.CONTENT_BUCKET));
const hooks: Hooks = {
  ask: async (...call) => (await import('../parts/hooks.js')).hooks.ask(...call),
  tell: async (...call) => (await import('../parts/hooks.js')).hooks.tell(...call),
};
const passages = decided.knowledge && once(async () => (await import('../parts/knowledge.js')).openPassages(decided.knowledge!));
const knowledge = passages && {
  passages: deferred(passages),
  links: { sign: async (...given: Parameters<Links['sign']>) => (await import('../parts/s3-links.js')).links.sign(...given) },
};
const quotas = dynamoQuotas(table, env.QUOTA_TABLE);
const schemas: JsonSchemas = { problems: async (...given) => (await import('../parts/json-schemas.js')).jsonSchemas.problems(...given) };
const ports = { model, objects, schemas, hooks, quotas, knowledge, clock: systemClock };
const routes = stores ? chatRoutes(policy, { ...ports, ...stores }, publish) : statelessRoutes(policy, ports, publish);
const answer = endpoint(routes, { corsOrigins, exposedHeaders: EXPOSED_HEADERS, log });
const tokens = rules && laterTokens(async () => (await import('../parts/tokens.js')).oidcTokens(rules));

/** How requests come in, by the transport's name. */
const fronts: Readonly<Record<TransportName, () => unknown>> = {
  rest: () => awslambda.streamifyResponse(restApi(answer, caller)),
  functionUrl: () => awslambda.streamifyResponse(functionUrl(answer, Object.keys(routes), tokens)),
  webSocket: () => webSocket(answer, Object.keys(routes), {
    requests: dynamoSocketRequests(table, socket!.table), wire: async () => (await import('../parts/socket.js')).openWire(socket!.endpoint), log,
  }),
  container: async () => {
    const { PORT, TURN_SECONDS, DRAIN_SECONDS } = readEnv(CONTAINER_ENV);
    const identify = (headers: Call['headers']) => bearerOf(headers, tokens ?? noTokens);
    const served = { routes: Object.keys(routes), identify, read: textOf, corsOrigins, turnMs: Number(TURN_SECONDS) * 1000 };
    (await import('../parts/server.js')).serve(answer, { ...served, port: Number(PORT), drainMs: Number(DRAIN_SECONDS) * 1000, log });
  },
};
export const handler = fronts[transport]();
