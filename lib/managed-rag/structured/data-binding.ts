import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';

/** What a query engine has to know of the data that it asks. */
export interface DataBinding {
  readonly storage: CfnKnowledgeBase.RedshiftQueryEngineStorageConfigurationProperty;
  /** The database that the engine is asked in; of a catalog, any. */
  readonly database?: string;
  /** The first part of the full name of each table, where it is known. */
  readonly prefix?: string;
}
