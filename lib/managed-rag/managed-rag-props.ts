import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type DataSource } from './data-source';
import { type KnowledgeStore } from './knowledge-store';
import { type RetrievalOptions } from '../knowledge';
import { type IEmbeddingModel } from '../model';
import { type Posture } from '../posture';

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
   * @default - a private bucket, [DataSource.s3()]
   */
  readonly sources?: DataSource[];

  /**
   * The model that turns passages and questions into vectors. Another model is another knowledge base, which reads everything anew.
   *
   * @default - EmbeddingModel.standard(); with KnowledgeStore.managed() its own
   */
  readonly embedding?: IEmbeddingModel;

  /**
   * How passages are looked up, and which of them an answer is given from.
   *
   * @default - five passages, by the best that the store can do
   */
  readonly retrieval?: RetrievalOptions;

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
