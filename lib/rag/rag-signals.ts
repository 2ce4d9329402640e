import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { type Traffic } from '../api/traffic';
import { type Measures } from '../observability/measures';

/** How questions and their answers fare. */
export interface QuerySignals {
  /** What carries questions. */
  readonly traffic: Traffic;
  /** What answers. */
  readonly handler: LambdaFunction;
  /** Whether the handler knows what a token costs; without prices it reports no cost. */
  readonly priced: boolean;
  /** Whether documents belong to tenants. */
  readonly divided: boolean;
  /** Present where a reranker is asked that may be fallen back from. */
  readonly reranked?: Measures<'metricRerankFallbacks'>;
}

/** Every sign of life of a knowledge base, for its alarms and its dashboard. */
export interface RagSignals {
  readonly rag: WatchedRag;
  /** Absent where tables are asked. */
  readonly documents?: WatchedDocuments;
  /** Of a store whose indexes give way to each other. */
  readonly indexes?: WatchedIndexes;
  /** Absent where it is there for others, who answer. */
  readonly queries?: QuerySignals;
  /** What reads documents. */
  readonly reader: LambdaFunction;
  /** Where changes wait, where they are followed. */
  readonly changes?: IQueue;
  /** Where what was given up waits for a person. */
  readonly lost: readonly IQueue[];
}

type WatchedRag = Measures<
  'metricAnswers' | 'metricErrors' | 'metricTimeToFirstToken' | 'metricCost' | 'metricRetrievals' | 'metricEmptyRetrievals'
  | 'metricRetrievalErrors' | 'metricRetrievalDuration' | 'metricUncitedAnswers' | 'metricSyncJobs' | 'metricSyncJobsFailed'
>;

type WatchedDocuments = Measures<
  'metricTopScore' | 'metricForeignPassages' | 'metricDocumentsIndexed' | 'metricDocumentsDeleted' | 'metricDocumentsFailed' | 'metricSyncLag'
>;

type WatchedIndexes = Measures<'metricIndexBuilds' | 'metricIndexBuildsRefused' | 'metricIndexRollbacks' | 'metricDocumentsToReindex'>;
