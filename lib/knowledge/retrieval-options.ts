import { type Duration } from 'aws-cdk-lib';
import { type MetadataField } from './metadata-field';
import { type Reranking } from './reranking';
import { type IModel } from '../model';

/** What passages are looked up by. */
export enum SearchKind {
  /** By what they mean. */
  SEMANTIC = 'SEMANTIC',
  /** By what they mean and by the words that they use; not every store can. */
  HYBRID = 'HYBRID',
  /** By the words that they use alone; only `DiyRag` can. */
  KEYWORD = 'KEYWORD',
}

/** How callers are held to documents of their own tenant. */
export interface TenantIsolation {
  /**
   * The field of a document's metadata that names the tenant whose it is; one that is declared as a list of texts names several. A document without it
   * is nobody's, and never found.
   */
  readonly field: string;

  /** The claim of the caller's verified proof that names their tenant, such as `custom:tenant`. A caller without it is refused. */
  readonly claim: string;
}

/** How passages are looked up, and which of them an answer is given from. */
export interface RetrievalOptions {
  /**
   * Most passages that an answer is given from, from 1 to 100.
   *
   * @default 5
   */
  readonly passages?: number;

  /**
   * How many passages are looked up for the reranker to choose from, from `passages` to 100.
   *
   * @default - five times `passages`, at most 100; without a reranker as many as `passages`
   */
  readonly candidates?: number;

  /**
   * Who puts what was found into the order in which it answers the question: better answers, for some hundred milliseconds and the model's price.
   *
   * @default - the order in which it was found
   */
  readonly rerank?: Reranking;

  /**
   * Passages of a lower score, from 0 to 1, are taken for not found, and where none is left the answer is that nothing was found. What a good score is
   * differs by embedding model and reranker: look at the metric `TopScore` first.
   *
   * @default 0
   */
  readonly leastScore?: number;

  /**
   * What passages are looked up by.
   *
   * @default - the best that the store can do
   */
  readonly search?: SearchKind;

  /**
   * What documents are described by. Requests may filter by these and by nothing else, at most 50.
   *
   * @default - none
   */
  readonly fields?: MetadataField[];

  /**
   * Holds every search to documents of the caller's own tenant, by their verified proof, and checks each passage again before it is used.
   *
   * @default - every caller finds every document
   */
  readonly tenant?: TenantIsolation;

  /**
   * The claim of the caller's verified proof that names them to the sources of a managed knowledge base that have access control lists, such as `email`:
   * each caller finds what those let them read. A caller without it is refused, and one whose `email` is told to be unverified.
   *
   * @default - nobody is named, and what has access control lists is found by nobody
   */
  readonly identity?: string;

  /**
   * A model that reads from the question which `fields` to filter by, such as a year that it names.
   *
   * @default - none
   */
  readonly implicitFilter?: IModel;

  /**
   * Most questions that one question is taken apart into, each looked up by itself, from 1 to 5.
   *
   * @default 1
   */
  readonly questions?: number;

  /**
   * What is answered where nothing is found, or nothing good enough: the model is not asked then.
   *
   * @default - that nothing was found in the documents, in English
   */
  readonly unanswered?: string;

  /**
   * How long the links work that citations have to their documents, from 1 minute to 12 hours; for documents in buckets.
   *
   * @default - citations have no links
   */
  readonly links?: Duration;
}
