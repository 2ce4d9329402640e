import { Duration } from 'aws-cdk-lib';
import { type Stage } from 'aws-cdk-lib/aws-apigateway';
import { type ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type ISecurityGroup, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Bucket, type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { type Construct, type IDependable } from 'constructs';
import { ApiProtection } from './api-protection';
import { BucketReplica } from './bucket-replica';
import { Firewall } from './firewall';
import { PrivateNetwork } from './private-network';
import { StackKey } from './stack-key';
import { TableBackup } from './table-backup';
import { acknowledge } from '../internal/acknowledge';
import { fail, requireInteger } from '../internal/validation';

/** Where a function runs. */
export interface FunctionPlacement {
  /** The VPC. */
  readonly vpc: IVpc;

  /** The subnets of the VPC. */
  readonly vpcSubnets: SubnetSelection;

  /** What the function may reach. */
  readonly securityGroups: ISecurityGroup[];

  /**
   * What leads from there to what it calls: endpoints, rules, routes. They have to be there before the function, and go after it, for some functions have
   * work to do while their stack is deleted.
   *
   * @default - nothing that could go before it
   */
  readonly reachedBy?: IDependable;
}

/** An AWS service that a function calls, by the last part of its endpoint's name. */
export enum CalledService {
  /** Models and guardrails. */
  BEDROCK_RUNTIME = 'bedrock-runtime',
  /** Knowledge bases: what is read into them. */
  BEDROCK_AGENT = 'bedrock-agent',
  /** Knowledge bases: what is looked up in them. */
  BEDROCK_AGENT_RUNTIME = 'bedrock-agent-runtime',
  /** Memories of agents and chats. */
  BEDROCK_AGENTCORE = 'bedrock-agentcore',
  /** Tables. */
  DYNAMODB = 'dynamodb',
  /** Buckets. */
  S3 = 's3',
  /** Vector buckets. */
  S3_VECTORS = 's3vectors',
  /** Indexes of OpenSearch Serverless, as they are made and dropped. */
  OPENSEARCH_SERVERLESS = 'aoss',
  /** What collections of OpenSearch Serverless hold: their endpoint is one of that service, not of the VPC. */
  COLLECTIONS = '@collections',
  /** Secrets. */
  SECRETS_MANAGER = 'secretsmanager',
  /** Functions. */
  LAMBDA = 'lambda',
  /** Queues. */
  SQS = 'sqs',
  /** Pictures of pages. */
  TEXTRACT = 'textract',
  /** Databases, by the Data API. */
  RDS_DATA = 'rds-data',
  /** Clients of a WebSocket API, by its `@connections`: no endpoint of a VPC leads there, only the internet does. */
  CONNECTIONS = '@connections',
  /** Jobs of Spark. */
  GLUE = 'glue',
  /** Logs, for what writes them itself. */
  LOGS = 'logs',
  /** Metrics, for what writes them itself. */
  MONITORING = 'monitoring',
  /** Keys, for what encrypts by itself. */
  KMS = 'kms',
  /** Traces. */
  XRAY = 'xray',
}

/** Options of `Posture.standard`. */
export interface StandardPostureOptions {
  /**
   * How long logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
}

/** Options of `Posture.regulated`. */
export interface RegulatedPostureOptions {
  /**
   * The VPC that functions run in. It needs private subnets, and DNS names and support on.
   *
   * @default - a VPC without a way to the internet is made, one a stack
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of the VPC that functions run in.
   *
   * @default - isolated subnets of the VPC that is made; private subnets of yours
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Whether endpoints are made in the VPC for the services that functions call; an endpoint is made once a VPC. Say no where the VPC has them.
   *
   * @default true
   */
  readonly vpcEndpoints?: boolean;

  /**
   * Encrypts what constructs keep. Keys of the same app are told what services they must let use them; of others the synthesis says it.
   *
   * @default - a key is made, one a stack, and rotated every year
   */
  readonly encryptionKey?: IKey;

  /**
   * Most instances of each handler at a time, set aside for it out of the account's limit, at least 1.
   *
   * @default 50
   */
  readonly reservedConcurrency?: number;

  /**
   * How long logs are kept.
   *
   * @default RetentionDays.SIX_YEARS
   */
  readonly logRetention?: RetentionDays;
}

/**
 * How strictly a construct is built. A construct asks it for what its level adds: a key, a network, a firewall, a backup.
 *
 * @example
 * new ChatbotApi(this, 'Chat', { posture: Posture.regulated() });
 */
export abstract class Posture {
  /** Secure defaults that cost nothing while idle; passes the AwsSolutions and Serverless rules of cdk-nag. */
  public static standard(options: StandardPostureOptions = {}): Posture {
    return new StandardPosture(options);
  }

  /**
   * Adds what NIST 800-53, HIPAA and PCI DSS ask for: a key of yours, a private network, a firewall, backups, capacity set aside, logs kept for years.
   * The VPC's endpoints, the firewall and the key are paid for by the hour.
   */
  public static regulated(options: RegulatedPostureOptions = {}): Posture {
    return new RegulatedPosture(options);
  }

  /** How long logs are kept. */
  public abstract readonly logRetention: RetentionDays;

  /** Whether data refuses to be deleted until its protection is lifted by hand. */
  public abstract readonly deletionProtection: boolean;

  /** Whether a store of data may have an address on the internet, where its authorization alone keeps others out. */
  public abstract readonly publicStores: boolean;

  /** How long the daily copies of data are kept that cannot be restored to any second. */
  public abstract readonly snapshotRetention: Duration;

  /** Most instances of a handler at a time, set aside for it; undefined shares the account's. */
  public abstract readonly reservedConcurrency?: number;

  /** The key that encrypts what a construct keeps; undefined leaves it to keys that AWS owns. */
  public abstract encryptionKey(scope: Construct): IKey | undefined;

  /** Where a function runs that calls these services and nothing else; undefined leaves it to Lambda's own network. */
  public abstract placeFunction(scope: Construct, calls: CalledService[]): FunctionPlacement | undefined;

  /** Puts in front of an API's stage the firewall that was chosen, and what the level asks for: a firewall, a client certificate. */
  public abstract protectApi(scope: Construct, stage: Stage, firewall?: Firewall, encryptionKey?: IKey): void;

  /** Puts in front of a load balancer the firewall that was chosen, or the one that the level asks for. */
  public abstract protectLoadBalancer(scope: Construct, balancer: ApplicationLoadBalancer, firewall?: Firewall, encryptionKey?: IKey): void;

  /** Asked where requests would travel in the clear; refuses it where the level does. */
  public abstract requireEncryptedTransit(scope: Construct): void;

  /** Puts behind a table what the level asks for: a backup plan. */
  public abstract protectTable(scope: Construct, table: ITableV2): void;

  /** Puts behind a bucket what the level asks for: a copy that lives by the same rules. */
  public abstract protectBucket(scope: Construct, bucket: Bucket, lifecycleRules: LifecycleRule[]): void;

  /**
   * Id of the endpoint by which functions reach collections of OpenSearch Serverless; undefined where they do so over the internet.
   *
   * @internal
   */
  public _collectionEndpoint(_scope: Construct): string | undefined {
    return undefined;
  }

  /**
   * Where stores lie that functions connect to; undefined where functions run in no VPC.
   *
   * @internal
   */
  public _storePlace(_scope: Construct): Pick<FunctionPlacement, 'vpc' | 'vpcSubnets'> | undefined {
    return undefined;
  }
}

class StandardPosture extends Posture {
  public readonly logRetention: RetentionDays;
  public readonly deletionProtection = false;
  public readonly publicStores = true;
  public readonly snapshotRetention = Duration.days(7);
  public readonly reservedConcurrency = undefined;

  constructor({ logRetention = RetentionDays.THREE_MONTHS }: StandardPostureOptions) {
    super();
    this.logRetention = logRetention;
  }

  public encryptionKey(): IKey | undefined {
    return undefined;
  }

  public placeFunction(): FunctionPlacement | undefined {
    return undefined;
  }

  public protectApi(scope: Construct, stage: Stage, firewall?: Firewall, encryptionKey?: IKey) {
    if (firewall) return firewall._protect(scope, { resourceArn: stage.stageArn, logRetention: this.logRetention, encryptionKey });
    acknowledge(stage, 'AwsSolutions-APIG3',
      'A firewall is paid for by the month, and this level costs nothing while idle: requests are authenticated and throttled before the handler sees them, and Posture.regulated() adds the firewall.');
  }

  public protectLoadBalancer(scope: Construct, { loadBalancerArn: resourceArn }: ApplicationLoadBalancer, firewall?: Firewall, encryptionKey?: IKey) {
    firewall?._protect(scope, { resourceArn, logRetention: this.logRetention, encryptionKey });
  }

  public requireEncryptedTransit() {}

  public protectTable() {}

  public protectBucket() {}
}

class RegulatedPosture extends Posture {
  public readonly logRetention: RetentionDays;
  public readonly deletionProtection = true;
  public readonly publicStores = false;
  public readonly snapshotRetention = Duration.days(35);
  public readonly reservedConcurrency: number;

  constructor(private readonly options: RegulatedPostureOptions) {
    super();
    this.logRetention = options.logRetention ?? RetentionDays.SIX_YEARS;
    this.reservedConcurrency = options.reservedConcurrency ?? 50;
  }

  public encryptionKey(scope: Construct): IKey {
    requireInteger(scope, 'reservedConcurrency', this.reservedConcurrency, 1, 100_000);
    return this.options.encryptionKey ?? StackKey.of(scope).key;
  }

  public placeFunction(scope: Construct, calls: CalledService[]): FunctionPlacement {
    const { vpc, vpcSubnets, vpcEndpoints } = this.options;
    if (calls.includes(CalledService.CONNECTIONS) && !vpc) {
      fail(scope, "'posture' must be Posture.regulated({ vpc }) with a VPC whose private subnets reach the internet, by a NAT gateway: clients of a WebSocket API are written "
        + 'to over its public address, and no VPC endpoint leads there. Give such a VPC, or take Transport.restStreaming()');
    }
    const logs = { logRetention: this.logRetention, encryptionKey: this.encryptionKey(scope) };
    const network = PrivateNetwork.of(scope, { vpc, ...logs });
    return network.placeFunction(scope, calls, { vpcSubnets, endpoints: vpcEndpoints ?? true });
  }

  /** @internal */
  public override _collectionEndpoint(scope: Construct): string {
    const { vpc, vpcSubnets, vpcEndpoints } = this.options;
    if (vpcEndpoints === false) {
      fail(scope, "'vpcEndpointId' must be the endpoint of OpenSearch Serverless that the VPC has, because Posture.regulated({ vpcEndpoints: false }) makes none, got none: "
        + 'give it to VectorStore.openSearchServerless({ vpcEndpointId })');
    }
    const network = PrivateNetwork.of(scope, { vpc, logRetention: this.logRetention, encryptionKey: this.encryptionKey(scope) });
    return network.collectionEndpoint(vpcSubnets).endpointId;
  }

  /** @internal */
  public override _storePlace(scope: Construct): Pick<FunctionPlacement, 'vpc' | 'vpcSubnets'> {
    const { vpc, vpcSubnets } = this.options;
    return PrivateNetwork.of(scope, { vpc, logRetention: this.logRetention, encryptionKey: this.encryptionKey(scope) }).placeDatabase(vpcSubnets);
  }

  public protectApi(scope: Construct, stage: Stage, firewall = Firewall.managed(), encryptionKey = this.encryptionKey(scope)) {
    new ApiProtection(scope, 'Protection', { stage, firewall, logRetention: this.logRetention, encryptionKey });
  }

  public protectLoadBalancer(scope: Construct, balancer: ApplicationLoadBalancer, firewall = Firewall.managed(), encryptionKey = this.encryptionKey(scope)) {
    firewall._protect(scope, { resourceArn: balancer.loadBalancerArn, logRetention: this.logRetention, encryptionKey });
  }

  public requireEncryptedTransit(scope: Construct) {
    fail(scope, 'requests must travel encrypted with Posture.regulated(), within a VPC too: take ContainerExposure.internal({ domainName, certificate }) or ContainerExposure.internet({ domainName, certificate })');
  }

  public protectTable(scope: Construct, table: ITableV2) {
    TableBackup.of(scope, this.encryptionKey(scope)).add(scope, table);
  }

  public protectBucket(scope: Construct, bucket: Bucket, lifecycleRules: LifecycleRule[]) {
    const encryptionKey = bucket.encryptionKey ?? this.encryptionKey(scope);
    new BucketReplica(scope, 'Replica', { source: bucket, encryptionKey, logRetention: this.logRetention, lifecycleRules });
  }
}
