import { type Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { bindRouter, ROUTER_NAME } from './bind-router';
import { type RequestTrait } from './request-trait';
import { type IModel, type ModelUse } from '../model';
import { type ModelBinding } from '../model-binding';

/** Which model answers requests of a kind. */
export interface RoutingRule {
  /** What metrics, logs and answers call the rule: 1 to 32 small letters, digits or `-`. */
  readonly name: string;
  /** What a request must be like, in every respect. */
  readonly when: RequestTrait[];
  /** The model that answers such requests, or a `ModelSplit`. */
  readonly use: IModel;
}

/** A kind of request that a classifier tells from others. */
export interface RequestClass {
  /** What the classifier answers, and what metrics, logs and answers call the class: 1 to 32 small letters, digits or `-`. */
  readonly name: string;
  /** Which requests belong to the class, in words for the classifier, at most 500 characters. */
  readonly description: string;
  /** The model that answers such requests, or a `ModelSplit`. */
  readonly use: IModel;
}

/** A small model that tells kinds of requests apart where no rule fits. */
export interface RequestClassifier {
  /** The model that is asked for the class: a fast and cheap one. */
  readonly model: IModel;
  /** 2 to 10 kinds of requests. */
  readonly classes: RequestClass[];
  /**
   * How long an answer may wait for it, from 100 milliseconds to 10 seconds; afterwards the router's own `model` answers.
   *
   * @default Duration.millis(1500)
   */
  readonly timeout?: Duration;
}

/** Props of `ModelRouter`. */
export interface ModelRouterProps {
  /** The model that answers where no rule fits and the classifier does not say, or a `ModelSplit`. */
  readonly model: IModel;

  /**
   * At most 20; the first that fits decides.
   *
   * @default - none
   */
  readonly rules?: RoutingRule[];

  /**
   * Asked where no rule fits.
   *
   * @default - none
   */
  readonly classifier?: RequestClassifier;

  /**
   * Models that answer in this order where the chosen one is throttled, out of service, late or too small for the prompt; at most 5. Only
   * before the first word: afterwards another model would repeat what was said.
   *
   * @default - none: the chosen model is asked again
   */
  readonly fallback?: IModel[];

  /**
   * How long a model may take for its first word while another is left to ask, from 1 second to a minute.
   *
   * @default - as long as a turn may take
   */
  readonly firstTokenTimeout?: Duration;

  /**
   * How long a model that was throttled is asked last, from 1 second to 15 minutes. Each process of the handler learns it for itself.
   *
   * @default Duration.seconds(30)
   */
  readonly coolDown?: Duration;

  /**
   * Whether a request may name one of the models in its field `model`, and then gets that one and no other.
   *
   * @default false
   */
  readonly selectable?: boolean;

  /**
   * What clients call the router, in `model` of requests and in the list of models.
   *
   * @default 'auto'
   */
  readonly name?: string;
}

/**
 * Chooses a model for every request: by rules, then by a small classifier, else the one that is for everything. Takes the place of a model.
 *
 * @example
 * const everyday = Model.standard();
 * const careful = Model.crossRegion(Geography.GLOBAL, 'anthropic.claude-sonnet-5-5');
 *
 * new ChatbotApi(this, 'Chat', {
 *   model: new ModelRouter({
 *     model: everyday,
 *     rules: [
 *       { name: 'code', when: [RequestTrait.code()], use: careful },
 *       { name: 'long', when: [RequestTrait.tokensOver(8_000), RequestTrait.userGroup('staff')], use: careful },
 *     ],
 *     fallback: [careful, everyday],
 *   }),
 * });
 */
export class ModelRouter implements IModel {
  constructor(private readonly props: ModelRouterProps) {}

  public bind(scope: IConstruct, caller: iam.IGrantable, use?: ModelUse): ModelBinding {
    return bindRouter({ name: ROUTER_NAME, ...this.props }, scope, caller, use);
  }
}
