import { type IBucket } from 'aws-cdk-lib/aws-s3';

/** Documents in a bucket. */
export interface SourceDocuments {
  readonly bucket: IBucket;
  /** Only those whose key begins like one of these. */
  readonly prefixes?: string[];
  /** Account whose the bucket is, where it is not the stack's. */
  readonly bucketOwner?: string;
}
