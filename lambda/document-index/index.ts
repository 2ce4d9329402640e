/**
 * Keeps an index of our own in step with its documents: takes changes from their FIFO queue, one line a document, and requests to look everything
 * through from theirs. Both event sources report the items of a batch that failed. State machines call it for the steps of a
 * bulk load.
 *
 * It needs, and nothing else:
 * - on the bucket of documents `s3:GetObject`, and `s3:ListBucket`, so that a missing one is told from a forbidden one, and for the look through all
 * - on the bucket of texts `s3:PutObject`, `s3:DeleteObject`, and `s3:GetObject` where two indexes are compared
 * - on the table of documents `dynamodb:GetItem`, `PutItem`, `Query`, and `DeleteItem` for an index that goes
 * - where answers are kept `dynamodb:PutItem` on their table
 * - on the table of vectors `dynamodb:BatchGetItem`, `BatchWriteItem`
 * - on the embedding model, and that of an index which is kept, `bedrock:InvokeModel`
 * - on Textract `StartDocumentAnalysis` and `GetDocumentAnalysis`, or those of text detection, where scans are read
 * - on a model that writes lines of context `bedrock:InvokeModelWithResponseStream`
 * - on a function that cuts documents `lambda:InvokeFunction`
 * - on the store what writing and removing chunks takes, making and dropping indexes, and searching where two are compared
 * - on the bucket of bulk loads `s3:GetObject`, `PutObject`, `ListBucket`, where there is one
 * - on the queue of changes `sqs:SendMessage`, `ChangeMessageVisibility`, on that of jobs `SendMessage`, and what an event source takes on both
 */
import { join } from 'node:path';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { mayCut, mayScan, mayWriteLines, NO_CUTTER, NO_SCANS } from './allowed';
import { wantedAlone } from './beside';
import { orBulkStep } from './bulk/steps';
import { documentIndex } from './events';
import { type House, openedIndex, type OpenIndex } from './house';
import { recipeOf } from './indexes';
import { contextMetrics } from './spending';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { DOCUMENT_INDEX_ENV, DOCUMENT_METRICS, type IndexPolicy } from '../../lib/contract/document-index';
import { SYNC_METRICS, type SyncedSource } from '../../lib/contract/document-sync';
import { tellingDelays } from '../adapters/aws-delays';
import { bedrockEmbeddings } from '../adapters/bedrock-embeddings';
import { dynamoDocumentStates, spaceOf } from '../adapters/dynamo-document-states';
import { dynamoGenerations } from '../adapters/dynamo-generations';
import { dynamoIndexRegistry } from '../adapters/dynamo-index-registry';
import { dynamoLines, dynamoVectors } from '../adapters/dynamo-vectors';
import { batchBodies } from '../adapters/embedding-bodies';
import { openedIndexes, openedStore } from '../adapters/opened-store';
import { threadParser } from '../adapters/parse-thread';
import { s3Objects } from '../adapters/s3-objects';
import { s3Originals } from '../adapters/s3-originals';
import { s3RunFiles } from '../adapters/s3-run-files';
import { sqsChanges } from '../adapters/sqs-changes';
import { sqsJobs } from '../adapters/sqs-jobs';
import { placeOf } from '../adapters/store-place';
import { chunker } from '../chunk/chunker';
import { ifAllowed } from '../embed/allowed';
import { embeddings } from '../embed/embeddings';
import { remembered } from '../embed/remembered';
import { openAiUsage } from '../generation/usage';
import { systemClock } from '../kit/clock';
import { deferred, once } from '../kit/deferred';
import { readEnv } from '../kit/env';
import { createLog, describeError } from '../kit/log';
import { createMetrics } from '../kit/metrics';
import type { ContextWriter } from '../ports/context-lines';
import type { ScanReader } from '../ports/scans';

