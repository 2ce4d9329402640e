import { type CfnCollectionGroup } from 'aws-cdk-lib/aws-opensearchserverless';
import { type IConstruct } from 'constructs';
import { fail } from '../internal/validation';

/** How far a collection scales, in OpenSearch Compute Units of about 6 GB of memory each. */
export interface ScaleToZeroOptions {
  /**
   * Units for indexing that never sleep: 0, 2, 4, 8, 16 or a multiple of 16.
   *
   * @default 0
   */
  readonly leastIndexing?: number;

  /**
   * Most units for indexing: 2, 4, 8, 16 or a multiple of 16.
   *
   * @default 16
   */
  readonly mostIndexing?: number;

  /**
   * Units for searches that never sleep: 0, 2, 4, 8, 16 or a multiple of 16. With 2 the first question after a pause is answered at once.
   *
   * @default 0
   */
  readonly leastSearch?: number;

  /**
   * Most units for searches: 2, 4, 8, 16 or a multiple of 16.
   *
   * @default 16
   */
  readonly mostSearch?: number;
}

/** What a collection of OpenSearch Serverless runs on, which cannot be changed without another collection. */
export abstract class CollectionCapacity {
  /**
   * Units that sleep after ten minutes without a request, and are paid for by the second while they are awake.
   *
   * @param options how far they scale
   */
  public static scaleToZero(options: ScaleToZeroOptions = {}): CollectionCapacity {
    return new ScaleToZero(options);
  }

  /**
   * The older kind: two units at least, paid for by the hour even while nobody asks, and shared with the other collections of the account
   * that have the same key.
   *
   * @param standbyReplicas whether each unit has a twin in another zone; `false` halves the price, and is for development
   */
  public static classic(standbyReplicas: boolean = true): CollectionCapacity {
    return new Classic(standbyReplicas);
  }

  /** @internal */
  public abstract readonly _standbyReplicas?: string;

  /**
   * Limits of a group of its own, where the capacity has one.
   *
   * @internal
   */
  public abstract _limits(scope: IConstruct): CfnCollectionGroup.CapacityLimitsProperty | undefined;
}

class ScaleToZero extends CollectionCapacity {
  public readonly _standbyReplicas = undefined;

  constructor(private readonly options: ScaleToZeroOptions) {
    super();
  }

  public _limits(scope: IConstruct) {
    const { leastIndexing = 0, mostIndexing = 16, leastSearch = 0, mostSearch = 16 } = this.options;
    requireUnits(scope, 'capacity.leastIndexing', leastIndexing, 0);
    requireUnits(scope, 'capacity.mostIndexing', mostIndexing, Math.max(2, leastIndexing));
    requireUnits(scope, 'capacity.leastSearch', leastSearch, 0);
    requireUnits(scope, 'capacity.mostSearch', mostSearch, Math.max(2, leastSearch));
    return {
      minIndexingCapacityInOcu: leastIndexing,
      maxIndexingCapacityInOcu: mostIndexing,
      minSearchCapacityInOcu: leastSearch,
      maxSearchCapacityInOcu: mostSearch,
    };
  }
}

class Classic extends CollectionCapacity {
  public readonly _standbyReplicas: string;

  constructor(standbyReplicas: boolean) {
    super();
    this._standbyReplicas = standbyReplicas ? 'ENABLED' : 'DISABLED';
  }

  public _limits() {
    return undefined;
  }
}

/** The service scales in doublings, and from 16 on in sixteens. */
function requireUnits(scope: IConstruct, prop: string, value: number, least: number) {
  const step = [0, 2, 4, 8].includes(value) || (value > 0 && value % 16 === 0);
  if (!step || value < least) fail(scope, `'${prop}' must be 0, 2, 4, 8, 16 or a multiple of 16, at least ${least}, got ${value}`);
}
