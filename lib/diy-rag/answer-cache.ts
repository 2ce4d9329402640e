import { Duration } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { requireBetween, requireDuration } from '../internal/validation';
import { type Build } from '../posture/build';
import { AnswerTable } from '../rag/answer-table';
import { type RagAnswering } from '../rag/answering';

/** How `DiyRag` writes answers. */
export interface DiyRagAnswering extends RagAnswering {
  /**
   * Whether an answer is told again to whoever asks nearly the same of the same documents.
   *
   * @default AnswerCache.none()
   */
  readonly cache?: AnswerCache;
}

/** Options of `AnswerCache.semantic`. */
export interface SemanticCacheOptions {
  /**
   * How near two questions have to be to be taken for one, as the cosine similarity of their embeddings, from 0.8 to 1. Too low a value answers what was not asked:
   * measure it with questions of yours. Models differ in what they call near.
   *
   * @default 0.95
   */
  readonly similarity?: number;

  /**
   * How long an answer is told again, from a minute to 7 days. It ends at once where a document changes that its asker might have been answered from.
   *
   * @default Duration.hours(24)
   */
  readonly ttl?: Duration;
}

/**
 * Whether answers are told again.
 *
 * @example
 * new DiyRag(this, 'Rag', { answering: { cache: AnswerCache.semantic({ ttl: Duration.hours(1) }) } });
 */
export abstract class AnswerCache {
  /** Every question is answered anew. */
  public static none(): AnswerCache {
    return new NoCache();
  }

  /**
   * Answers are kept in a DynamoDB table for a while, and told again to whoever asks nearly the same: of the same tenant, by the same filter, from an index that has
   * not changed since, under the same rules. No model is asked then, and nothing is looked up.
   */
  public static semantic(options: SemanticCacheOptions = {}): AnswerCache {
    return new SemanticCache(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: Build): AnswerTable | undefined;
}

class NoCache extends AnswerCache {
  public _bind() {
    return undefined;
  }
}

const SIMILARITY = 0.95;
const TTL = Duration.hours(24);

class SemanticCache extends AnswerCache {
  constructor(private readonly options: SemanticCacheOptions) {
    super();
  }

  public _bind(scope: Construct, build: Build) {
    const { similarity = SIMILARITY, ttl = TTL } = this.options;
    requireBetween(scope, 'answering.cache.similarity', similarity, 0.8, 1);
    requireDuration(scope, 'answering.cache.ttl', ttl, Duration.minutes(1), Duration.days(7));
    return new AnswerTable(scope, 'Answers', { ...build, similarity, ttl });
  }
}
