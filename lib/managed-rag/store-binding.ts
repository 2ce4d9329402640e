import { type CfnDataSource, type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { type IDependable } from 'constructs';
import { type MetadataField } from '../contract/metadata';
import { type ServiceRole } from '../internal/handler-role';
import { type EmbeddingBinding } from '../model';
import { type Build } from '../posture/build';

/** The vectors that passages become. */
export type Vectors = Pick<EmbeddingBinding, 'modelArn' | 'dimension' | 'dimensions' | 'inputTokens' | 'binary' | 'multimodal'>;

/** What a store has to know of the knowledge base that it serves. */
export interface StoreBuild extends Build {
  /** Under which the knowledge base reads and writes the store; a store grants it what it needs. */
  readonly role: ServiceRole;
  /** The vectors that it holds; absent where the store embeds by itself, and nobody named a model. */
  readonly vectors?: Vectors;
  /** What documents are described by. */
  readonly fields: readonly MetadataField[];
}

/** Of a store that holds vectors which others make. */
export interface VectorStoreBuild extends StoreBuild {
  readonly vectors: Vectors;
}

/** What a knowledge base has to know of its store. */
export interface StoreBinding {
  /** As CloudFormation takes it; absent where the kind of knowledge base has no store. */
  readonly storageConfiguration?: CfnKnowledgeBase.StorageConfigurationProperty;
  /** The knowledge base's own kind and its configuration, where it is not a vector one. */
  readonly kind?: Omit<CfnKnowledgeBase.KnowledgeBaseConfigurationProperty, 'vectorKnowledgeBaseConfiguration'>;
  /** What it can be searched by, the best first. */
  readonly searches: readonly ('SEMANTIC' | 'HYBRID')[];
  /** Whether documents can be looked for by how a text that describes them begins, or what it contains. */
  readonly textFilters?: boolean;
  /** What of it cannot be changed: with another one the knowledge base is another too, and gets another name. */
  readonly settled?: unknown;
  /** What has to be there before the knowledge base, and must go after it. */
  readonly dependencies: readonly IDependable[];
  /** What every source adds to its passages, where the store is more than a store. */
  readonly enrichment?: CfnDataSource.ContextEnrichmentConfigurationProperty;
}
