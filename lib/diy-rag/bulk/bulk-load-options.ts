import { type Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type OnEventOptions, type Rule } from 'aws-cdk-lib/aws-events';
import { type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
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

/**
 * What brings very many documents into an index at once: a state machine whose executions are loads. Made by `DiyRag.addBulkLoad`.
 *
 * @example
 * const load = rag.addBulkLoad();
 * new CfnOutput(this, 'Load', { value: load.stateMachine.stateMachineArn });
 */
export interface IBulkLoad {
  /** Each execution is a load; `{}` starts one. It may be redriven, and a new one passes over what is in the index already. */
  readonly stateMachine: StateMachine;

  /** Where loads write what became of them: `runs/<name of the execution>/summary.json`, among others; kept for 30 days. */
  readonly bucket: IBucket;

  /** Lets somebody start loads, redrive them, and see how they are. */
  grantLoad(grantee: IGrantable): Grant;

  /** Tells a target when a load has ended, well or not: how in `detail.status`, and in `detail.name` the name under which its `summary.json` lies in `bucket`. */
  onEnd(id: string, options?: OnEventOptions): Rule;

  /** Documents that loads went through, those included that were in the index already. */
  metricDocuments(options?: MetricOptions): Metric;

  /** Documents of loads that cannot be read. */
  metricDocumentsFailed(options?: MetricOptions): Metric;

  /** Calls of loads that failed however often they were tried, each with up to `batchSize` documents. */
  metricBatchesFailed(options?: MetricOptions): Metric;

  /** Vectors that batch jobs made. */
  metricVectors(options?: MetricOptions): Metric;
}
