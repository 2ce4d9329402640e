/**
 * Ends the jobs of a stack that is being deleted, or of a data source that an update takes away. It is called with the event of EventBridge.
 *
 * It needs `bedrock:ListDataSources`, `ListIngestionJobs`, `GetIngestionJob` and `StopIngestionJob` on the knowledge base.
 */
import { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { drainOnDelete } from './events';
import { SYNC_DRAIN_ENV } from '../../lib/contract/document-sync';
import { bedrockIngestionJobs } from '../adapters/bedrock-ingestion-jobs';
import { systemClock } from '../kit/clock';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';

const env = readEnv(SYNC_DRAIN_ENV);
const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
const agent = new BedrockAgentClient({ requestHandler: patience });

const jobsOf = (knowledgeBaseId: string) => bedrockIngestionJobs(agent, knowledgeBaseId);

export const handler = drainOnDelete(jobsOf, env.KNOWLEDGE_BASE_ID, systemClock, createLog(env.SERVICE));
