import { Duration, Stack, Token } from 'aws-cdk-lib';
import { MathExpression, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { type FargateService } from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { type ChatEndpoint, type ChatFront } from './chat-endpoint';
import { type Exposure } from './container-exposure';
import { type Traffic } from '../api/traffic';
import { HEALTH_PATH } from '../contract/container';
import { acknowledge } from '../internal/acknowledge';
import { logAccess } from '../internal/private-bucket';
import { type Firewall } from '../posture';

export interface ChatLoadBalancerProps extends ChatFront {
  readonly service: FargateService;
  readonly vpc: ec2.IVpc;
  readonly port: number;
  readonly exposure: Exposure;
  readonly corsOrigins: string[];
  readonly firewall?: Firewall;
}

/** The load balancer in front of the tasks of a chat. */
export class ChatLoadBalancer extends Construct implements ChatEndpoint {
  public readonly loadBalancer: elb.ApplicationLoadBalancer;
  public readonly url: string;
  public readonly corsOrigins: string[];
  public readonly environment: ChatEndpoint['environment'];
  public readonly traffic: Traffic;

  constructor(scope: Construct, id: string, props: ChatLoadBalancerProps) {
    super(scope, id);
    const { auth, corsOrigins, posture, firewall, encryptionKey, exposure: { domain } } = props;

    this.loadBalancer = this.defineLoadBalancer(props);
    this.defineListener(props);
    this.url = domain ? `https://${domain.domainName}/` : `http://${this.loadBalancer.loadBalancerDnsName}/`;
    if (domain?.hostedZone) {
      new ARecord(this, 'Record', { zone: domain.hostedZone, recordName: domain.domainName, target: RecordTarget.fromAlias(new LoadBalancerTarget(this.loadBalancer)) });
    }
    this.corsOrigins = corsOrigins;
    this.environment = { TRANSPORT: 'container', CALLER: 'token', TOKENS: Stack.of(this).toJsonString(auth.tokens), CORS_ORIGINS: corsOrigins.join(',') };
    this.traffic = balancerTraffic(this.loadBalancer);
    posture.protectLoadBalancer(this, this.loadBalancer, firewall, encryptionKey);
  }

  public grantInvoke(grantee: IGrantable): Grant {
    return Grant.drop(grantee, 'callers show tokens, whatever their IAM policies say');
  }

  private defineLoadBalancer({ vpc, exposure: { internetFacing, domain }, turnTimeout, logRetention, posture }: ChatLoadBalancerProps) {
    const port = domain ? ec2.Port.HTTPS : ec2.Port.HTTP;
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Clients of the chat', allowAllOutbound: false });
    securityGroup.addIngressRule(internetFacing ? ec2.Peer.anyIpv4() : ec2.Peer.ipv4(vpc.vpcCidrBlock), port, 'Clients');
    if (internetFacing) {
      acknowledge(securityGroup, 'AwsSolutions-EC23', 'The builder chose to let the internet in, to the port of HTTPS alone: each request proves by a token who asks.');
    }
    if (!internetFacing && Token.isUnresolved(vpc.vpcCidrBlock)) {
      acknowledge(securityGroup, 'AwsSolutions-EC23', 'It lets in addresses of the VPC alone; what they are is known when the VPC is made, and until then the rule takes them for any.');
    }
    const balancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      internetFacing,
      vpcSubnets: { subnetType: internetFacing ? ec2.SubnetType.PUBLIC : ec2.SubnetType.PRIVATE_WITH_EGRESS },
      securityGroup,
      dropInvalidHeaderFields: true,
      deletionProtection: posture.deletionProtection,
      // A stream says something every ten seconds; an answer that is one JSON is silent until it is there.
      idleTimeout: turnTimeout.plus(Duration.seconds(10)),
    });
    logAccess(balancer, logRetention);
    return balancer;
  }

  private defineListener({ vpc, port, service, turnTimeout, exposure: { domain } }: ChatLoadBalancerProps) {
    const targets = new elb.ApplicationTargetGroup(this, 'Tasks', {
      vpc,
      port,
      protocol: elb.ApplicationProtocol.HTTP,
      targetType: elb.TargetType.IP,
      targets: [service],
      loadBalancingAlgorithmType: elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      healthCheck: { path: HEALTH_PATH, interval: Duration.seconds(10), timeout: Duration.seconds(5), healthyThresholdCount: 2, unhealthyThresholdCount: 3 },
      // Before a task is told to end, its turns have as long as a turn may take.
      deregistrationDelay: turnTimeout,
    });
    this.loadBalancer.addListener('Listener', {
      open: false,
      defaultTargetGroups: [targets],
      ...(domain
        ? { port: 443, protocol: elb.ApplicationProtocol.HTTPS, certificates: [domain.certificate], sslPolicy: elb.SslPolicy.RECOMMENDED_TLS }
        : { port: 80, protocol: elb.ApplicationProtocol.HTTP }),
    });
  }
}

function balancerTraffic({ metrics }: elb.ApplicationLoadBalancer): Traffic {
  return {
    title: 'Load balancer',
    latencyOf: 'to the first byte',
    speaker: 'The load balancer',
    evidence: 'its access log holds a line for each request, with the status of the load balancer and that of the task',
    requests: (options) => metrics.requestCount(options),
    clientErrors: (options) => metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_4XX_COUNT, options),
    serverErrors: ({ period, label, ...options }: MetricOptions = {}) => new MathExpression({
      period,
      label,
      expression: 'FILL(ours, 0) + FILL(theirs, 0)',
      usingMetrics: {
        ours: metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, { period, ...options }),
        theirs: metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, { period, ...options }),
      },
    }),
    latency: ({ period, label, ...options }: MetricOptions = {}) => {
      // A graph of two statistics knows each by a name of its own.
      const seconds = `seconds_${(options.statistic ?? 'average').replace(/\W/g, '')}`;
      return new MathExpression({ period, label, expression: `1000 * ${seconds}`, usingMetrics: { [seconds]: metrics.targetResponseTime({ period, ...options }) } });
    },
  };
}
