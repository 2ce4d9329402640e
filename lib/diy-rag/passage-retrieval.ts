import { Duration } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type QueryExpansion } from './query-expansion';
import { type QueryRewriting } from './query-rewriting';
import { type PassageSearch } from '../contract/passage-search';
import { fail, requireDuration, requireInteger, requireLength, requireMade } from '../internal/validation';
import { type MetadataField, SearchKind, type TenantIsolation } from '../knowledge';

/** How `DiyRag` looks passages up. */
export interface PassageRetrieval {
  /**
   * Most passages that an answer is given from, from 1 to 100.
   *
   * @default 5
   */
  readonly passages?: number;

  /**
   * How many passages each search looks up, for their fusion to choose from: from `passages` to 100.
   *
   * @default - five times `passages`, 100 at most
   */
  readonly candidates?: number;

  /**
   * By what passages are found: by their meaning, or by their meaning and their words, of which the places in both rankings make one.
   *
   * @default SearchKind.HYBRID
   */
  readonly search?: SearchKind;

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
/** As it was published, and what most services use. */
const RANK_OFFSET = 60;

export function requireValidRetrieval(scope: IConstruct, retrieval: PassageRetrieval) {
  const { passages = PASSAGES, candidates, questions = 1, unanswered, links, tenant, fields = [] } = retrieval;
  requireInteger(scope, 'retrieval.passages', passages, 1, MOST);
  requireInteger(scope, 'retrieval.candidates', candidates, passages, MOST, ", at least 'retrieval.passages'");
  requireInteger(scope, 'retrieval.questions', questions, 1, 5);
  requireDuration(scope, 'retrieval.links', links, Duration.minutes(1), Duration.hours(12));
  requireLength(scope, 'retrieval.unanswered', unanswered, 1, 2_000);
  requireLength(scope, 'retrieval.tenant.claim', tenant?.claim, 1, 256);
  requireFittingQueries(scope, retrieval);
  const declared = fields.find(({ _field }) => _field.name === tenant?.field);
  if (declared?._field.type === 'stringList') {
    fail(scope, `'retrieval.tenant.field' must be a field with one value, for a document here has one owner, got '${declared._field.name}', a list: declare it by MetadataField.text('${declared._field.name}')`);
  }
}

/** One question that becomes several becomes them in one way. */
function requireFittingQueries(scope: IConstruct, { questions = 1, rewriting, expansion }: PassageRetrieval) {
  requireMade(scope, 'retrieval.rewriting', rewriting, '_bind', 'QueryRewriting, such as QueryRewriting.fromHistory()');
  requireMade(scope, 'retrieval.expansion', expansion, '_bind', 'QueryExpansion, such as QueryExpansion.multiQuery()');
  if (questions > 1 && rewriting && !rewriting._asks) {
    fail(scope, `'retrieval.questions' must be 1 with a 'retrieval.rewriting' that asks no model, for a model takes questions apart, got ${questions}: use QueryRewriting.byModel()`);
  }
  if (questions > 1 && expansion?._expands) {
    fail(scope, `'retrieval.questions' must be 1 with 'retrieval.expansion', which puts one question in other ways, got ${questions}: leave one of them out`);
  }
}

/** How chunks are found, as handlers read it. */
export function searchOf({ passages = PASSAGES, candidates, search = SearchKind.HYBRID }: PassageRetrieval): PassageSearch {
  return {
    by: search === SearchKind.HYBRID ? 'both' : 'meaning',
    candidates: candidates ?? Math.min(MOST, passages * CANDIDATES_A_PASSAGE),
    fusion: { method: 'reciprocalRank', k: RANK_OFFSET },
    weights: { meaning: 1, words: 1 },
  };
}
