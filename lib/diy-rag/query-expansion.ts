import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { bindAskedModel, type SearchModelOptions } from './asked-model';
import { type ExpansionPolicy } from '../contract/questions';
import { requireInteger } from '../internal/validation';

/** Options of `QueryExpansion.multiQuery`. */
export interface MultiQueryOptions extends SearchModelOptions {
  /**
   * In how many other ways the question is asked, from 1 to 5. Each is a search more.
   *
   * @default 3
   */
  readonly queries?: number;
}

/**
 * What is looked up besides a question, or in its place, as a model says it: one short call a question, before the search. Where it fails or is late, the
 * question is looked up alone. It helps where people ask in other words than documents have, and costs its time where they do not: measure it.
 *
 * @example
 * new DiyRag(this, 'Rag', { retrieval: { expansion: QueryExpansion.multiQuery({ queries: 2 }) } });
 */
export abstract class QueryExpansion {
  /** Nothing more, and no call. */
  public static none(): QueryExpansion {
    return new NoExpansion();
  }

  /** The question in other words too; what is found is fused by reciprocal rank, and what the question itself finds counts twice. */
  public static multiQuery(options: MultiQueryOptions = {}): QueryExpansion {
    return new MultiQuery(options);
  }

  /** A passage as a document might answer the question (HyDE) is looked for by its meaning, in the question's place; words are looked up as they were asked. */
  public static hyde(options: SearchModelOptions = {}): QueryExpansion {
    return new Hyde(options);
  }

  /**
   * Whether there is anything more to look up.
   *
   * @internal
   */
  public readonly _expands: boolean = true;

  /**
   * Whether it is for searches by meaning alone.
   *
   * @internal
   */
  public readonly _imagines: boolean = false;

  /** @internal */
  public abstract _bind(scope: IConstruct, caller: IGrantable): ExpansionPolicy | undefined;
}

class NoExpansion extends QueryExpansion {
  public override readonly _expands = false;

  public _bind() {
    return undefined;
  }
}

const QUERIES = 3;

class MultiQuery extends QueryExpansion {
  constructor(private readonly options: MultiQueryOptions) {
    super();
  }

  public _bind(scope: IConstruct, caller: IGrantable): ExpansionPolicy {
    const { queries = QUERIES } = this.options;
    requireInteger(scope, 'retrieval.expansion.queries', queries, 1, 5);
    return { by: 'paraphrases', queries, ...bindAskedModel(scope, caller, 'retrieval.expansion', this.options) };
  }
}

class Hyde extends QueryExpansion {
  public override readonly _imagines = true;

  constructor(private readonly options: SearchModelOptions) {
    super();
  }

  public _bind(scope: IConstruct, caller: IGrantable): ExpansionPolicy {
    return { by: 'passage', ...bindAskedModel(scope, caller, 'retrieval.expansion', this.options) };
  }
}
