import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type Construct } from 'constructs';
import { S3Source } from './s3-source';
import { type SourceBinding, type SourceBuild } from './source-binding';

/** Options of every data source. */
export interface S3SourceOptions {
  /**
   * Only documents whose key begins like this.
   *
   * @default - all of the bucket
   */
  readonly prefix?: string;
}

/** Where documents come from. */
export abstract class DataSource {
  /**
   * Documents in a bucket. What describes a document lies beside it as `<document>.metadata.json`.
   *
   * @param bucket the bucket; without one, a private one is made
   * @param options what of it is read, and how
   */
  public static s3(bucket?: IBucket, options: S3SourceOptions = {}): DataSource {
    return new InBucket(bucket, options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: SourceBuild): SourceBinding;
}

class InBucket extends DataSource {
  constructor(private readonly bucket: IBucket | undefined, private readonly options: S3SourceOptions) {
    super();
  }

  public _bind(scope: Construct, build: SourceBuild): SourceBinding {
    return new S3Source(scope, 'Documents', { ...build, ...this.options, bucket: this.bucket }).binding;
  }
}
