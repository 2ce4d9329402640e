import * as iam from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { catalogue, find } from './catalogue';
import { grantRoute, INVOKE } from './grants';
import { requireReachable } from './reach';
import { foundationRoute, type Route } from './routes';
import { acknowledgeWildcard } from '../internal/acknowledge';

/** A model that puts passages into the order in which they answer a question. */
export interface IRerankModel {
  /**
   * Lets a caller rerank with the model, and says all that the caller must know of it.
   *
   * @param scope where errors and warnings are reported
   * @param caller who reranks
   */
  bind(scope: IConstruct, caller: iam.IGrantable): RerankBinding;
}

/** What a caller needs to rerank. */
export interface RerankBinding {
  /** What the Rerank operation takes as `modelArn`. */
  readonly modelArn: string;
  /** What metrics and bills call the model. */
  readonly modelName: string;
  /** Most passages of one call. */
  readonly maxPassages: number;
  /**
   * What the model costs.
   *
   * @default - unknown
   */
  readonly prices?: RerankPrices;
}

/** What a rerank model costs, in USD. */
export interface RerankPrices {
  /** Day the price was read, as `YYYY-MM-DD`. */
  readonly asOf: string;
  /** A thousand questions. */
  readonly thousandQueries: number;
}

/** What you know better than the catalogue. */
export interface RerankModelOptions {
  /**
   * What metrics and bills call the model.
   *
   * @default - the model's id
   */
  readonly name?: string;
  /**
   * What the model costs you.
   *
   * @default - from the catalogue, none for a model that it does not know
   */
  readonly prices?: RerankPrices;
}

/** As the Rerank operation takes them. */
const MAX_PASSAGES = 1000;

/**
 * A Bedrock model that reranks passages.
 *
 * @example
 *
 * const reranker = RerankModel.foundation('cohere.rerank-v3-5:0');
 */
export abstract class RerankModel implements IRerankModel {
  /** The rerank model that every construct takes when you name none: Amazon Rerank, which needs no form and no marketplace. */
  public static standard(): RerankModel {
    return RerankModel.foundation('amazon.rerank-v1:0');
  }

  /**
   * A foundation model in the stack's own Region, on demand.
   *
   * @param id the model's own id, such as `cohere.rerank-v3-5:0`
   * @param options what you know better than the catalogue
   */
  public static foundation(id: string, options: RerankModelOptions = {}): RerankModel {
    return new BedrockRerankModel(foundationRoute(id), options);
  }

  public abstract bind(scope: IConstruct, caller: iam.IGrantable): RerankBinding;
}

class BedrockRerankModel extends RerankModel {
  constructor(private readonly route: Route, private readonly options: RerankModelOptions) {
    super();
  }

  public bind(scope: IConstruct, caller: iam.IGrantable): RerankBinding {
    requireReachable(scope, 'RerankModel', this.route);
    grantRoute(caller, INVOKE, this.route);
    iam.Grant.addToPrincipal({ grantee: caller, actions: ['bedrock:Rerank'], resourceArns: ['*'] });
    acknowledgeWildcard(caller, '*', 'bedrock:Rerank has no resource ARN; the model it may use is named by bedrock:InvokeModel.');
    const thousandQueries = find(catalogue().rerank, this.route.baseModelId)?.pricePerThousandQueries;
    return {
      modelArn: this.route.models[0],
      modelName: this.options.name ?? this.route.name,
      maxPassages: MAX_PASSAGES,
      prices: this.options.prices ?? (thousandQueries === undefined ? undefined : { asOf: catalogue().pricesAsOf, thousandQueries }),
    };
  }
}
