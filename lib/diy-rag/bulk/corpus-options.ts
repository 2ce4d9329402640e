import { type IBucket } from 'aws-cdk-lib/aws-s3';

/** What the files of a corpus are. */
export enum CorpusFormat {
  /** Apache Parquet. */
  PARQUET = 'parquet',
  /** Comma-separated values; the first line of each file names the columns. */
  CSV = 'csv',
  /** JSON Lines: an object a line. */
  JSON_LINES = 'json',
  /** Plain text, each line a record that is text alone. Files are read anew by every load: Glue has no bookmarks for them. */
  TEXT = 'text',
}

/** Options of `BulkSource.corpus`. */
export interface CorpusOptions {
  /** Where the corpus lies. */
  readonly bucket: IBucket;

  /** What its files are. */
  readonly format: CorpusFormat;

  /**
   * Only files whose key begins like this.
   *
   * @default - all of the bucket
   */
  readonly prefix?: string;

  /**
   * The column that tells records apart: a record that comes again under the same takes the place of the one before.
   *
   * @default 'id', and where a record has none, what its text is told by
   */
  readonly idColumn?: string;

  /**
   * The column with the text.
   *
   * @default 'text'
   */
  readonly textColumn?: string;

  /**
   * The column with the title, which stands above the text as its heading.
   *
   * @default 'title'; a record without one has no heading
   */
  readonly titleColumn?: string;

  /**
   * Most workers of Spark, from 2 to 299, each G.1X with 4 vCPU and 16 GB; Glue takes as many as it has work for.
   *
   * @default 10
   */
  readonly workers?: number;
}
