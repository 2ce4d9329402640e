/**
 * Ends the jobs of a stack that is being deleted. It is called with the event of EventBridge, which holds nothing that it has to know.
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
const jobs = bedrockIngestionJobs(new BedrockAgentClient({ requestHandler: patience }), env.KNOWLEDGE_BASE_ID);

export const handler = drainOnDelete(jobs, systemClock, createLog(env.SERVICE));
