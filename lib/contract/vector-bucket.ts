/** Everything that the handler reads from its environment which empties vector buckets. */
export const VECTOR_BUCKET_ENV = [
  /** What every log line is called by: the construct's own name. */
  'SERVICE',
] as const;

export type VectorBucketEnv = Record<(typeof VECTOR_BUCKET_ENV)[number], string>;

/** The type of the custom resource that goes before its bucket does. */
export const EMPTIED_VECTOR_BUCKET = 'Custom::EmptiedVectorBucket';

/** What that says; CloudFormation hands on texts only. */
export interface EmptiedVectorBucket {
  /** With another bucket it is another resource: the one before is emptied. */
  readonly VectorBucketArn: string;
  /** Whether the bucket goes with it; one that is to stay is left as it is. */
  readonly Emptied: 'true' | 'false';
}
