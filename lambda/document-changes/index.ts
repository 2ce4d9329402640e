/**
 * Takes events of S3 from EventBridge and puts changes of documents in line.
 *
 * It needs `sqs:SendMessage` on the queue of changes.
 */
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { documentChanges } from './events';
import { DOCUMENT_CHANGES_ENV, type SyncedSource } from '../../lib/contract/document-sync';
import { sqsChanges } from '../adapters/sqs-changes';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';

const env = readEnv(DOCUMENT_CHANGES_ENV);
const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true });
// A change that is told again is the one in line, whose checksum need not be that of what was sent now.
const queue = sqsChanges(new SQSClient({ requestHandler: patience, md5: false }), env.QUEUE_URL);

export const handler = documentChanges(JSON.parse(env.SOURCES) as SyncedSource[], queue, createLog(env.SERVICE));
