/**
 * Keeps a knowledge base in step with its documents: takes changes from their FIFO queue, ten at a time, and jobs from theirs. Both event sources report
 * the items of a batch that failed.
 *
 * It needs, and nothing else:
 * - on the knowledge base: `bedrock:StartIngestionJob`, `GetIngestionJob`, `ListKnowledgeBaseDocuments`; and where documents are read one by one
 *   `IngestKnowledgeBaseDocuments`, `DeleteKnowledgeBaseDocuments`, `GetKnowledgeBaseDocuments`
 * - on the table: `dynamodb:GetItem`, `UpdateItem`, `BatchWriteItem`, `Query`; where documents are read one by one `BatchGetItem`
 * - on the queue of jobs: `sqs:SendMessage`, and what an event source takes (`ReceiveMessage`, `DeleteMessage`, `GetQueueAttributes`)
 * - where changes are followed, on their queue: `sqs:SendMessage`, `ChangeMessageVisibility`, and what an event source takes
 * - where documents are read one by one, on each bucket: `s3:GetObject` of its documents, `s3:ListBucket` so that a missing one is told from a forbidden one
 */
import { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { documentSync } from './events';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { DOCUMENT_SYNC_ENV, SYNC_METRICS, type SyncedSource } from '../../lib/contract/document-sync';
import { bedrockIngestion } from '../adapters/bedrock-ingestion';
import { bedrockIngestionJobs } from '../adapters/bedrock-ingestion-jobs';
import { dynamoJobLeases } from '../adapters/dynamo-job-leases';
import { dynamoOpenDocuments } from '../adapters/dynamo-open-documents';
import { dynamoSourceGates } from '../adapters/dynamo-source-gates';
import { s3Documents } from '../adapters/s3-documents';
import { sqsChanges } from '../adapters/sqs-changes';
import { sqsJobs } from '../adapters/sqs-jobs';
import { systemClock } from '../kit/clock';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';
import { createMetrics } from '../kit/metrics';

const env = readEnv(DOCUMENT_SYNC_ENV);
const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true });
// Reading documents is begun by a call that may take longer than any other.
const longPatience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 15_000, throwOnRequestTimeout: true });
const agent = new BedrockAgentClient({ requestHandler: longPatience });
const table = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: patience }), { marshallOptions: { removeUndefinedValues: true } });
// A message that is sent again is the one in line, whose checksum need not be that of what was sent now.
const queues = new SQSClient({ requestHandler: patience, md5: false });

export const handler = documentSync({ sources: JSON.parse(env.SOURCES) as SyncedSource[], backlog: Number(env.BACKLOG) }, {
  ingestion: bedrockIngestion(agent, env.KNOWLEDGE_BASE_ID),
  ingestionJobs: bedrockIngestionJobs(agent, env.KNOWLEDGE_BASE_ID),
  documents: s3Documents(new S3Client({ requestHandler: patience })),
  gates: dynamoSourceGates(table, env.SYNC_TABLE),
  leases: dynamoJobLeases(table, env.SYNC_TABLE),
  open: dynamoOpenDocuments(table, env.SYNC_TABLE),
  changes: sqsChanges(queues, env.CHANGES_URL),
  jobs: sqsJobs(queues, env.JOBS_URL),
  clock: systemClock,
  publish: createMetrics(METRICS_NAMESPACE, { Service: env.SERVICE }, [SYNC_METRICS.syncLag]),
  log: createLog(env.SERVICE),
});
