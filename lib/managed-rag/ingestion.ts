import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { type Construct } from 'constructs';
import { type Chunking } from './chunking';
import { type Parsing, type ParsingBinding } from './parsing';
import { type SourceBinding, type SourceBuild } from './source-binding';
import { requireMade } from '../internal/validation';

/** What becomes of a source's passages when the source is deleted, or replaced by one that reads or cuts otherwise. */
export enum DataDeletion {
  /** They are deleted with it. */
  DELETE = 'DELETE',
  /** They stay in the store, and are found still. */
  RETAIN = 'RETAIN',
}

/** What every source has to say of how its documents are read. */
export interface DataSourceOptions {
  /**
   * How documents are cut into passages. Another way replaces the source, and its documents are read anew.
   *
   * @default - Chunking.fixedSize(), or as a managed knowledge base thinks best
   */
  readonly chunking?: Chunking;

  /**
   * How text is read out of documents. Another way replaces the source, and its documents are read anew.
   *
   * @default Parsing.standard()
   */
  readonly parsing?: Parsing;

  /**
   * What becomes of passages when the source is deleted.
   *
   * @default DataDeletion.DELETE
   */
  readonly deletion?: DataDeletion;
}

/** The same of a source that can say of each document who may read it. */
export interface GuardedSourceOptions extends DataSourceOptions {
  /**
   * Whether a document is found by those alone whom its source lets read it; for managed knowledge bases, with `retrieval.identity`. A bucket says who may in
   * what describes its documents, and what says nothing is not read; what is logged in to must be let see permissions. Another answer replaces the source.
   *
   * @default false
   */
  readonly accessControl?: boolean;
}

/** How a source's documents are read and cut, and what becomes of them. */
export function bindIngestion(scope: Construct, build: SourceBuild, options: DataSourceOptions): Pick<SourceBinding, 'ingestion' | 'deletion' | 'supplementalBucket'> {
  const { chunking, parsing, deletion = DataDeletion.DELETE } = options;
  requireMade(scope, 'chunking', chunking, '_bind', 'Chunking, such as Chunking.fixedSize()');
  requireMade(scope, 'parsing', parsing, '_bind', 'Parsing, such as Parsing.dataAutomation()');
  const { supplementalBucket, parsingConfiguration }: ParsingBinding = parsing?._bind(scope, build) ?? {};
  const ingestion: CfnDataSource.VectorIngestionConfigurationProperty = {
    ...chunking?._bind(scope, build),
    ...(parsingConfiguration && { parsingConfiguration }),
    ...(build.store.enrichment && { contextEnrichmentConfiguration: build.store.enrichment }),
  };
  return { ingestion: Object.keys(ingestion).length > 0 ? ingestion : undefined, deletion: `${deletion}`, supplementalBucket };
}
