/**
 * Empties a vector bucket before CloudFormation deletes it: indexes are made at runtime, CloudFormation knows none of them, and a bucket that holds one cannot be deleted.
 *
 * It needs `s3vectors:ListIndexes` on the bucket, `s3vectors:DeleteIndex` on its indexes, and nothing else.
 */
import { S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { keepEmptied } from './empty';
import { VECTOR_BUCKET_ENV } from '../../lib/contract/vector-bucket';
import { s3VectorsBuckets } from '../adapters/s3-vectors-buckets';
import { systemClock } from '../kit/clock';
import { customResource } from '../kit/custom-resource';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';

const env = readEnv(VECTOR_BUCKET_ENV);
const buckets = s3VectorsBuckets(new S3VectorsClient({}));

export const handler = customResource((event) => keepEmptied(event, buckets, systemClock), createLog(env.SERVICE));
