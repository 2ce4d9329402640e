import { Duration } from 'aws-cdk-lib';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { Fusion } from './fusion';
import { type QueryExpansion } from './query-expansion';
import { type QueryRewriting } from './query-rewriting';
import { type PassageSearch, type RerankPolicy } from '../contract/passage-search';
import { PINECONE_KEYS, S3_VECTORS_KEYS } from '../contract/passage-stores';
import { fail, requireBetween, requireDuration, requireInteger, requireKnown, requireLength, requireMade } from '../internal/validation';
import { type MetadataField, type Reranking, SearchKind, type TenantIsolation } from '../knowledge';

/** How what searches find becomes one order. */
export interface PassageRanking {
  /**
   * How the two searches of `SearchKind.HYBRID` become one ranking.
   *
   * @default Fusion.zScore()
   */
  readonly fusion?: Fusion;

  /**
   * Passages of a lower cosine similarity to the question, from -1 to 1, are taken for not found by their meaning; what is found by its words stays. What a
   * good similarity is differs by embedding model: ask `POST /v1/retrieve` with `"explain": true` first. Not with `QueryExpansion.hyde()`.
   *
   * @default - the nearest are found, however far they are
   */
  readonly leastSimilarity?: number;

  /**
   * How long the reranker is waited for, from 100 milliseconds to 30 seconds.
   *
   * @default Duration.seconds(3)
   */
  readonly rerankTimeout?: Duration;

  /**
   * Passages to which the reranker gives a lower score, on its scale from 0 to 1, are taken for not found, and where none is left the answer is that nothing
   * was found. Where it fails nothing is held to it. What a good score is differs by model: look at the metric `TopScore` first.
   *
   * @default 0
   */
  readonly leastScore?: number;

  /**
   * How much passages give way to others that say something else, from 0 to 1, where difference alone counts (maximal marginal relevance, with a λ of one
   * minus this).
   *
   * @default 0
   */
  readonly diversity?: number;
}

/** How `DiyRag` looks passages up. */
export interface PassageRetrieval {
  /**
   * Most passages that an answer is given from, from 1 to 100.
   *
   * @default 5
   */
  readonly passages?: number;

  /**
   * How many passages each search looks up, for their fusion and the reranker to choose from: from `passages` to 100.
   *
   * @default - five times `passages`, 100 at most
   */
  readonly candidates?: number;

  /**
   * By what passages are found: by their meaning, by their words, or by both, of which `ranking.fusion` makes one ranking. With `SearchKind.SEMANTIC`
   * `VectorStore.s3Vectors()` keeps no words, which costs less; with another later everything is read anew.
   *
   * @default - SearchKind.HYBRID where the store finds by words, SearchKind.SEMANTIC elsewhere
   */
  readonly search?: SearchKind;

  /**
   * Who puts what was found into the order in which it answers the question: better answers, for some hundred milliseconds and the model's price. Where it
   * fails the order before stands, and the metric `RerankFallbacks` counts it.
   *
   * @default - the order in which it was found
   */
  readonly rerank?: Reranking;

  /**
   * How rankings are fused, how long the reranker is waited for, what is too far from the question, and how much gives way to what is different.
   *
   * @default - both rankings count alike, and nothing found is left out
   */
  readonly ranking?: PassageRanking;

  /**
   * What documents are described by, and may be filtered by; at most 50.
   *
   * @default - nothing, and filters are refused
   */
  readonly fields?: MetadataField[];

  /**
   * Holds every caller to documents whose field has the caller's verified claim. A document that does not say whose it is, is not read.
   *
   * @default - all documents are everybody's
   */
  readonly tenant?: TenantIsolation;

  /**
   * How many questions one question may be taken apart into, from 1 to 5.
   *
   * @default 1
   */
  readonly questions?: number;

  /**
   * How a question that follows others is looked up.
   *
   * @default - QueryRewriting.byModel(), by the model that answers
   */
  readonly rewriting?: QueryRewriting;

  /**
   * What is looked up besides a question, or in its place.
   *
   * @default QueryExpansion.none()
   */
  readonly expansion?: QueryExpansion;

  /**
   * What is answered where nothing is found, at most 2,000 characters.
   *
   * @default - that it is not known, in English
   */
  readonly unanswered?: string;

  /**
   * How long links to sources work, from a minute to 12 hours.
   *
   * @default - there are no links
   */
  readonly links?: Duration;
}

