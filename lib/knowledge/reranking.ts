import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type KnowledgePolicy } from '../contract/knowledge';
import { fail, requireMade } from '../internal/validation';
import { type IRerankModel } from '../model';

/** Who puts the passages that were found into the order in which they answer the question. */
export abstract class Reranking {
  /**
   * A rerank model of Bedrock.
   *
   * @param model the model, such as `RerankModel.standard()`
   */
  public static model(model: IRerankModel): Reranking {
    return new ByModel(model);
  }

  /** The reranker of a managed knowledge base, which needs no model of yours. */
  public static managed(): Reranking {
    return new Managed();
  }

  /** @internal */
  public abstract _bind(scope: IConstruct, role: IGrantable, kind: KnowledgePolicy['kind']): KnowledgePolicy['rerank'];
}

class ByModel extends Reranking {
  constructor(private readonly model: IRerankModel) {
    super();
  }

  public _bind(scope: IConstruct, role: IGrantable): KnowledgePolicy['rerank'] {
    requireMade(scope, 'retrieval.rerank.model', this.model, 'bind', 'RerankModel, such as RerankModel.standard()');
    return { modelArn: this.model.bind(scope, role).modelArn };
  }
}

class Managed extends Reranking {
  public _bind(scope: IConstruct, _role: IGrantable, kind: KnowledgePolicy['kind']): KnowledgePolicy['rerank'] {
    if (kind === 'managed') return 'managed';
    return fail(scope, "'retrieval.rerank' must be Reranking.model(…) for a knowledge base with a store, because only managed ones have a reranker of their own, got Reranking.managed()");
  }
}
