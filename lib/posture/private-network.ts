import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type CfnLogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct, DependencyGroup, type IConstruct } from 'constructs';
import { CollectionEndpoint } from './collection-endpoint';
import { isIsolated } from './way-out';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { ServiceRole } from '../internal/handler-role';
import { fail } from '../internal/validation';

export interface PrivateNetworkProps {
  readonly vpc?: ec2.IVpc;
  readonly logRetention: RetentionDays;
  readonly encryptionKey?: IKey;
}

/** What each function chooses for itself in a network that it shares. */
export interface PrivatePlace {
  /** Private subnets of a VPC that was given, those of the one that was made, unless told. */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** Whether endpoints are made for what it calls. */
  readonly endpoints: boolean;
}

/** What leads to a service, behind a security group that lets in whom it is told to. */
type Endpoint = IConstruct & ec2.IConnectable;

/** Who calls a service, and what has to be there so that it can. */
interface Caller {
  readonly securityGroup: ec2.ISecurityGroup;
  readonly reachedBy: DependencyGroup;
}

/** Services whose endpoint is a route, not a network interface. */
const GATEWAYS: readonly string[] = ['dynamodb', 's3'];

/** Collections of OpenSearch Serverless are reached by an endpoint of that service. */
const COLLECTIONS = '@collections';

/** To the clients of a WebSocket API leads the internet only. */
const CONNECTIONS = '@connections';

/** A VPC whose functions reach the AWS services that they call, and nothing else. */
export class PrivateNetwork extends Construct {
  /** The network of a VPC; without one, that of the stack. */
  public static of(scope: IConstruct, props: PrivateNetworkProps): PrivateNetwork {
    const owner = props.vpc ?? Stack.of(scope);
    const network = owner.node.tryFindChild('PostureNetwork') as PrivateNetwork | undefined;
    network?.share(scope, props);
    return network ?? new PrivateNetwork(owner, 'PostureNetwork', props);
  }

  private readonly vpc: ec2.IVpc;
  private readonly subnetType: ec2.SubnetType;
  private readonly routeTables = new Map<string, Set<string>>();
  private readonly interfaces = new Map<string, Endpoint>();
  private readonly callers = new Map<string, Caller[]>();
  private flowLogs?: EncryptedLogs;

  private constructor(scope: IConstruct, id: string, private readonly props: PrivateNetworkProps) {
    super(scope as Construct, id);
    this.vpc = props.vpc ?? this.defineVpc(props);
    this.subnetType = props.vpc ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED;
  }

