import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type QueryEngine } from './query-engine';
import { type QueryGuidance } from './query-guidance';
import { type StructuredData } from './structured-data';
import { type ApiAuth, type RagApi } from '../../api';
import { type IGuardrail } from '../../guardrail';
import { type RowsOptions } from '../../knowledge';
import { type IModel } from '../../model';
import { type Posture } from '../../posture';
import { type RagAnswering } from '../../rag/answering';
import { type SyncPolicy } from '../../rag/sync-policy';

/** Props of `StructuredKnowledge`. */
export interface StructuredKnowledgeProps {
  /** What runs queries. Another engine is another knowledge base. */
  readonly engine: QueryEngine;

  /** The tables that questions are answered from. Other data is another knowledge base. */
  readonly data: StructuredData;

  /**
   * What helps to write queries: what tables and columns hold, and examples.
   *
   * @default - names of tables and columns alone, and a minute for a query
   */
  readonly queries?: QueryGuidance;

  /**
   * When the knowledge base reads which tables and columns there are, as it must after each change of them. A database tells nobody of one.
   *
   * @default SyncPolicy.onDeploy()
   */
  readonly sync?: SyncPolicy;

  /**
   * How rows are looked up, and which of them an answer is given from.
   *
   * @default - one query a question, 25 rows
   */
  readonly retrieval?: RowsOptions;

  /**
   * The model that answers. Queries are written by one that Bedrock chooses.
   *
   * @default - the library's default model, Amazon Nova 2 Lite through its global cross-region profile
   */
  readonly model?: IModel;

  /**
   * How answers are written.
   *
   * @default - 2048 tokens, 2 minutes, the model's own sampling
   */
  readonly answering?: RagAnswering;

  /**
   * Checks questions and answers; one with contextual grounding checks answers against their rows.
   *
   * @default - no guardrail
   */
  readonly guardrail?: IGuardrail;

  /**
   * Who may ask, and how callers prove who they are.
   *
   * @default ApiAuth.cognito()
   */
  readonly auth?: ApiAuth;

  /**
   * How questions reach it. `RagApi.none()` leaves out what answers, where the tables are there for a chat alone.
   *
   * @default - RagApi.rest(), under a name that API Gateway makes, 50 requests a second, 100 at once
   */
  readonly api?: RagApi;

  /**
   * Encrypts queues, the table of jobs, logs and the handlers' environment.
   *
   * @default - as the posture says: a key that AWS owns, or one of yours that is made for the stack
   */
  readonly encryptionKey?: IKey;

  /**
   * How strictly everything is built.
   *
   * @default Posture.standard()
   */
  readonly posture?: Posture;
}
