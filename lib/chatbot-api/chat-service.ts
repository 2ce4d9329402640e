import { readFileSync } from 'node:fs';
import { Aws, Duration, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type ChatEndpoint, type ChatFront } from './chat-endpoint';
import { type ChatCode, type ChatHost } from './chat-host';
import { ChatLoadBalancer } from './chat-load-balancer';
import { type Exposure } from './container-exposure';
import { type ContainerOptions } from './container-options';
import { type ChatEnv } from '../contract/chat';
import { type BootstrapEnv, type ContainerEnv } from '../contract/container';
import { acknowledge } from '../internal/acknowledge';
import { BundledCode } from '../internal/bundled-code';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { ServiceRole } from '../internal/handler-role';
import { packedFile } from '../internal/packed-file';
import { fail } from '../internal/validation';
import { type Chart } from '../observability/operations-dashboard';
import { type FunctionPlacement } from '../posture';
import { isIsolated } from '../posture/way-out';

/** Debian's image of Node.js, kept up to date under this tag and mirrored by AWS; a task that starts takes what is newest. */
const IMAGE = 'public.ecr.aws/docker/library/node:24-bookworm-slim';
export const PORT = 8080;
/** Fargate waits no longer once it told a task to end. */
const STOP_SECONDS = 120;

export interface ChatServiceProps extends Omit<ContainerOptions, 'exposure'> {
  readonly code: ChatCode;
  readonly exposure: Exposure;
}

/** The chat's code as a server in tasks on Fargate, behind a load balancer. */
export class ChatService extends Construct implements ChatHost {
  public readonly role: ServiceRole;
  public readonly logGroup: ILogGroup;
  public readonly service: ecs.FargateService;
  private readonly vpc: ec2.IVpc;
  private readonly container: ecs.ContainerDefinition;

  constructor(scope: Construct, id: string, private readonly props: ChatServiceProps) {
    super(scope, id);
    const { logRetention, encryptionKey } = props.code;

    if (!props.exposure.domain) props.code.posture.requireEncryptedTransit(this);
    const placement = this.definePlacement();
    this.vpc = placement.vpc;
    this.logGroup = new EncryptedLogs(this, 'Logs', { retention: logRetention, encryptionKey });
    this.role = new ServiceRole(this, 'Role', 'ecs-tasks.amazonaws.com');
    const task = this.defineTask();
    this.container = this.defineContainer(task);
    this.service = this.defineService(task, placement);
  }

  public get charts(): Chart[] {
    return [{
      title: 'Tasks',
      unit: 'percent',
      lines: [this.service.metricCpuUtilization({ label: 'Processor' }), this.service.metricMemoryUtilization({ label: 'Memory' })],
    }];
  }

  public publish(front: ChatFront): ChatEndpoint {
    const { exposure, corsOrigins = [], firewall } = this.props;
    return new ChatLoadBalancer(this, 'Front', { ...front, exposure, corsOrigins, firewall, service: this.service, vpc: this.vpc, port: PORT });
  }

  public configure(environment: ChatEnv) {
    for (const [key, value] of Object.entries(environment)) this.container.addEnvironment(key, value);
  }

  private definePlacement(): FunctionPlacement {
    const { vpc: given, code } = this.props;
    if (code.connects) {
      fail(this, "'knowledge' must be kept in a store that is called over HTTPS with Transport.container(), for a container is let out over HTTPS alone and knows no certificates of databases, got one that is connected to, as VectorStore.auroraPgvector(), memoryDb() and redis() are: "
        + 'take Transport.restStreaming(), or another store');
    }
    const placement = code.place(this, code.calls);
    if (!placement) {
      const vpc = given ?? this.defineVpc();
      const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Tasks of the chat', allowAllOutbound: false });
      securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS services, the image and signing keys');
      return { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, securityGroups: [securityGroup] };
    }
    if (given) fail(this, "'vpc' must be left out here, because the posture or the memory says where the chat runs: give the VPC to that");
    if (isIsolated(placement.vpc, placement.vpcSubnets)) {
      fail(this, 'a container needs a way to the internet, for its image and for the keys that tokens are verified with, and the subnets that the posture or the memory puts it in are isolated: '
        + 'give a VPC with private subnets and a NAT gateway, Posture.regulated({ vpc }), and no vpcSubnets without one, or take Transport.restStreaming()');
    }
    return placement;
  }

  private defineVpc() {
    const { logRetention, encryptionKey } = this.props.code;
    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 1,
      subnetConfiguration: [
        { name: 'Front', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 24 },
        { name: 'Tasks', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
      ],
      restrictDefaultSecurityGroup: false,
    });
    const logs = new EncryptedLogs(this, 'FlowLogs', { retention: logRetention, encryptionKey });
    vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(logs, new ServiceRole(this, 'FlowLogsRole', 'vpc-flow-logs.amazonaws.com')) });
    return vpc;
  }

  private defineTask() {
    const { cpu = 1024, memory = Size.mebibytes(2 * cpu) } = this.props;
    const task = new ecs.FargateTaskDefinition(this, 'Task', {
      cpu,
      memoryLimitMiB: memory.toMebibytes(),
      runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
      taskRole: this.role,
      executionRole: new ServiceRole(this, 'ExecutionRole', 'ecs-tasks.amazonaws.com'),
    });
    acknowledge(task, 'AwsSolutions-ECS2', 'The environment holds names and settings, no secret: credentials come from the role of the task.');
    return task;
  }

  private defineContainer(task: ecs.FargateTaskDefinition) {
    const { image = ecs.ContainerImage.fromRegistry(IMAGE), code } = this.props;
    const bundled = new BundledCode(this, 'Code', { bundle: 'chat', parts: [...code.parts, 'tokens', 'server'], files: code.files(this.role) });
    bundled.grantRead(this.role);
    const environment: BootstrapEnv & ContainerEnv & { readonly AWS_REGION: string } = {
      AWS_REGION: Stack.of(this).region,
      CODE_BUCKET: bundled.place.bucket,
      CODE_KEY: bundled.place.key,
      CODE_SHA256: bundled.sha256,
      CODE_DOMAIN: Aws.URL_SUFFIX,
      PORT: `${PORT}`,
      TURN_SECONDS: `${code.turnTimeout.toSeconds()}`,
      DRAIN_SECONDS: `${STOP_SECONDS - 5}`,
    };
    return task.addContainer('Chat', {
      image,
      command: ['node', '-e', readFileSync(packedFile(this, 'bootstrap.js'), 'utf8')],
      user: 'node',
      environment,
      portMappings: [{ containerPort: PORT }],
      stopTimeout: Duration.seconds(STOP_SECONDS),
      logging: ecs.LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: 'chat', mode: ecs.AwsLogDriverMode.NON_BLOCKING }),
    });
  }

  private defineService(taskDefinition: ecs.FargateTaskDefinition, { vpc, vpcSubnets, securityGroups, reachedBy }: FunctionPlacement) {
    const { minTasks = 2, maxTasks = 10 } = this.props;
    const cluster = new ecs.Cluster(this, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
    const service = new ecs.FargateService(this, 'Service', {
      cluster,
      taskDefinition,
      vpcSubnets,
      securityGroups,
      assignPublicIp: false,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      healthCheckGracePeriod: Duration.seconds(60),
    });
    // A task that starts fetches its image and its code, and one that ends finishes its answers.
    service.node.addDependency(reachedBy ?? vpc.selectSubnets(vpcSubnets).internetConnectivityEstablished);
    service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks }).scaleOnCpuUtilization('Busy', { targetUtilizationPercent: 60 });
    return service;
  }
}