const env = readEnv(DOCUMENT_INDEX_ENV);
const policy = JSON.parse(env.INDEX) as IndexPolicy;
const { store, vectors, words, reindex } = policy;
const sources = JSON.parse(env.SOURCES) as SyncedSource[];
const log = createLog(env.SERVICE);
const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
// Documents may be large.
const longPatience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 60_000, throwOnRequestTimeout: true });
const buckets = new S3Client({ requestHandler: longPatience, responseChecksumValidation: 'WHEN_REQUIRED' });
const tables = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: patience }), { marshallOptions: { removeUndefinedValues: true } });
// A message that is sent again is the one in line, whose checksum need not be that of what was sent now.
const queues = new SQSClient({ requestHandler: patience, md5: false });
// One attempt each: the core retries.
const models = new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: patience });
const remembering = dynamoVectors(tables, vectors.table, vectors.seconds, systemClock);
const publish = createMetrics(METRICS_NAMESPACE, { Service: env.SERVICE }, [SYNC_METRICS.syncLag]);
const texts = tellingDelays(s3Objects(buckets, env.TEXTS_BUCKET));

const open = openedIndex(({ recipe, place }): OpenIndex => {
  const { pipeline, parsing, scans, chunking, embedding, context, index } = recipe;
  const calls = ifAllowed(bedrockEmbeddings(models, embedding), embedding.modelId, reindex.models);
  const made = embeddings(embedding, { calls, clock: systemClock, cut: (tokens) => log.info('a chunk is longer than the model takes, and is cut', { tokens }) });
  return {
    terms: { pipeline, fields: index.fields, tenantField: index.tenantField, sources, mostBytes: parsing.bytes, scans },
    words,
    ports: {
      states: tellingDelays(dynamoDocumentStates(tables, env.DOCUMENTS_TABLE, spaceOf({ recipe, place }))),
      originals: tellingDelays(s3Originals(buckets)),
      texts,
      parser: threadParser(join(__dirname, 'parse-thread.js'), parsing),
      scans: scans && (mayScan(recipe, policy) ? deferred<ScanReader>(once(async () => (await import('../parts/scans.js')).openScanReader(scans, parsing))) : NO_SCANS),
      scanned: (pages: number) => publish({ [DOCUMENT_METRICS.pagesScanned]: pages }),
      chunker: chunker(chunking, !mayCut(recipe, policy) ? NO_CUTTER : async (...asked) => (await import('../parts/chunk-function.js')).chunkFunction(chunking.functionArn)(...asked)),
      embeddings: remembered(embedding, { embeddings: made, vectors: remembering, failed: (error) => log.error('vectors are made anew', describeError(error)) }),
      // Without them it is found well enough until the new index answers.
      context: context && mayWriteLines(recipe, policy) ? deferred<ContextWriter>(once(async () => (await import('../parts/context-lines.js')).openContextWriter(context, {
        clock: systemClock,
        remembered: dynamoLines(tables, vectors.table, vectors.seconds, systemClock),
        costOf: (usage) => openAiUsage(usage, context.prices).cost,
        spent: (spending) => publish(contextMetrics(spending)),
        without: (at, reason) => log.info('a chunk has no line of context', { at, reason }),
        failed: (error) => log.error('lines of context are written anew', describeError(error)),
      }))) : undefined,
      store: openedStore(store, index),
      generations: policy.answers && tellingDelays(dynamoGenerations(tables, policy.answers.table, systemClock)),
      clock: systemClock,
    },
  };
});
const house: House = {
  wanted: { recipe: recipeOf(policy), place: placeOf(store), reindex },
  registry: tellingDelays(dynamoIndexRegistry(tables, env.DOCUMENTS_TABLE)),
  indexes: openedIndexes(store),
  changes: sqsChanges(queues, env.CHANGES_URL),
  jobs: sqsJobs(queues, env.JOBS_URL),
  clock: systemClock,
  publish,
  log,
  open,
};
const terms = { ...open(house.wanted).terms, embedding: policy.embedding };
const bulkPorts = { ...wantedAlone(house), ...house, files: s3RunFiles(buckets, env.BULK_BUCKET), vectors: remembering, bodies: batchBodies(policy.embedding) };

export const handler = orBulkStep(terms, bulkPorts, documentIndex(house));
