import type * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct, type IConstruct } from 'constructs';
import { defineProfile } from './application-profile';
import { catalogue, find } from './catalogue';
import { type Geography } from './geography';
import { grantRoute, INVOKE } from './grants';
import { requireReachable } from './reach';
import { crossRegionRoute, foundationRoute, inferenceProfileRoute, ownedRoute, type Route } from './routes';
import { fail, requireInteger } from '../internal/validation';

/** A model that turns text into vectors. Every construct that searches by meaning takes one. */
export interface IEmbeddingModel {
  /**
   * Lets a caller invoke the model, and says all that the caller must know of it.
   *
   * @param scope where errors and warnings are reported
   * @param caller who invokes the model
   */
  bind(scope: IConstruct, caller: iam.IGrantable): EmbeddingBinding;
}

/** What a caller needs to invoke an embedding model. */
export interface EmbeddingBinding {
  /** What the Bedrock runtime takes as `modelId`: an id, a profile's id or an ARN. */
  readonly modelId: string;
  /** The same as an ARN, which is what a knowledge base takes. */
  readonly modelArn: string;
  /** What metrics and bills call the model. */
  readonly modelName: string;
  /**
   * The model behind it all, such as `amazon.titan-embed-text-v2:0`: it decides how requests are written.
   *
   * @default - unknown
   */
  readonly baseModelId?: string;
  /** Length of the vectors. */
  readonly dimension: number;
  /** Whether the vectors have a bit in each place, and not a float. */
  readonly binary: boolean;
  /**
   * Whether the model takes images, sounds or films as they are.
   *
   * @default - unknown
   */
  readonly multimodal?: boolean;
  /** Every length that the model offers. */
  readonly dimensions: number[];
  /**
   * Most tokens of one text.
   *
   * @default - unknown
   */
  readonly inputTokens?: number;
  /**
   * Whether the model takes batch jobs.
   *
   * @default - unknown
   */
  readonly batch?: boolean;
  /**
   * What the model costs.
   *
   * @default - unknown, or not paid by the token
   */
  readonly prices?: EmbeddingPrices;
}

/** What an embedding model costs, on demand, in USD per million tokens. */
export interface EmbeddingPrices {
  /** Day the price was read, as `YYYY-MM-DD`. */
  readonly asOf: string;
  /** One million tokens of text. */
  readonly input: number;
}

/** What you choose, and what you know better than the catalogue. */
export interface EmbeddingModelOptions {
  /**
   * Length of the vectors, one that the model offers: shorter ones cost less to store and find a little less.
   *
   * @default - the model's own; required for a model that the catalogue does not know
   */
  readonly dimension?: number;
  /**
   * Whether vectors have a bit in each place, and not a float: they take a thirty-second of the room and find a little less. OpenSearch stores them
   * and no other store does.
   *
   * @default false
   */
  readonly binary?: boolean;
  /**
   * Most tokens of one text, from 1 to 1000000.
   *
   * @default - from the catalogue
   */
  readonly inputTokens?: number;
  /**
   * What metrics and bills call the model.
   *
   * @default - the id of the model or profile; for an ARN, the id it copies or the last part of the ARN
   */
  readonly name?: string;
  /**
   * What the model costs you.
   *
   * @default - from the catalogue, none for a model that it does not know
   */
  readonly prices?: EmbeddingPrices;
}

/** Which embedding model stands behind an ARN that does not say so. */
export interface EmbeddingArnOptions extends EmbeddingModelOptions {
  /**
   * Id of the model behind the ARN, such as `amazon.titan-embed-text-v2:0`. For an application inference profile that copies a system profile,
   * the system profile's id, such as `us.cohere.embed-v4:0`.
   *
   * @default - as a system profile's ARN says it; unknown otherwise, and then an application inference profile is refused
   */
  readonly baseModelId?: string;
}

/** An application inference profile over an embedding model, so that its costs are seen apart. */
export interface ApplicationEmbeddingModelProps extends EmbeddingModelOptions {
  /** What the profile copies: a model made by `EmbeddingModel.foundation` or `EmbeddingModel.crossRegion`. */
  readonly source: EmbeddingModel;
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

/**
 * A Bedrock model that turns text into vectors.
 *
 * @example
 *
 * const small = EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { dimension: 256 });
 * const multilingual = EmbeddingModel.crossRegion(Geography.EU, 'cohere.embed-v4:0');
 */
export abstract class EmbeddingModel implements IEmbeddingModel {
  /** The embedding model that every construct takes when you name none: Amazon Titan Text Embeddings v2, which needs no form and no marketplace. */
  public static standard(): EmbeddingModel {
    return EmbeddingModel.foundation('amazon.titan-embed-text-v2:0');
  }

