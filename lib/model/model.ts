import type * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct, type IConstruct } from 'constructs';
import { defineProfile } from './application-profile';
import { type CapabilityOverrides, type ModelPrices, ToolSupport } from './capabilities';
import { commonCapabilities } from './common-capabilities';
import { Geography } from './geography';
import { grantRoute, INVOKE_AND_STREAM, STREAM } from './grants';
import { capabilitiesOf, pricesOf } from './known';
import { type ModelBinding } from './model-binding';
import { requireReachable } from './reach';
import { crossRegionRoute, foundationRoute, inferenceProfileRoute, ownedRoute, type Route } from './routes';
import { fail, requireCount } from '../internal/validation';

/** A model that answers prompts. Every construct that generates text takes one. */
export interface IModel {
  /**
   * Lets a caller invoke the model, and says all that the caller must know of it.
   *
   * @param scope where errors and warnings are reported
   * @param caller who invokes the model
   * @param use how the caller invokes it, when not in every way
   */
  bind(scope: IConstruct, caller: iam.IGrantable, use?: ModelUse): ModelBinding;
}

/** How a caller invokes a model, so that it is granted no more. */
export enum ModelUse {
  /** Answers as a stream and answers as a whole. */
  EVERY_WAY = 'everyWay',
  /** Answers as a stream; as a whole only from a model that cannot stream while it is offered tools. */
  STREAMED = 'streamed',
  /** Answers as a stream, with no tools offered. */
  STREAMED_TEXT = 'streamedText',
}

/** What you know better than the catalogue. */
export interface ModelOptions {
  /**
   * What clients, metrics and bills call the model.
   *
   * @default - the id of the model or profile; for an ARN, the id it copies or the last part of the ARN
   */
  readonly name?: string;
  /**
   * What the model can do, where the catalogue does not know it or is out of date.
   *
   * @default - from the catalogue, careful values for a model that it does not know
   */
  readonly capabilities?: CapabilityOverrides;
  /**
   * What the model costs you.
   *
   * @default - from the catalogue, none for a model that it does not know
   */
  readonly prices?: ModelPrices;
}

/** Which model stands behind an ARN that does not say so. */
export interface ModelArnOptions extends ModelOptions {
  /**
   * Id of the model behind the ARN, such as `amazon.nova-pro-v1:0`. For an application inference profile that copies a system profile,
   * the system profile's id, such as `us.amazon.nova-pro-v1:0`.
   *
   * @default - as a system profile's ARN says it; unknown otherwise, and then an application inference profile is refused
   */
  readonly baseModelId?: string;
}

/** An application inference profile: a name and tags of its own for a model, so that its costs are seen apart. */
export interface ApplicationModelProps extends ModelOptions {
  /** What the profile copies: a model made by `Model.foundation` or `Model.crossRegion`. */
  readonly source: Model;
  /**
   * Tags for cost allocation, such as `{ team: 'search' }`.
   *
   * @default - the tags of the stack
   */
  readonly tags?: { [key: string]: string };
  /**
   * What the profile is for, at most 200 characters.
   *
   * @default - none
   */
  readonly description?: string;
}

/** What stands behind a prompt router. */
export interface PromptRouterOptions extends ModelOptions {
  /** The models that the router chooses among, with its fallback: 1 to 10 made by `Model.foundation` or `Model.crossRegion`, each as the router reaches it. */
  readonly routesTo: Model[];
}

/**
 * A Bedrock model that answers prompts: what it is called, how it is reached, and exactly what a caller may do with it.
 *
 * @example
 *
 * const everyday = Model.standard();
 * const careful = Model.crossRegion(Geography.EU, 'anthropic.claude-sonnet-5-5');
 * const tuned = Model.custom('arn:aws:bedrock:us-east-1:111122223333:custom-model-deployment/abc123', {
 *   baseModelId: 'amazon.nova-lite-v1:0',
 * });
 */
export abstract class Model implements IModel {
  /** The model that every construct takes when you name none: Amazon Nova 2 Lite through its global profile. It needs no form and no marketplace. */
  public static standard(): Model {
    return Model.crossRegion(Geography.GLOBAL, 'amazon.nova-2-lite-v1:0');
  }

  /**
   * A foundation model in the stack's own Region, on demand.
   *
   * @param id the model's own id, such as `amazon.nova-lite-v1:0`
   * @param options what you know better than the catalogue
   */
  public static foundation(id: string, options: ModelOptions = {}): Model {
    return new BedrockModel(foundationRoute(id), options);
  }

