import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type DataSource } from './data-source';
import { type KnowledgeStore } from './knowledge-store';
import { type ApiAuth, type RagApi } from '../api';
import { type IGuardrail } from '../guardrail';
import { type RetrievalOptions } from '../knowledge';
import { type IEmbeddingModel, type IModel } from '../model';
import { type Posture } from '../posture';
import { type RagAnswering } from '../rag/answering';
import { type SyncPolicy } from '../rag/sync-policy';

/** Props of `ManagedRag`; every one may be left out. */
export interface ManagedRagProps {
  /**
   * Where the knowledge base keeps what it has read. Another store is another knowledge base, which reads everything anew.
   *
   * @default KnowledgeStore.s3Vectors()
   */
  readonly store?: KnowledgeStore;

  /**
   * Where documents come from, at most five. A source is known by its place: add others at the end, or what stands behind them is read anew.
   *
   * @default - a private bucket, [DataSource.s3()]; none with KnowledgeStore.kendra(), which has its own
   */
  readonly sources?: DataSource[];

  /**
   * The model that turns passages and questions into vectors. Another model is another knowledge base, which reads everything anew.
   *
   * @default - EmbeddingModel.standard(); with KnowledgeStore.managed() its own
   */
  readonly embedding?: IEmbeddingModel;

  /**
   * When documents are read.
   *
   * @default - SyncPolicy.onChange().also(SyncPolicy.onDeploy())
   */
  readonly sync?: SyncPolicy;

  /**
   * How passages are looked up, and which of them an answer is given from.
   *
   * @default - five passages, by the best that the store can do
   */
  readonly retrieval?: RetrievalOptions;

  /**
   * The model that answers.
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
   * Checks questions and answers; one with contextual grounding checks answers against their passages.
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
   * How questions reach it. `RagApi.none()` leaves out what answers, where the documents are there for a chat alone.
   *
   * @default - RagApi.rest(), under a name that API Gateway makes, 50 requests a second, 100 at once
   */
  readonly api?: RagApi;

  /**
   * Encrypts documents, vectors, queues, tables, logs and the handlers' environment.
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
