import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type StoreBinding, type Vectors } from './store-binding';
import { type ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';
import { type SourceDocuments } from '../rag/source-documents';

/** What a source has to know of the knowledge base that reads it. */
export interface SourceBuild extends Build {
  /** Under which the knowledge base reads; a source grants it what it needs. */
  readonly role: ServiceRole;
  /** Where what is read goes: a managed knowledge base takes connectors as its sources, and a graph wants every source's passages enriched. */
  readonly store: StoreBinding;
  /** The vectors that passages become; absent where the store embeds by itself. */
  readonly vectors?: Vectors;
}

/** What a knowledge base has to know of one of its sources. */
export interface SourceBinding {
  readonly configuration: CfnDataSource.DataSourceConfigurationProperty;
  /** How documents are read and cut, where the source says so. */
  readonly ingestion?: CfnDataSource.VectorIngestionConfigurationProperty;
  /** What becomes of its passages when the source is deleted; absent deletes them. */
  readonly deletion?: 'DELETE' | 'RETAIN';
  /** Where its documents lie, where it is a bucket: changes there can be followed. */
  readonly documents?: SourceDocuments;
  /** Where images are kept that were found in documents. */
  readonly supplementalBucket?: IBucket;
  /** Whether its documents are found by those alone who may read them. */
  readonly accessControl?: boolean;
  /** Whether it has to be crawled: nobody is told of changes. */
  readonly crawled: boolean;
}

/** What a kind of source says by itself; how it is read is said alike for all. */
export type SourceOfKind = Pick<SourceBinding, 'configuration' | 'documents' | 'crawled'>;

/** Whether sources are connectors. */
export function isManaged({ store }: Pick<SourceBuild, 'store'>): boolean {
  return store.kind?.type === 'MANAGED';
}
