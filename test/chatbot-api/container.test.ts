import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { ApiAuth, ChatbotApi, type ChatbotApiProps, ContainerExposure, type ContainerOptions, Firewall, Posture, Transport } from '../../lib';
import { CHAT_ENV } from '../../lib/contract/chat';
import { BOOTSTRAP_ENV, CONTAINER_ENV } from '../../lib/contract/container';

type Options = (stack: Stack) => Partial<ContainerOptions>;

const named = (stack: Stack) => ContainerExposure.internet({
  domainName: 'chat.example.com',
  certificate: Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/abc'),
  hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }),
});

function define(options: Options = () => ({}), props: (stack: Stack) => Partial<ChatbotApiProps> = () => ({})) {
  const app = new App();
  const stack = new Stack(app, 'Test');
  const chat = new ChatbotApi(stack, 'Chat', { transport: Transport.container({ exposure: named(stack), ...options(stack) }), ...props(stack) });
  return { app, stack, chat, template: Template.fromStack(stack) };
}

describe('the chat in a container', () => {
  const { app, chat, template } = define();
  const [{ Properties: task }] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  const [container] = task.ContainerDefinitions;
  const environment = Object.fromEntries((container.Environment as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, Value]));

  test('runs the public image of Node.js, as no administrator, without a function and without an API', () => {
    expect(container).toMatchObject({ Image: 'public.ecr.aws/docker/library/node:24-bookworm-slim', User: 'node', Essential: true, StopTimeout: 120 });
    template.resourceCountIs('AWS::Lambda::Function', 0);
    template.resourceCountIs('AWS::ApiGateway::RestApi', 0);
    expect([chat.handler, chat.api]).toEqual([undefined, undefined]);
    expect(chat.service).toBeDefined();
    expect(chat.loadBalancer).toBeDefined();
  });

  test('reads the environment of its contracts, no key more or less', () => {
    expect(Object.keys(environment).sort()).toEqual(['AWS_REGION', ...CHAT_ENV, ...CONTAINER_ENV, ...BOOTSTRAP_ENV].sort());
    expect(environment).toMatchObject({ TRANSPORT: 'container', CALLER: 'token', PORT: '8080', TURN_SECONDS: '300', DRAIN_SECONDS: '115' });
  });

  test('fetches its code by a program that its command holds, and knows what it must be', () => {
    const [node, flag, program] = container.Command as string[];
    expect([node, flag]).toEqual(['node', '-e']);
    expect(program).toBe(readFileSync(join(__dirname, '../../lambda/dist/bootstrap.js'), 'utf8'));
    expect(program.length).toBeLessThan(8_000);
    const { directory } = app.synth();
    const files = Object.values(JSON.parse(readFileSync(join(directory, 'Test.assets.json'), 'utf8')).files as Record<string, { source: { path: string } }>);
    const code = files.map(({ source }) => source.path).find((path) => path.endsWith('.json') && path.startsWith('asset.'))!;
    const content = readFileSync(join(directory, code), 'utf8');
    expect(createHash('sha256').update(content).digest('hex')).toBe(environment.CODE_SHA256);
    expect(Object.keys(JSON.parse(content))).toEqual(expect.arrayContaining(['index.js', 'server.js', 'tokens.js']));
  });

  test('may read that one file, and nothing else of where assets lie', () => {
    const statements = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const reads = statements.filter(({ Resource }) => JSON.stringify(Resource).includes('cdk-hnb659fds-assets'));
    expect(reads).toEqual([expect.objectContaining({ Action: 's3:GetObject' })]);
    expect(JSON.stringify(reads)).toMatch(/[0-9a-f]{64}\.json/);
  });

  test('is reached by HTTPS alone, under its name', () => {
    expect(chat.url).toBe('https://chat.example.com/');
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 443, Protocol: 'HTTPS', SslPolicy: Match.stringLikeRegexp('TLS13'), Certificates: [Match.anyValue()] });
    template.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'chat.example.com.', Type: 'A' });
  });

  test('takes requests of the load balancer alone, and lets no task have an address of its own', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 8080, ToPort: 8080, SourceSecurityGroupId: Match.anyValue() });
    template.hasResourceProperties('AWS::ECS::Service', { NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ AssignPublicIp: 'DISABLED' }) } });
  });

  test('finishes what runs before a task ends, and is silent for no longer than the load balancer waits', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      HealthCheckPath: '/healthz',
      TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '300' }]),
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'idle_timeout.timeout_seconds', Value: '310' }, { Key: 'access_logs.s3.enabled', Value: 'true' }]),
    });
  });

  test('grows from two tasks to ten with its work', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 2, MaxCapacity: 10 });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({ TargetValue: 60, PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' } }),
    });
  });
});

test('waits for a turn as long as it may take', () => {
  define(undefined, () => ({ generation: { turnTimeout: Duration.minutes(15) } })).template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
    LoadBalancerAttributes: Match.arrayWith([{ Key: 'idle_timeout.timeout_seconds', Value: '910' }]),
  });
});