  /**
   * A foundation model in the stack's own Region, on demand.
   *
   * @param id the model's own id, such as `amazon.titan-embed-text-v2:0`
   * @param options what you choose, and what you know better than the catalogue
   */
  public static foundation(id: string, options: EmbeddingModelOptions = {}): EmbeddingModel {
    return new BedrockEmbeddingModel(foundationRoute(id), options);
  }

  /**
   * A foundation model through AWS's own inference profile of a geography.
   *
   * @param geography where requests may go
   * @param id the model's own id, without the geography, such as `cohere.embed-v4:0`
   * @param options what you choose, and what you know better than the catalogue
   */
  public static crossRegion(geography: Geography, id: string, options: EmbeddingModelOptions = {}): EmbeddingModel {
    return new BedrockEmbeddingModel(crossRegionRoute(geography, id), options);
  }

  /**
   * An inference profile that exists already, AWS's own or an application's.
   *
   * @param arn the profile's ARN
   * @param options which model it leads to, what you choose, and what you know better than the catalogue
   */
  public static inferenceProfile(arn: string, options: EmbeddingArnOptions = {}): EmbeddingModel {
    return new BedrockEmbeddingModel(inferenceProfileRoute(arn, options.baseModelId), options);
  }

  /**
   * Defines an application inference profile, so that the model's costs carry tags of their own.
   *
   * @param scope where the profile is defined
   * @param id the profile's construct id
   * @param props what it copies, and its tags
   */
  public static application(scope: Construct, id: string, props: ApplicationEmbeddingModelProps): EmbeddingModel {
    return new BedrockEmbeddingModel(defineProfile(scope, id, 'EmbeddingModel', props.source._route, props), props);
  }

  /**
   * Provisioned throughput that you bought.
   *
   * @param arn ARN of the provisioned model
   * @param options which model it runs, what you choose, and what you know better than the catalogue
   */
  public static provisioned(arn: string, options: EmbeddingArnOptions = {}): EmbeddingModel {
    return new BedrockEmbeddingModel(ownedRoute('provisioned', arn, options.baseModelId), options);
  }

  /** @internal */
  public abstract readonly _route: Route;

  public abstract bind(scope: IConstruct, caller: iam.IGrantable): EmbeddingBinding;
}

class BedrockEmbeddingModel extends EmbeddingModel {
  constructor(public readonly _route: Route, private readonly options: EmbeddingModelOptions) {
    super();
  }

  public bind(scope: IConstruct, caller: iam.IGrantable): EmbeddingBinding {
    requireReachable(scope, 'EmbeddingModel', this._route);
    requireInteger(scope, 'inputTokens', this.options.inputTokens, 1, 1_000_000);
    requireInteger(scope, 'dimension', this.options.dimension, 1, 1_000_000);
    grantRoute(caller, INVOKE, this._route);
    const entry = find(catalogue().embedding, this._route.baseModelId);
    if (this.options.binary && entry && !entry.binary) {
      const able = catalogue().embedding.filter(({ binary }) => binary).map(({ id }) => id).join(', ');
      fail(scope, `'binary' must be left out with '${entry.id}', which makes float vectors only, got true: leave it out, or take one of ${able}`);
    }
    const dimension = this.options.dimension ?? entry?.defaultDimension;
    if (dimension === undefined) {
      fail(scope, `'dimension' must say how long the vectors of '${this._route.name}' are, because the catalogue does not know this model`);
    }
    if (entry && !entry.dimensions.includes(dimension)) {
      fail(scope, `'dimension' of '${entry.id}' must be one of ${entry.dimensions.join(', ')}, got ${dimension}`);
    }
    return {
      modelId: this._route.modelId,
      modelArn: this._route.profiles[0] ?? this._route.models[0],
      modelName: this.options.name ?? this._route.name,
      baseModelId: this._route.baseModelId,
      dimension,
      binary: this.options.binary ?? false,
      multimodal: entry ? entry.multimodal ?? false : undefined,
      dimensions: [...entry?.dimensions ?? [dimension]],
      inputTokens: this.options.inputTokens ?? entry?.inputTokens,
      batch: entry?.batch,
      prices: this.options.prices ?? this.knownPrices(entry?.price),
    };
  }

  private knownPrices(input: number | undefined): EmbeddingPrices | undefined {
    return input === undefined || this._route.priceList === undefined ? undefined : { asOf: catalogue().pricesAsOf, input };
  }
}
