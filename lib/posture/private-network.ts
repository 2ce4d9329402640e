import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { ServiceRole } from '../internal/handler-role';

export interface PrivateNetworkProps {
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly endpoints: boolean;
  readonly logRetention: RetentionDays;
  readonly encryptionKey?: IKey;
}

/** Services whose endpoint is a route, not a network interface. */
const GATEWAYS: readonly string[] = ['dynamodb', 's3'];

/** A VPC whose functions reach the AWS services that they call, and nothing else. */
export class PrivateNetwork extends Construct {
  /** The network of a VPC; without one, that of the stack. */
  public static of(scope: IConstruct, props: PrivateNetworkProps): PrivateNetwork {
    const owner = props.vpc ?? Stack.of(scope);
    return (owner.node.tryFindChild('PostureNetwork') as PrivateNetwork | undefined) ?? new PrivateNetwork(owner, 'PostureNetwork', props);
  }

  private readonly vpc: ec2.IVpc;
  private readonly vpcSubnets: ec2.SubnetSelection;
  private readonly endpoints: boolean;
  private readonly interfaces = new Map<string, ec2.InterfaceVpcEndpoint>();

  private constructor(scope: IConstruct, id: string, props: PrivateNetworkProps) {
    super(scope as Construct, id);
    this.vpc = props.vpc ?? this.defineVpc(props);
    this.vpcSubnets = props.vpcSubnets ?? { subnetType: props.vpc ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED };
    this.endpoints = props.endpoints;
  }

  /** A place for a function that calls these services, behind a security group that lets nothing in. */
  public placeFunction(scope: Construct, services: string[]) {
    const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
      vpc: this.vpc,
      description: `Calls of ${scope.node.path} to AWS`,
      allowAllOutbound: false,
    });
    // DynamoDB's endpoint is a route to addresses that AWS publishes as a prefix list, whose id differs by region.
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS services, over the endpoints of the VPC');
    if (this.endpoints) services.forEach((service) => this.openEndpoint(service, securityGroup));
    return { vpc: this.vpc, vpcSubnets: this.vpcSubnets, securityGroups: [securityGroup] };
  }

  private openEndpoint(service: string, from: ec2.ISecurityGroup) {
    if (GATEWAYS.includes(service)) {
      if (!this.node.tryFindChild(service)) {
        new ec2.GatewayVpcEndpoint(this, service, { vpc: this.vpc, service: new ec2.GatewayVpcEndpointAwsService(service), subnets: [this.vpcSubnets] });
      }
      return;
    }
    const endpoint = this.interfaces.get(service) ?? new ec2.InterfaceVpcEndpoint(this, service, {
      vpc: this.vpc,
      subnets: this.vpcSubnets,
      service: new ec2.InterfaceVpcEndpointAwsService(service),
      open: false,
    });
    this.interfaces.set(service, endpoint);
    // From the caller's side, so that the rule stands in the caller's stack: the VPC may be of another one, which must not come to need this.
    from.connections.allowToDefaultPort(endpoint, `Calls to ${service}`);
  }

  private defineVpc({ logRetention, encryptionKey }: PrivateNetworkProps) {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Handlers', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      restrictDefaultSecurityGroup: true,
    });
    const logs = new EncryptedLogs(this, 'FlowLogs', { retention: logRetention, encryptionKey });
    const role = new ServiceRole(this, 'FlowLogsRole', 'vpc-flow-logs.amazonaws.com');
    vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(logs, role) });
    return vpc;
  }
}
