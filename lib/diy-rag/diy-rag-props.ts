import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type DiyRagAnswering } from './answer-cache';
import { type ContextLines } from './context-lines';
import { type DocumentParsing } from './document-parsing';
import { type PassageRetrieval } from './passage-retrieval';
import { type Reindexing } from './reindexing';
import { type Splitter } from './splitter';
import { type VectorStore } from './vector-store';
import { type ApiAuth, type RagApi } from '../api';
import { type IGuardrail } from '../guardrail';
import { type IEmbeddingModel, type IModel } from '../model';
import { type Posture } from '../posture';
import { type SyncPolicy } from '../rag';

/** The documents of a `DiyRag`. */
export interface OwnDocuments {
  /**
   * Where they are put.
   *
   * @default - a private bucket is made
   */
  readonly bucket?: IBucket;

  /**
   * Only documents whose key begins like this, at most 300 characters.
   *
   * @default - all of the bucket
   */
  readonly prefix?: string;

  /**
   * When they are read.
   *
   * @default - on change, on deployment, and all are looked through once a day
   */
  readonly sync?: SyncPolicy;

  /**
   * How much of a document is read, and whether scans are. With other limits everything is read anew.
   *
   * @default - up to 50 MiB and 2000 pages, no scans
   */
  readonly parsing?: DocumentParsing;

  /**
   * Lines about where in its document a chunk stands, which are searched with it. With them, or without them again, everything is read anew.
   *
   * @default - none: a chunk is searched with the headings that it stands under
   */
  readonly contextLines?: ContextLines;

  /**
   * What happens to the index when documents are to be read, cut, embedded or described in another way.
   *
   * @default Reindexing.blueGreen()
   */
  readonly reindexing?: Reindexing;
}

/** Props of `DiyRag`; every one may be left out. */
export interface DiyRagProps {
  /**
   * The documents, and when they are read.
   *
   * @default - a private bucket, read on change, on deployment and once a day
   */
  readonly documents?: OwnDocuments;

  /**
   * How documents are cut into chunks. With another cut everything is read anew.
   *
   * @default Splitter.structure()
   */
  readonly splitter?: Splitter;

  /**
   * Where chunks are kept with their vectors.
   *
   * @default VectorStore.s3Vectors()
   */
  readonly store?: VectorStore;

  /**
   * The model that turns chunks and questions into vectors. With another model everything is read anew.
   *
   * @default EmbeddingModel.standard()
   */
  readonly embedding?: IEmbeddingModel;

  /**
   * How passages are looked up.
   *
   * @default - five passages, by meaning and by words
   */
  readonly retrieval?: PassageRetrieval;

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
  readonly answering?: DiyRagAnswering;

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
   * How the API is put on the network, or that there is none because others answer from the documents.
   *
   * @default RagApi.rest()
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
