import { Aws, Duration } from 'aws-cdk-lib';
import { type IGrantable, type IRole, ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IConstruct } from 'constructs';
import { bindRetrieval } from './bind-retrieval';
import { bindRows } from './bind-rows';
import { type IKnowledge, type KnowledgeBinding } from './knowledge';
import { type RetrievalOptions } from './retrieval-options';
import { type RowsOptions } from './rows-options';
import { requireDuration, requirePattern } from '../internal/validation';

/** What `Knowledge.fromKnowledgeBaseId` cannot see by itself. */
export interface ImportedKnowledgeOptions {
  /**
   * How passages are looked up.
   *
   * @default - five passages, by what the service chooses
   */
  readonly retrieval?: RetrievalOptions;

  /**
   * Whether it is a managed knowledge base, one without a store.
   *
   * @default false
   */
  readonly managed?: boolean;

  /**
   * The knowledge base's own role: it calls the models of `retrieval.rerank` and `retrieval.implicitFilter`, and is let do so where it is named here.
   *
   * @default - unknown, and let by you
   */
  readonly role?: IRole;

  /**
   * Whether it can be asked how a text of a document's metadata begins or what it contains, as OpenSearch can.
   *
   * @default false
   */
  readonly textFilters?: boolean;

  /**
   * The buckets that its documents lie in, for links to them.
   *
   * @default - none, and `retrieval.links` is refused
   */
  readonly buckets?: IBucket[];
}

/** What `Knowledge.fromSqlKnowledgeBaseId` cannot see by itself. */
export interface ImportedSqlKnowledgeOptions {
  /**
   * How rows are looked up.
   *
   * @default - at most 25 rows a query
   */
  readonly retrieval?: RowsOptions;

  /**
   * How long a query of it may run, as it was made, from 1 second to 200.
   *
   * @default Duration.seconds(200)
   */
  readonly queryTimeout?: Duration;
}

/** As long as the service lets any query run. */
const LONGEST_QUERY = Duration.seconds(200);

/** Takes grants and writes them nowhere: whose role is not known is let by hand. */
const NOBODY = new ArnPrincipal('*');

/** What answers are given from, made elsewhere. */
export class Knowledge {
  /**
   * A knowledge base of this account and Region.
   *
   * @param knowledgeBaseId its id, ten letters and digits
   * @param options how it is searched, and what cannot be seen from its id
   */
  public static fromKnowledgeBaseId(knowledgeBaseId: string, options: ImportedKnowledgeOptions = {}): IKnowledge {
    return new ImportedKnowledge(knowledgeBaseId, options);
  }

  /**
   * A knowledge base of this account and Region over a database: answers are given from the rows of queries that Bedrock writes and runs.
   *
   * @param knowledgeBaseId its id, ten letters and digits
   * @param options how rows are looked up, and what cannot be seen from its id
   */
  public static fromSqlKnowledgeBaseId(knowledgeBaseId: string, options: ImportedSqlKnowledgeOptions = {}): IKnowledge {
    return new ImportedSqlKnowledge(knowledgeBaseId, options);
  }

  private constructor() {}
}

class ImportedKnowledge implements IKnowledge {
  constructor(private readonly knowledgeBaseId: string, private readonly options: ImportedKnowledgeOptions) {}

  public bind(scope: IConstruct, caller: IGrantable): KnowledgeBinding {
    const { knowledgeBaseId, options: { managed = false, buckets = [], retrieval = {}, role = NOBODY, textFilters } } = this;
    return bindRetrieval(scope, caller, {
      ...importedBase(scope, knowledgeBaseId),
      kind: managed ? 'managed' : 'vector',
      role,
      textFilters,
      documents: buckets.map((bucket) => ({ bucket })),
    }, retrieval);
  }
}

class ImportedSqlKnowledge implements IKnowledge {
  constructor(private readonly knowledgeBaseId: string, private readonly options: ImportedSqlKnowledgeOptions) {}

  public bind(scope: IConstruct, caller: IGrantable): KnowledgeBinding {
    const { retrieval = {}, queryTimeout = LONGEST_QUERY } = this.options;
    requireDuration(scope, 'queryTimeout', queryTimeout, Duration.seconds(1), LONGEST_QUERY);
    return bindRows(scope, caller, { ...importedBase(scope, this.knowledgeBaseId), seconds: queryTimeout.toSeconds() }, retrieval);
  }
}

function importedBase(scope: IConstruct, knowledgeBaseId: string) {
  requirePattern(scope, 'knowledgeBaseId', knowledgeBaseId, /^[0-9A-Za-z]{10}$/, "a knowledge base's id, ten letters and digits (aws bedrock-agent list-knowledge-bases lists them)");
  return { knowledgeBaseId, knowledgeBaseArn: `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:knowledge-base/${knowledgeBaseId}` };
}
