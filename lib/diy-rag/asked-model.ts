import { Duration } from 'aws-cdk-lib';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type AskedModel, REWRITING_MS } from '../contract/questions';
import { fail, requireDuration, requireMade } from '../internal/validation';
import { type IModel, ModelUse } from '../model';
import { modelFacts } from '../model/model-facts';

/** A model that says what to look up, before anything is looked up. */
export interface SearchModelOptions {
  /**
   * Who is asked. A small model is quick, and good enough.
   *
   * @default - the model that answers
   */
  readonly model?: IModel;

  /**
   * How long the search waits for it, from 1 to 30 seconds. What it has not said by then is done without.
   *
   * @default Duration.seconds(8)
   */
  readonly timeout?: Duration;
}

/** Lets a caller ask the model, and says what it must know to do so. */
export function bindAskedModel(scope: IConstruct, caller: IGrantable, path: string, { model, timeout }: SearchModelOptions): AskedModel {
  requireMade(scope, `${path}.model`, model, 'bind', "Model, such as Model.foundation('amazon.nova-micro-v1:0')");
  requireDuration(scope, `${path}.timeout`, timeout, Duration.seconds(1), Duration.seconds(30));
  const bound = model?.bind(scope, caller, ModelUse.STREAMED_TEXT);
  if (bound?.routing) fail(scope, `'${path}.model' must be one model, for nobody would choose among several before a search, got a router: name the smallest of its models`);
  return { ...(bound && { model: modelFacts(bound) }), milliseconds: timeout?.toMilliseconds() ?? REWRITING_MS };
}
