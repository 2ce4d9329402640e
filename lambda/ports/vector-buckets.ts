/** Vector buckets, which cannot be deleted while they hold an index. */
export interface VectorBuckets {
  /** ARNs of some indexes of a bucket; of none where the bucket is gone. */
  indexes(bucketArn: string): Promise<readonly string[]>;
  /** One that is not there does no harm. */
  drop(indexArn: string): Promise<void>;
}
