import { type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';

/** Subnets from which a collection is reached. */
export interface CollectionVpcOptions {
  /**
   * Where the endpoint's addresses are.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: SubnetSelection;
}

/** From where a collection of OpenSearch Serverless is reached, by who has the right; Bedrock reaches it always. */
export abstract class CollectionAccess {
  /** From everywhere. */
  public static internet(): CollectionAccess {
    return new FromEverywhere();
  }

  /** From nowhere: Bedrock alone. */
  public static bedrock(): CollectionAccess {
    return new FromVpc();
  }

  /**
   * From a VPC, by an endpoint that is made there and paid for by the hour.
   *
   * @param vpc the VPC, with DNS names and support on
   * @param options the subnets
   */
  public static vpc(vpc: IVpc, options: CollectionVpcOptions = {}): CollectionAccess {
    return new FromVpc(vpc, options.vpcSubnets);
  }

  /** @internal */
  public abstract readonly _internet: boolean;

  /** @internal */
  public abstract readonly _vpc?: { readonly vpc: IVpc; readonly vpcSubnets?: SubnetSelection };
}

class FromEverywhere extends CollectionAccess {
  public readonly _internet = true;
  public readonly _vpc = undefined;
}

class FromVpc extends CollectionAccess {
  public readonly _internet = false;
  public readonly _vpc?: { readonly vpc: IVpc; readonly vpcSubnets?: SubnetSelection };

  constructor(vpc?: IVpc, vpcSubnets?: SubnetSelection) {
    super();
    this._vpc = vpc && { vpc, vpcSubnets };
  }
}
