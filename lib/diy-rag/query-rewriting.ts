import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { bindAskedModel, type SearchModelOptions } from './asked-model';
import { type RewritingPolicy } from '../contract/questions';

/**
 * How a question that follows others is looked up. "And in Ulm?" finds nothing by itself.
 *
 * @example
 * new DiyRag(this, 'Rag', { retrieval: { rewriting: QueryRewriting.fromHistory() } });
 */
export abstract class QueryRewriting {
  /** As it came: for clients that send questions which are understood by themselves. */
  public static none(): QueryRewriting {
    return new ByRule({ by: 'none' });
  }

  /** Behind the question before it, and once more by itself, so that the last one weighs more. No model is asked. */
  public static fromHistory(): QueryRewriting {
    return new ByRule({ by: 'history' });
  }

  /** As a model says what it asks: one short call a follow-up, before the search. Where it fails or is late, as by `fromHistory`. */
  public static byModel(options: SearchModelOptions = {}): QueryRewriting {
    return new ByModel(options);
  }

  /**
   * Whether a model is there that takes questions apart.
   *
   * @internal
   */
  public abstract readonly _asks: boolean;

  /** @internal */
  public abstract _bind(scope: IConstruct, caller: IGrantable): RewritingPolicy;
}

class ByRule extends QueryRewriting {
  public readonly _asks = false;

  constructor(private readonly policy: RewritingPolicy) {
    super();
  }

  public _bind() {
    return this.policy;
  }
}

class ByModel extends QueryRewriting {
  public readonly _asks = true;

  constructor(private readonly options: SearchModelOptions) {
    super();
  }

  public _bind(scope: IConstruct, caller: IGrantable): RewritingPolicy {
    return { by: 'model', ...bindAskedModel(scope, caller, 'retrieval.rewriting', this.options) };
  }
}