  /**
   * A foundation model through AWS's own inference profile of a geography: more capacity, and the only way to many newer models.
   *
   * @param geography where requests may go
   * @param id the model's own id, without the geography, such as `amazon.nova-2-lite-v1:0`
   * @param options what you know better than the catalogue
   */
  public static crossRegion(geography: Geography, id: string, options: ModelOptions = {}): Model {
    return new BedrockModel(crossRegionRoute(geography, id), options);
  }

  /**
   * An inference profile that exists already, AWS's own or an application's.
   *
   * @param arn the profile's ARN
   * @param options which model it leads to, and what you know better than the catalogue
   */
  public static inferenceProfile(arn: string, options: ModelArnOptions = {}): Model {
    return new BedrockModel(inferenceProfileRoute(arn, options.baseModelId), options);
  }

  /**
   * Defines an application inference profile, so that the model's costs carry tags of their own.
   *
   * @param scope where the profile is defined
   * @param id the profile's construct id
   * @param props what it copies, and its tags
   */
  public static application(scope: Construct, id: string, props: ApplicationModelProps): Model {
    return new BedrockModel(defineProfile(scope, id, 'Model', props.source._route, props), props);
  }

  /**
   * Provisioned throughput that you bought.
   *
   * @param arn ARN of the provisioned model
   * @param options which model it runs, and what you know better than the catalogue
   */
  public static provisioned(arn: string, options: ModelArnOptions = {}): Model {
    return new BedrockModel(ownedRoute('provisioned', arn, options.baseModelId), options);
  }

  /**
   * A model of your own, deployed on demand or imported.
   *
   * @param arn ARN of the custom model deployment or of the imported model
   * @param options which model it was made from, and what you know better than the catalogue
   */
  public static custom(arn: string, options: ModelArnOptions = {}): Model {
    return new BedrockModel(ownedRoute('custom', arn, options.baseModelId), options);
  }

  /**
   * A prompt router of Bedrock, which chooses among models of one family by how well each is expected to answer. Its ARN does not say which, so say it: they are
   * granted too, and their least abilities hold.
   *
   * @param arn the router's ARN, one of yours or one of AWS's own
   * @param options what it routes to, and what you know better than the catalogue
   */
  public static promptRouter(arn: string, options: PromptRouterOptions): Model {
    return new PromptRouter(ownedRoute('promptRouter', arn, undefined), options);
  }

  /** @internal */
  public abstract readonly _route: Route;

  public abstract bind(scope: IConstruct, caller: iam.IGrantable, use?: ModelUse): ModelBinding;
}

class BedrockModel extends Model {
  constructor(public readonly _route: Route, private readonly options: ModelOptions) {
    super();
  }

  public bind(scope: IConstruct, caller: iam.IGrantable, use = ModelUse.EVERY_WAY): ModelBinding {
    requireReachable(scope, 'Model', this._route);
    const capabilities = capabilitiesOf(scope, this._route, this.options.capabilities);
    const streamsAlways = use === ModelUse.STREAMED_TEXT || (use === ModelUse.STREAMED && capabilities.tools !== ToolSupport.BUFFERED);
    grantRoute(caller, streamsAlways ? STREAM : INVOKE_AND_STREAM, this._route);
    return {
      modelId: this._route.modelId,
      modelName: this.options.name ?? this._route.name,
      capabilities,
      prices: this.options.prices ?? pricesOf(this._route),
    };
  }
}

class PromptRouter extends Model {
  constructor(public readonly _route: Route, private readonly options: PromptRouterOptions) {
    super();
  }

  public bind(scope: IConstruct, caller: iam.IGrantable, use = ModelUse.EVERY_WAY): ModelBinding {
    requireReachable(scope, 'Model', this._route);
    const { routesTo, name, capabilities: known, prices } = this.options;
    requireCount(scope, 'routesTo', routesTo ?? [], 1, 10);
    for (const { _route } of routesTo) {
      if (_route?.kind !== 'foundation' && _route?.kind !== 'crossRegion') fail(scope, "'routesTo' must be made by Model.foundation or Model.crossRegion, as the router reaches its models");
    }
    const bound = routesTo.map((model) => model.bind(scope, caller, use));
    const capabilities = { ...commonCapabilities(bound), ...known };
    const streamsAlways = use === ModelUse.STREAMED && capabilities.tools !== ToolSupport.BUFFERED;
    // Whichever of them is asked, it is asked in the way that all of them allow.
    const behind = streamsAlways ? bound : routesTo.map((model) => model.bind(scope, caller));
    grantRoute(caller, streamsAlways ? STREAM : INVOKE_AND_STREAM, this._route);
    return { modelId: this._route.modelId, modelName: name ?? this._route.name, capabilities, prices, behind };
  }
}