export const PASSAGES = 5;
const MOST = 100;
const CANDIDATES_A_PASSAGE = 5;
const RERANK_TIMEOUT = Duration.seconds(3);

export function requireValidRetrieval(scope: IConstruct, retrieval: PassageRetrieval) {
  const { passages = PASSAGES, candidates, questions = 1, unanswered, links, tenant, fields = [], ranking: { diversity } = {} } = retrieval;
  requireKnownValues(scope, retrieval);
  requireInteger(scope, 'retrieval.passages', passages, 1, MOST);
  requireInteger(scope, 'retrieval.candidates', candidates, passages, MOST, ", at least 'retrieval.passages'");
  requireBetween(scope, 'retrieval.ranking.diversity', diversity, 0, 1);
  requireFittingSearch(scope, retrieval);
  requireFittingRerank(scope, retrieval);
  requireInteger(scope, 'retrieval.questions', questions, 1, 5);
  requireDuration(scope, 'retrieval.links', links, Duration.minutes(1), Duration.hours(12));
  requireLength(scope, 'retrieval.unanswered', unanswered, 1, 2_000);
  requireLength(scope, 'retrieval.tenant.claim', tenant?.claim, 1, 256);
  requireFittingQueries(scope, retrieval);
  requireFreeNames(scope, retrieval);
  const declared = fields.find(({ _field }) => _field.name === tenant?.field);
  if (declared?._field.type === 'stringList') {
    fail(scope, `'retrieval.tenant.field' must be a field with one value, for a document here has one owner, got '${declared._field.name}', a list: declare it by MetadataField.text('${declared._field.name}')`);
  }
}

/** What others are reckoned from, and what an index is told apart by. */
function requireKnownValues(scope: IConstruct, { passages, candidates, questions, tenant, fields = [], ranking: { diversity } = {} }: PassageRetrieval) {
  const reckoned = { passages, candidates, questions, 'ranking.diversity': diversity };
  for (const [name, value] of Object.entries(reckoned)) requireKnown(scope, `retrieval.${name}`, value, 'for others are reckoned from it');
  const why = 'because an index of other fields is another index';
  requireKnown(scope, 'retrieval.tenant.field', tenant?.field, why);
  for (const field of fields) requireKnown(scope, 'retrieval.fields', field?._field?.name, why);
}

const KEPT_NAMES = Object.values({ ...S3_VECTORS_KEYS, ...PINECONE_KEYS });

/** In every store: a field keeps its name when its chunks go to another. */
function requireFreeNames(scope: IConstruct, { fields = [], tenant }: PassageRetrieval) {
  const refuse = (prop: string, name: string) => fail(scope, `'${prop}' must not name a field '${name}', for stores keep ${KEPT_NAMES.map((kept) => `'${kept}'`).join(', ')} for themselves: call it something else`);
  fields.map(({ _field: { name } }) => name).filter((name) => KEPT_NAMES.some((kept) => kept === name)).forEach((name) => refuse('retrieval.fields', name));
  if (KEPT_NAMES.some((kept) => kept === tenant?.field)) refuse('retrieval.tenant.field', tenant!.field);
}

/** One question that becomes several becomes them in one way. */
function requireFittingQueries(scope: IConstruct, { questions = 1, rewriting, expansion, search, ranking: { leastSimilarity } = {} }: PassageRetrieval) {
  requireMade(scope, 'retrieval.rewriting', rewriting, '_bind', 'QueryRewriting, such as QueryRewriting.fromHistory()');
  requireMade(scope, 'retrieval.expansion', expansion, '_bind', 'QueryExpansion, such as QueryExpansion.multiQuery()');
  if (questions > 1 && rewriting && !rewriting._asks) {
    fail(scope, `'retrieval.questions' must be 1 with a 'retrieval.rewriting' that asks no model, for a model takes questions apart, got ${questions}: use QueryRewriting.byModel()`);
  }
  if (questions > 1 && expansion?._expands) {
    fail(scope, `'retrieval.questions' must be 1 with 'retrieval.expansion', which puts one question in other ways, got ${questions}: leave one of them out`);
  }
  if (expansion?._imagines && search === SearchKind.KEYWORD) {
    fail(scope, "'retrieval.expansion' must not be QueryExpansion.hyde() with SearchKind.KEYWORD, which looks for no meaning: take QueryExpansion.multiQuery()");
  }
  if (expansion?._imagines && leastSimilarity !== undefined) {
    fail(scope, `'retrieval.ranking.leastSimilarity' must be left out with QueryExpansion.hyde(), which compares passages with a passage, more alike than they are to a question, got ${leastSimilarity}: rerank and take 'retrieval.ranking.leastScore', or take QueryExpansion.multiQuery()`);
  }
}