  /** A place for a function that calls these services, behind a security group that lets nothing in. */
  public placeFunction(scope: Construct, services: string[], { vpcSubnets = { subnetType: this.subnetType }, endpoints }: PrivatePlace) {
    if (services.includes(CONNECTIONS)) this.requireWayOut(scope, vpcSubnets);
    const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
      vpc: this.vpc,
      description: `Calls of ${scope.node.path} to AWS`,
      allowAllOutbound: false,
    });
    // DynamoDB's endpoint is a route to addresses that AWS publishes as a prefix list, whose id differs by region.
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS services, over the endpoints of the VPC');
    const reachedBy = new DependencyGroup(this.vpc.selectSubnets(vpcSubnets).internetConnectivityEstablished);
    for (const service of new Set(services.filter((each) => each !== CONNECTIONS))) {
      if (!GATEWAYS.includes(service)) this.leadToEndpoint(service, { securityGroup, reachedBy }, { vpcSubnets, endpoints });
      else if (endpoints) reachedBy.add(this.routeToGateway(scope, service, vpcSubnets));
    }
    return { vpc: this.vpc, vpcSubnets, securityGroups: [securityGroup], reachedBy };
  }

  /** A place for a database, which calls nothing. */
  public placeDatabase(vpcSubnets: ec2.SubnetSelection = { subnetType: this.subnetType }) {
    return { vpc: this.vpc, vpcSubnets };
  }

  /** The endpoint by which collections of OpenSearch Serverless are reached; one is enough for a VPC. */
  public collectionEndpoint(vpcSubnets: ec2.SubnetSelection = { subnetType: this.subnetType }): CollectionEndpoint {
    return (this.interfaces.get(COLLECTIONS) ?? this.defineEndpoint(COLLECTIONS, vpcSubnets)) as CollectionEndpoint;
  }

  private requireWayOut(scope: Construct, vpcSubnets: ec2.SubnetSelection) {
    if (!isIsolated(this.vpc, vpcSubnets)) return;
    fail(scope, "'vpcSubnets' must be subnets with a way to the internet, such as private ones with a NAT gateway, because clients of a WebSocket API are written to over its public address, "
      + `and no VPC endpoint leads there; got isolated subnets of ${this.vpc.node.path}: choose others, or take Transport.restStreaming()`);
  }

  /** What there is once a network has to do for all who share it. */
  private share(scope: IConstruct, { logRetention, encryptionKey }: PrivateNetworkProps) {
    if (!this.flowLogs) return;
    if (this.props.encryptionKey?.keyArn !== encryptionKey?.keyArn) {
      fail(scope, "'encryptionKey' must be the same in all regulated postures of a stack that bring no VPC, because they share the VPC that is made, and its flow logs have one key: "
        + 'give all of them that key, or give each posture a VPC of its own, Posture.regulated({ vpc })');
    }
    const logs = this.flowLogs.node.defaultChild as CfnLogGroup;
    if (logs.retentionInDays === undefined) return;
    logs.retentionInDays = logRetention === RetentionDays.INFINITE ? undefined : Math.max(logs.retentionInDays, logRetention);
  }

  /** A gateway is a route of its subnets: those of functions that come later are added. */
  private routeToGateway(scope: Construct, service: string, vpcSubnets: ec2.SubnetSelection) {
    const chosen = this.vpc.selectSubnets(vpcSubnets).subnets.map(({ routeTable }) => routeTable.routeTableId);
    if (chosen.some((table) => !table)) {
      fail(scope, `'vpcSubnets' must be subnets of ${this.vpc.node.path} whose route tables are known, because ${service} is reached by a route, got one without: `
        + "give 'privateSubnetRouteTableIds' where the VPC is imported, or say 'vpcEndpoints: false' where it has its endpoints");
    }
    const endpoint = this.node.tryFindChild(service) as ec2.GatewayVpcEndpoint | undefined
      ?? new ec2.GatewayVpcEndpoint(this, service, { vpc: this.vpc, service: new ec2.GatewayVpcEndpointAwsService(service), subnets: [vpcSubnets] });
    const tables = this.routeTables.get(service) ?? new Set();
    chosen.forEach((table) => tables.add(table));
    this.routeTables.set(service, tables);
    (endpoint.node.defaultChild as ec2.CfnVPCEndpoint).routeTableIds = [...tables];
    return endpoint;
  }

  /** Once an endpoint is there, the service's name leads to it in the whole VPC: for those too who asked for none. */
  private leadToEndpoint(service: string, caller: Caller, { vpcSubnets, endpoints }: PrivatePlace) {
    const waiting = [...this.callers.get(service) ?? [], caller];
    const endpoint = this.interfaces.get(service) ?? (endpoints ? this.defineEndpoint(service, vpcSubnets) : undefined);
    // From the caller's side, so that the rule stands in the caller's stack: the VPC may be of another one, which must not come to need this.
    if (endpoint) waiting.forEach((each) => this.letIn(each, endpoint, service));
    this.callers.set(service, endpoint ? [] : waiting);
  }

  private letIn({ securityGroup, reachedBy }: Caller, endpoint: Endpoint, service: string) {
    securityGroup.connections.allowToDefaultPort(endpoint, `Calls to ${service}`);
    const rules = [securityGroup, ...endpoint.connections.securityGroups].flatMap(({ node }) => node.children)
      .filter((child) => child instanceof ec2.CfnSecurityGroupIngress && child.sourceSecurityGroupId === securityGroup.securityGroupId);
    // Not the whole endpoint, whose rules let others in too.
    reachedBy.add(endpoint.node.defaultChild!, ...rules);
  }

  private defineEndpoint(service: string, subnets?: ec2.SubnetSelection) {
    const endpoint: Endpoint = service === COLLECTIONS
      ? new CollectionEndpoint(this, 'collections', { vpc: this.vpc, vpcSubnets: subnets })
      : new ec2.InterfaceVpcEndpoint(this, service, { vpc: this.vpc, subnets, service: new ec2.InterfaceVpcEndpointAwsService(service), open: false });
    this.interfaces.set(service, endpoint);
    return endpoint;
  }

  private defineVpc({ logRetention, encryptionKey }: PrivateNetworkProps) {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Handlers', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      restrictDefaultSecurityGroup: true,
    });
    this.flowLogs = new EncryptedLogs(this, 'FlowLogs', { retention: logRetention, encryptionKey });
    const role = new ServiceRole(this, 'FlowLogsRole', 'vpc-flow-logs.amazonaws.com');
    vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(this.flowLogs, role) });
    return vpc;
  }
}
