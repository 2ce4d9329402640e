import { type BulkEmbedding } from './bulk-embedding';
import { type BulkSource } from './bulk-source';

/** Options of `DiyRag.addBulkLoad`. */
export interface BulkLoadOptions {
  /**
   * Which documents are loaded.
   *
   * @default BulkSource.bucket()
   */
  readonly source?: BulkSource;

  /**
   * How chunks become vectors.
   *
   * @default BulkEmbedding.onDemand()
   */
  readonly embedding?: BulkEmbedding;

  /**
   * Calls that bring documents in step at a time, from 1 to 1000. Each asks the embedding model up to 8 times at once: keep it under the quota of the model and of the store.
   * With a posture that sets instances aside for the function, at most these less 12, which changes may have.
   *
   * @default - 5 on demand, 20 with batch jobs, whose vectors are there already
   */
  readonly maxConcurrency?: number;

  /**
   * Objects of one call, from 1 to 100: fewer where documents are large.
   *
   * @default 20
   */
  readonly batchSize?: number;

  /**
   * How many of 100 calls may fail, however often they are tried, before the load gives up; documents that cannot be read fail no call. From 0 to 100.
   *
   * @default 5
   */
  readonly toleratedFailurePercentage?: number;
}