function requireFittingSearch(scope: IConstruct, { search, ranking: { fusion, leastSimilarity } = {} }: PassageRetrieval) {
  requireMade(scope, 'retrieval.ranking.fusion', fusion, '_bind', 'Fusion, such as Fusion.zScore()');
  requireBetween(scope, 'retrieval.ranking.leastSimilarity', leastSimilarity, -1, 1);
  if (fusion && search !== undefined && search !== SearchKind.HYBRID) {
    fail(scope, `'retrieval.ranking.fusion' must be left out with SearchKind.${search}, for one search has nothing to be fused with, got one: leave 'retrieval.search' out`);
  }
  if (leastSimilarity !== undefined && search === SearchKind.KEYWORD) {
    fail(scope, `'retrieval.ranking.leastSimilarity' must be left out with SearchKind.KEYWORD, which knows no similarity, got ${leastSimilarity}`);
  }
}

function requireFittingRerank(scope: IConstruct, { rerank, ranking: { rerankTimeout, leastScore } = {} }: PassageRetrieval) {
  requireMade(scope, 'retrieval.rerank', rerank, '_bind', 'Reranking, such as Reranking.model(RerankModel.standard())');
  requireBetween(scope, 'retrieval.ranking.rerankTimeout in milliseconds', rerankTimeout?.toMilliseconds(), 100, 30_000);
  requireBetween(scope, 'retrieval.ranking.leastScore', leastScore, 0, 1);
  if (rerank) return;
  if (rerankTimeout) fail(scope, "'retrieval.ranking.rerankTimeout' must be left out without 'retrieval.rerank', for nobody is waited for, got one");
  if (leastScore !== undefined) {
    fail(scope, `'retrieval.ranking.leastScore' must be left out without 'retrieval.rerank', whose scores it is held to, got ${leastScore}: rerank, or take 'retrieval.ranking.leastSimilarity'`);
  }
}

/** What a store is searched by that finds by words, or does not. */
export function searchKindOf(scope: IConstruct, { search, ranking }: PassageRetrieval, { words }: { readonly words: boolean }): SearchKind {
  if (!words && search !== undefined && search !== SearchKind.SEMANTIC) {
    fail(scope, `'retrieval.search' must be SearchKind.SEMANTIC for this store, which finds nothing by words, got ${search}: leave it out, or take another store`);
  }
  if (!words && ranking?.fusion) fail(scope, "'retrieval.ranking.fusion' must be left out for this store, which finds nothing by words, got one");
  return search ?? (words ? SearchKind.HYBRID : SearchKind.SEMANTIC);
}

const SEARCHES = { [SearchKind.SEMANTIC]: 'meaning', [SearchKind.KEYWORD]: 'words', [SearchKind.HYBRID]: 'both' } as const;

/** How chunks are found, as handlers read it. */
export function searchOf(scope: IConstruct, caller: IGrantable, kind: SearchKind, retrieval: PassageRetrieval): PassageSearch {
  const { passages = PASSAGES, candidates, ranking: { fusion = Fusion.zScore(), diversity = 0, leastSimilarity } = {} } = retrieval;
  return {
    by: SEARCHES[kind],
    candidates: candidates ?? Math.min(MOST, passages * CANDIDATES_A_PASSAGE),
    ...fusion._bind(scope),
    relevance: diversity === 0 ? undefined : 1 - diversity,
    leastSimilarity,
    rerank: rerankOf(scope, caller, retrieval),
  };
}

function rerankOf(scope: IConstruct, caller: IGrantable, { rerank, ranking = {} }: PassageRetrieval): RerankPolicy | undefined {
  const { rerankTimeout = RERANK_TIMEOUT, leastScore } = ranking;
  const by = rerank?._bind(scope, caller, 'own');
  return typeof by === 'object' ? { modelArn: by.modelArn, milliseconds: rerankTimeout.toMilliseconds(), leastScore } : undefined;
}
