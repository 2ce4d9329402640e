import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type Construct } from 'constructs';
import { CorpusJob } from './corpus-job';
import { type CorpusOptions } from './corpus-options';
import { type LoadedIndex } from './loaded-index';
import { requireInteger, requireLength, requireMade } from '../../internal/validation';
import { type Build } from '../../posture/build';

/** What a machine reads its documents from. */
export interface SourceBinding {
  /** Begins the machine where something has to be done first. */
  readonly before?: CorpusJob;
  readonly reader: { readonly kind: 'list'; readonly prefix: string } | { readonly kind: 'inventory'; readonly bucket: IBucket; readonly prefix: string };
}

/**
 * Which documents a bulk load takes.
 *
 * @example
 * const load = rag.addBulkLoad({ source: BulkSource.bucket() });
 */
export abstract class BulkSource {
  /** All documents of the bucket; an execution that is started with `{"prefix":"papers/"}` takes those alone whose keys begin so. */
  public static bucket(): BulkSource {
    return new Listed();
  }

  /**
   * The documents that an S3 inventory names, as CSV: for hundreds of millions, where listing would take hours. An execution is started with
   * `{"manifest":"<key of manifest.json>"}`. What has been deleted since goes out of the index, what has been put since is not seen.
   *
   * @param bucket where inventories are delivered
   * @param prefix under which they lie there; all of the bucket without
   */
  public static inventory(bucket: IBucket, prefix = ''): BulkSource {
    return new Inventory(bucket, prefix);
  }

  /**
   * Records of very large tables and files, of which AWS Glue makes documents first: each record becomes an object in the bucket of documents, and what describes it another.
   * What was made of a file before is not made again.
   */
  public static corpus(options: CorpusOptions): BulkSource {
    return new Corpus(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, index: LoadedIndex, build: Build): SourceBinding;
}

class Listed extends BulkSource {
  public _bind(_scope: Construct, { documents: { prefixes = [''] } }: LoadedIndex): SourceBinding {
    return { reader: { kind: 'list', prefix: prefixes[0] } };
  }
}

class Inventory extends BulkSource {
  constructor(private readonly bucket: IBucket, private readonly prefix: string) {
    super();
  }

  public _bind(scope: Construct): SourceBinding {
    requireMade(scope, 'source.bucket', this.bucket, 'arnForObjects', "a bucket, such as Bucket.fromBucketName(this, 'Inventories', 'inventories')");
    requireLength(scope, 'source.prefix', this.prefix, 0, 512);
    return { reader: { kind: 'inventory', bucket: this.bucket, prefix: this.prefix } };
  }
}

class Corpus extends BulkSource {
  constructor(private readonly options: CorpusOptions) {
    super();
  }

  public _bind(scope: Construct, index: LoadedIndex, build: Build): SourceBinding {
    requireMade(scope, 'source.bucket', this.options.bucket, 'arnForObjects', "a bucket, such as Bucket.fromBucketName(this, 'Corpus', 'corpus')");
    requireLength(scope, 'source.prefix', this.options.prefix, 1, 512);
    requireInteger(scope, 'source.workers', this.options.workers, 2, 299);
    const before = new CorpusJob(scope, 'Corpus', { ...this.options, index, build });
    return { before, reader: { kind: 'list', prefix: before.target } };
  }
}
