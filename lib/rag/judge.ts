import { type IConstruct } from 'constructs';
import { type ServiceRole } from '../internal/handler-role';
import { fail, requireMade } from '../internal/validation';
import { type IModel, type ModelBinding, ModelUse } from '../model';

/**
 * Who says whether an answer holds. A model judges by rules that it is told, each answer by itself, and may be wrong: compare runs with the same judge, and look at what it
 * finds before you trust its figures.
 *
 * @example
 * const judge = Judge.model(Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0'));
 */
export abstract class Judge {
  /**
   * A model: the stronger, the better it judges; one of another maker than the model that answers does not favour its own.
   *
   * @param model one model, no router
   */
  public static model(model: IModel): Judge {
    return new ModelJudge(model);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct, role: ServiceRole): ModelBinding;
}

class ModelJudge extends Judge {
  constructor(private readonly judge: IModel) {
    super();
  }

  public _bind(scope: IConstruct, role: ServiceRole): ModelBinding {
    requireMade(scope, 'judge.model', this.judge, 'bind', "Model, such as Model.foundation('amazon.nova-pro-v1:0')");
    const binding = this.judge.bind(scope, role, ModelUse.STREAMED_TEXT);
    if (binding.routing) fail(scope, "'judge.model' must be one model, for figures of several judges cannot be compared, got a ModelRouter: take one of its models");
    return binding;
  }
}
