import { type ModelCapabilities, type ModelPrices } from './capabilities';
import { type RoutingTable } from '../contract/routing';

/** What a caller needs to invoke a model. */
export interface ModelBinding {
  /** What the Bedrock runtime takes as `modelId`: an id, a profile's id or an ARN. Of a router, that of the model that answers where no rule fits. */
  readonly modelId: string;
  /** What clients, metrics and bills call the model. */
  readonly modelName: string;
  /** What the model can do. Of a router, what every one of its models can. */
  readonly capabilities: ModelCapabilities;
  /**
   * What the model costs.
   *
   * @default - unknown, or not paid by the token
   */
  readonly prices?: ModelPrices;
  /**
   * The models that a prompt router of Bedrock leads to.
   *
   * @default - none: it is one model
   */
  readonly behind?: ModelBinding[];
  /**
   * The models that stand behind this one, where a router chooses among several.
   *
   * @default - none: it is one model
   */
  readonly routing?: ModelRouting;
}

/** The models of a router. */
export class ModelRouting {
  /** @internal */
  public readonly _table: RoutingTable;

  /**
   * @param candidates the models, each as it is invoked by itself
   * @param table what the handler decides by, as the router writes it
   */
  constructor(public readonly candidates: ModelBinding[], table: any) {
    this._table = table as RoutingTable;
  }
}
