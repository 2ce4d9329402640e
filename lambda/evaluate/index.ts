/**
 * Evaluates answers: takes requests, looks at runs and questions from their queues, and deployments that wait as a custom resource. Both event sources report
 * the items of a batch that failed.
 *
 * It needs, and nothing else:
 * - what answering needs: to look passages up, `bedrock:InvokeModelWithResponseStream` on the models that answer and on the one that judges, with a guardrail `bedrock:ApplyGuardrail`
 * - on the table of runs `dynamodb:GetItem`, `PutItem`, `UpdateItem`, `Query`
 * - on the bucket of results `s3:PutObject` under `runs/`; where the set lies in a bucket `s3:GetObject` on it
 * - where an index of our own is asked, `dynamodb:GetItem` on the one item of its table that says which indexes there are
 * - on its own queues `sqs:SendMessage` and what an event source takes; on those of the sync `GetQueueAttributes`, and `SendMessage` where it asks for one
 */
import { createHash } from 'node:crypto';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { evaluate } from './events';
import { readSet } from './set';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { type GuardrailReference, SYSTEM_PROMPT_FILE } from '../../lib/contract/chat';
import { EVALUATE_ENV, EVALUATION_SET_FILE, type EvaluationPolicy } from '../../lib/contract/evaluation';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { ModelFacts } from '../../lib/contract/model';
import { ROUTING_FILE } from '../../lib/contract/routing';
import { bedrockModel } from '../adapters/bedrock-model';
import { dynamoEvaluationRuns } from '../adapters/dynamo-evaluation-runs';
import { dynamoIndexPointer } from '../adapters/dynamo-index-registry';
import { s3Objects } from '../adapters/s3-objects';
import { sqsBacklog, sqsMessages } from '../adapters/sqs-evaluation';
import { readModels } from '../generation/routing/deployed';
import { isBuilding } from '../kit/answering-index';
import { readBeside } from '../kit/beside';
import { systemClock } from '../kit/clock';
import { answerCloudFormation } from '../kit/custom-resource';
import { deferred, once } from '../kit/deferred';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';
import { createMetrics } from '../kit/metrics';
import type { QueryPolicy } from '../knowledge/query-terms';
import type { Passages } from '../ports/passages';

const env = readEnv(EVALUATE_ENV);
const log = createLog(env.SERVICE);
const policy = JSON.parse(env.EVALUATION) as EvaluationPolicy;
const knowledge = JSON.parse(env.KNOWLEDGE) as KnowledgePolicy;
const systemPrompt = readBeside(SYSTEM_PROMPT_FILE);
const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
const buckets = new S3Client({ requestHandler: patience, responseChecksumValidation: 'WHEN_REQUIRED' });
const tables = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: patience }), { marshallOptions: { removeUndefinedValues: true } });
const queues = new SQSClient({ requestHandler: patience });
// One attempt each: the cores retry.
const model = bedrockModel(new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000 }) }), {
  refusedExtra: (extra) => log.info('the model does not take this and is asked without', { extra }),
});
const answering: QueryPolicy = {
  knowledge,
  models: readModels(env, readBeside(ROUTING_FILE), { model, clock: systemClock }),
  generation: JSON.parse(env.GENERATION),
  systemPrompt,
  ...(env.GUARDRAIL && { guardrail: JSON.parse(env.GUARDRAIL) as GuardrailReference }),
};
const pointer = knowledge.own && dynamoIndexPointer(tables, knowledge.own.pointer.table);
const answers = [env.KNOWLEDGE, env.MODEL, env.ROUTED_MODELS, env.GENERATION, env.GUARDRAIL, systemPrompt, readBeside(ROUTING_FILE)];
const deployment = createHash('sha256').update(JSON.stringify(answers)).digest('hex').slice(0, 8);

export const handler = evaluate({ policy, deployment, bucket: env.RESULTS_BUCKET, answering, judge: JSON.parse(env.JUDGE) as ModelFacts }, {
  runs: dynamoEvaluationRuns(tables, env.RUNS_TABLE),
  set: () => readSet(policy, knowledge, { beside: () => readBeside(EVALUATION_SET_FILE), bucket: (name) => s3Objects(buckets, name) }),
  sync: sqsBacklog(queues, JSON.parse(env.SYNC_URLS) as string[], pointer && (async () => isBuilding(await pointer() ?? { known: {} }))),
  looks: sqsMessages(queues, env.RUNS_URL),
  questions: sqsMessages(queues, env.QUESTIONS_URL),
  results: s3Objects(buckets, env.RESULTS_BUCKET),
  answer: async ({ url, stackId, requestId, logicalResourceId, physicalResourceId }, refused) => answerCloudFormation(url, {
    StackId: stackId,
    RequestId: requestId,
    LogicalResourceId: logicalResourceId,
    PhysicalResourceId: physicalResourceId,
    ...(refused === undefined ? { Status: 'SUCCESS' } : { Status: 'FAILED', Reason: refused }),
  }),
  answering: {
    passages: deferred<Passages>(once(async () => (await import('../parts/knowledge.js')).openPassages(knowledge))),
    // Nobody opens a report's links to documents: they would have ended.
    links: { sign: () => Promise.reject(new Error('an evaluation gives no links')) },
    model,
    clock: systemClock,
  },
  clock: systemClock,
  publish: createMetrics(METRICS_NAMESPACE, { Service: env.SERVICE }, []),
  log,
});
