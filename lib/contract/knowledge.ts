import type { MetadataField } from './metadata';
import type { OwnKnowledge } from './own-knowledge';
import type { ExpansionPolicy, RewritingPolicy } from './questions';

/** How a handler finds passages in a knowledge base of Bedrock, and under which rules. */
export interface KnowledgePolicy {
  readonly knowledgeBaseId: string;
  /**
   * vector: a store of its own, searched by `search`. managed: a base without a store, which chooses its search itself. sql: a database, which is
   * asked a query that the service writes; what is found are rows. own: no knowledge base at all, but `own`, whose name the id is.
   */
  readonly kind: 'vector' | 'managed' | 'sql' | 'own';
  /** Of an index of our own. */
  readonly own?: OwnKnowledge;
  /** Absent leaves the choice to the service. */
  readonly search?: 'SEMANTIC' | 'HYBRID';
  /** Most passages that an answer is given from; of a database most rows of one query, which are a passage together. */
  readonly passages: number;
  /** How many are looked up, for the reranker to choose from; as many as `passages` without one. */
  readonly candidates: number;
  /** A model's ARN, or the managed base's own reranker. */
  readonly rerank?: { readonly modelArn: string } | 'managed';
  /** Passages of a lower score, from 0 to 1, are taken for not found. */
  readonly leastScore?: number;
  /** What documents are described by, and may be filtered by; what is not declared is refused. */
  readonly fields: readonly MetadataField[];
  /** Every search is held to passages whose field has the caller's claim, and its results are checked again. Callers without that claim are refused. */
  readonly tenant?: { readonly field: string; readonly claim: string };
  /** The claim that names the caller to sources with access control lists, which show them what they may read. Callers without it are refused. */
  readonly identity?: string;
  /** A model reads from the question what to filter by. */
  readonly implicitFilter?: { readonly modelArn: string };
  /** A question is taken apart into several, at most as many. */
  readonly questions?: number;
  /** How a question that follows others is looked up; absent has the answering model say what it asks. */
  readonly rewriting?: RewritingPolicy;
  /** What is looked up besides the question; absent nothing. */
  readonly expansion?: ExpansionPolicy;
  /** Whether documents can be looked for by how a text of theirs begins, or what it contains; absent refuses it, as S3 Vectors and managed bases would. */
  readonly textFilters?: boolean;
  /** What is answered where nothing is found; absent says so in English. */
  readonly unanswered?: string;
  /** Of a database: how long one question to it may take, and by which ARN a query is written that nobody runs. */
  readonly sql?: { readonly seconds: number; readonly knowledgeBaseArn: string };
  /** How long links to sources work, in seconds; absent gives none. */
  readonly linkSeconds?: number;
}

/** Metrics of retrieval, with the dimension `Service`. */
export const RETRIEVAL_METRICS = {
  retrievals: 'Retrievals',
  /** Searches that found nothing, or nothing good enough. */
  emptyRetrievals: 'EmptyRetrievals',
  /** Searches that failed. */
  retrievalErrors: 'RetrievalErrors',
  retrievalDuration: 'RetrievalDuration',
  /** The best passage's score, in hundredths. */
  topScore: 'TopScore',
  /** Passages of another tenant that the service gave and nobody was shown: each is a fault. */
  foreignPassages: 'ForeignPassages',
  /** Searches whose passages were to be reranked and were not, or not in time. */
  rerankFallbacks: 'RerankFallbacks',
  /** Answers that name no passage although some were found. */
  uncitedAnswers: 'UncitedAnswers',
  /** Sentences of answers that state something and name no passage. */
  uncitedClaims: 'UncitedClaims',
} as const;
