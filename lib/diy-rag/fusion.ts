import { type IConstruct } from 'constructs';
import { type FusionPolicy, type PassageSearch } from '../contract/passage-search';
import { requireBetween, requireInteger } from '../internal/validation';

/** How much each search counts where two become one ranking. */
export interface FusionWeights {
  /**
   * What is found by its meaning, from 0.01 to 100; only the ratio to `keyword` matters.
   *
   * @default 1
   */
  readonly semantic?: number;

  /**
   * What is found by its words, from 0.01 to 100.
   *
   * @default 1
   */
  readonly keyword?: number;
}

/** Options of `Fusion.reciprocalRank`. */
export interface ReciprocalRankOptions extends FusionWeights {
  /**
   * The constant of the formula, a whole number from 1 to 1000: the greater, the less the first places are worth above those behind them.
   *
   * @default 60
   */
  readonly k?: number;
}

/**
 * How what is found by meaning and what is found by words become one ranking, where passages are searched by both.
 *
 * @example
 * const fusion = Fusion.zScore({ semantic: 2 });
 */
export abstract class Fusion {
  /**
   * By scores, brought onto a scale from 0 for the worst of each search to 1 for its best (min-max normalization), and added by weight.
   *
   * @param weights how much each search counts
   */
  public static minMax(weights: FusionWeights = {}): Fusion {
    return new Weighted({ method: 'minMax' }, weights);
  }

  /**
   * By scores, told by how many standard deviations they are above the mean of their search (z-score normalization), and added by weight. What stands out in
   * one search stays in front, though the other knows nothing of it.
   *
   * @param weights how much each search counts
   */
  public static zScore(weights: FusionWeights = {}): Fusion {
    return new Weighted({ method: 'zScore' }, weights);
  }

  /**
   * By places alone (reciprocal rank fusion, RRF): for searches whose scores say little.
   *
   * @param options its constant, and how much each search counts
   */
  public static reciprocalRank(options: ReciprocalRankOptions = {}): Fusion {
    return new Weighted({ method: 'reciprocalRank', k: options.k ?? 60 }, options);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct): Pick<PassageSearch, 'fusion' | 'weights'>;
}

class Weighted extends Fusion {
  constructor(private readonly fusion: FusionPolicy, private readonly weights: FusionWeights) {
    super();
  }

  public _bind(scope: IConstruct): Pick<PassageSearch, 'fusion' | 'weights'> {
    const { fusion, weights: { semantic = 1, keyword = 1 } } = this;
    if (fusion.method === 'reciprocalRank') requireInteger(scope, 'retrieval.ranking.fusion.k', fusion.k, 1, 1_000);
    requireBetween(scope, 'retrieval.ranking.fusion.semantic', semantic, 0.01, 100);
    requireBetween(scope, 'retrieval.ranking.fusion.keyword', keyword, 0.01, 100);
    return { fusion, weights: { meaning: semantic, words: keyword } };
  }
}
