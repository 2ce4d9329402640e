import type { EmptiedVectorBucket } from '../../lib/contract/vector-bucket';
import type { Clock } from '../ports/clock';
import type { VectorBuckets } from '../ports/vector-buckets';

/** The function has a minute more. */
const PATIENCE_MS = 240_000;
const PAUSE_MS = 1_000;

interface Asked {
  readonly RequestType: string;
  readonly ResourceProperties: object;
}

/** Empties the bucket of a resource that is deleted, where it is to go. Gives what the resource is called: its bucket, so that one in whose place another comes is deleted. */
export async function keepEmptied({ RequestType, ResourceProperties }: Asked, buckets: VectorBuckets, clock: Pick<Clock, 'now' | 'pause'>): Promise<string> {
  const { VectorBucketArn: bucketArn, Emptied } = ResourceProperties as Partial<EmptiedVectorBucket>;
  if (typeof bucketArn !== 'string' || bucketArn === '') throw new Error(`'VectorBucketArn' must be the ARN of a vector bucket, got '${String(bucketArn)}'`);
  if (RequestType === 'Delete' && Emptied === 'true') await empty(bucketArn, buckets, clock);
  return bucketArn;
}

/** Until none is listed any more: by then the bucket can be deleted. */
async function empty(bucketArn: string, buckets: VectorBuckets, clock: Pick<Clock, 'now' | 'pause'>): Promise<void> {
  for (const until = clock.now() + PATIENCE_MS; ; await clock.pause(PAUSE_MS)) {
    const indexes = await buckets.indexes(bucketArn);
    if (indexes.length === 0) return;
    if (clock.now() > until) throw new Error(`'${bucketArn}' has indexes still, such as '${indexes[0]}': delete them, and try again`);
    for (const indexArn of indexes) await buckets.drop(indexArn);
  }
}
