import type * as iam from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { bindRouter, ROUTER_NAME } from './bind-router';
import { type IModel, type ModelUse } from '../model';
import { type ModelBinding } from '../model-binding';

/** One model's share of the callers. */
export interface ModelShare {
  /** The model. */
  readonly model: IModel;
  /** Its weight beside the others', a whole number from 0 to 1000. */
  readonly weight: number;
}

/**
 * Several models that share the callers by weight, for comparing them: wherever a router takes a model, or in its place.
 * A conversation stays with its model, and so does a caller who has none.
 *
 * @example
 * const trial = new ModelSplit([
 *   { model: Model.standard(), weight: 90 },
 *   { model: Model.crossRegion(Geography.GLOBAL, 'anthropic.claude-haiku-4-5-20251001-v1:0'), weight: 10 },
 * ]);
 */
export class ModelSplit implements IModel {
  /** @internal */
  public readonly _shares: ModelShare[];

  /** @param shares 2 to 8 models and their weights */
  constructor(shares: ModelShare[]) {
    this._shares = shares;
  }

  public bind(scope: IConstruct, caller: iam.IGrantable, use?: ModelUse): ModelBinding {
    return bindRouter({ name: ROUTER_NAME, model: this }, scope, caller, use);
  }
}