test('takes a VPC, an image and a size of yours', () => {
  const { template } = define((stack) => ({ vpc: new Vpc(stack, 'Vpc'), image: ContainerImage.fromRegistry('example.com/node'), cpu: 2048, minTasks: 1, maxTasks: 3 }));
  template.resourceCountIs('AWS::EC2::VPC', 1);
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '2048', ContainerDefinitions: [Match.objectLike({ Image: 'example.com/node' })] });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 1, MaxCapacity: 3 });
});

test('may stay within the VPC, by plain HTTP where that is asked for', () => {
  const { chat, template } = define(() => ({ exposure: ContainerExposure.internalHttp() }));
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 80, Protocol: 'HTTP' });
  expect(chat.url).toMatch(/^http:\/\//);
});

test('stands behind a firewall where one is chosen', () => {
  define(() => ({ firewall: Firewall.managed() })).template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { ResourceArn: Match.objectLike({ Ref: Match.stringLikeRegexp('LoadBalancer') }) });
});

test('is watched by what the load balancer counts', () => {
  const stack = new Stack(new App(), 'Test');
  const chat = new ChatbotApi(stack, 'Chat', { transport: Transport.container({ exposure: named(stack) }) });
  chat.addAlarms();
  chat.addDashboard();
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp('^The load balancer answered') });
  expect(JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'))).toContain('TargetResponseTime');
});

describe('where regulation holds', () => {
  const regulated = (stack: Stack) => Posture.regulated({ vpc: new Vpc(stack, 'Network') });

  test('it runs in the VPC of the posture, behind a firewall, and refuses to be deleted', () => {
    const { template } = define(undefined, (stack) => ({ posture: regulated(stack) }));
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { LoadBalancerAttributes: Match.arrayWith([{ Key: 'deletion_protection.enabled', Value: 'true' }]) });
  });

  test('refuses a network without a way out, for there is no image in it', () => {
    const refusal = 'give a VPC with private subnets and a NAT gateway, Posture.regulated({ vpc })';
    expect(() => define(undefined, () => ({ posture: Posture.regulated() }))).toThrow(refusal);
    const subnetConfiguration = [{ name: 'Data', subnetType: SubnetType.PRIVATE_ISOLATED }];
    expect(() => define(undefined, (stack) => ({ posture: Posture.regulated({ vpc: new Vpc(stack, 'Own', { subnetConfiguration }), vpcSubnets: { subnetGroupName: 'Data' } }) }))).toThrow(refusal);
  });

  test('refuses plain HTTP', () => {
    expect(() => define(() => ({ exposure: ContainerExposure.internalHttp() }), (stack) => ({ posture: regulated(stack) }))).toThrow('ContainerExposure.internal(');
  });

  test('refuses two VPCs', () => {
    expect(() => define((stack) => ({ vpc: new Vpc(stack, 'Vpc') }), (stack) => ({ posture: regulated(stack) }))).toThrow("'vpc' must be left out here");
  });
});

test.each<[string, Options, (stack: Stack) => Partial<ChatbotApiProps>, string]>([
  ['signatures', () => ({}), () => ({ auth: ApiAuth.iam() }), "'auth' must be ApiAuth.cognito() or ApiAuth.oidc() with Transport.container(), because signatures of IAM credentials need API Gateway to check them"],
  ['API keys', () => ({}), () => ({ auth: ApiAuth.apiKey() }), 'because API keys need API Gateway to check them'],
  ['no exposure', () => ({ exposure: undefined as never }), () => ({}), "'exposure' must say who reaches the load balancer"],
  ['fewer tasks at most than at least', () => ({ minTasks: 4, maxTasks: 2 }), () => ({}), "'maxTasks' must be a whole number between 4 and 5000, at least 'minTasks', got 2"],
  ['a processor too small', () => ({ cpu: 128 }), () => ({}), "'cpu' must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, the CPU units that Fargate has, got 128"],
])('refuses %s', (_, options, props, message) => {
  expect(() => define(options, props)).toThrow(message);
});

test.each([
  [300, undefined, "'cpu' must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, the CPU units that Fargate has, got 300"],
  [256, 1_536, "'memory' must be from 512 to 2048 MiB in steps of 512, but not 1536, with 'cpu' 256, which is what Fargate pairs, got 1536 MiB"],
  [undefined, 1_024, "'memory' must be from 2048 to 8192 MiB in steps of 1024 with 'cpu' 1024, which is what Fargate pairs, got 1024 MiB"],
  [2_048, 20_480, "'memory' must be from 4096 to 16384 MiB"],
  [8_192, 17_408, 'in steps of 4096'],
])('refuses a task of %s CPU units and %s MiB', (cpu, memory, message) => {
  expect(() => define(() => ({ cpu, memory: memory === undefined ? undefined : Size.mebibytes(memory) }))).toThrow(message);
});

test.each([[256, 512], [256, 2_048], [4_096, 30_720], [16_384, 122_880]])('takes a task of %i CPU units and %i MiB', (cpu, memory) => {
  define(() => ({ cpu, memory: Size.mebibytes(memory) })).template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: `${cpu}`, Memory: `${memory}` });
});
