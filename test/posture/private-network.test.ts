import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ApiAuth, ChatbotApi, type ChatbotApiProps, ConversationMemory, Posture, type RegulatedPostureOptions } from '../../lib';

/** Chats in one stack, each with its own idea of the VPC that they share. */
function chats(...props: ((vpc: Vpc) => ChatbotApiProps)[]) {
  const stack = new Stack(new App(), 'Test');
  const vpc = new Vpc(stack, 'Vpc', {
    maxAzs: 2,
    subnetConfiguration: [
      { name: 'Front', subnetType: SubnetType.PUBLIC },
      { name: 'One', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      { name: 'Two', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    ],
  });
  props.forEach((of, n) => new ChatbotApi(stack, `Chat${n}`, { auth: ApiAuth.iam(), ...of(vpc) }));
  return Template.fromStack(stack);
}

const regulated = (options: RegulatedPostureOptions) => (vpc: Vpc) => ({ posture: Posture.regulated({ vpc, ...options }) });
const cached = (options: object) => (vpc: Vpc) => ({ conversations: { memory: ConversationMemory.elastiCache({ vpc, ...options }) } });

const handlers = (template: Template) => Object.entries(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }))
  .sort(([one], [other]) => (one < other ? -1 : 1)).map(([, { Properties }]) => Properties.VpcConfig as { SubnetIds: object[]; SecurityGroupIds: object[] });
const endpoints = (template: Template, service: string) => Object.values(template.findResources('AWS::EC2::VPCEndpoint'))
  .filter(({ Properties }) => JSON.stringify(Properties.ServiceName).includes(`.${service}"`)).map(({ Properties }) => Properties as Record<string, unknown[]>);
const subnets = (group: string) => [1, 2].map((n) => ({ Ref: expect.stringMatching(`Vpc${group}Subnet${n}`) }));

describe('what constructs choose for themselves in a VPC that they share', () => {
  test.each([
    ['regulated postures', regulated({ vpcSubnets: { subnetGroupName: 'One' } }), regulated({ vpcSubnets: { subnetGroupName: 'Two' } })],
    ['caches', cached({ vpcSubnets: { subnetGroupName: 'One' } }), cached({ vpcSubnets: { subnetGroupName: 'Two' } })],
    ['a posture and a cache', regulated({ vpcSubnets: { subnetGroupName: 'One' } }), cached({ vpcSubnets: { subnetGroupName: 'Two' } })],
  ])('the subnets of each: %s', (_, one, two) => {
    const template = chats(one, two);
    expect(handlers(template).map(({ SubnetIds }) => SubnetIds)).toEqual([subnets('One'), subnets('Two')]);
    expect(endpoints(template, 's3').map(({ RouteTableIds }) => RouteTableIds)).toEqual([[...subnets('One'), ...subnets('Two')]]);
    expect(endpoints(template, 'bedrock-runtime')).toHaveLength(1);
  });

  test('endpoints for whoever asks for them, whoever came first', () => {
    for (const order of [[false, true], [true, false]]) {
      const template = chats(...order.map((vpcEndpoints) => regulated({ vpcEndpoints })));
      expect(endpoints(template, 'bedrock-runtime')).toHaveLength(1);
      expect(endpoints(template, 'dynamodb')).toHaveLength(1);
    }
  });

  test('no closed door: the name of a service leads to its endpoint for those too who asked for none', () => {
    for (const order of [[false, true], [true, false]]) {
      const template = chats(...order.map((vpcEndpoints) => regulated({ vpcEndpoints })));
      const [{ SecurityGroupIds: [endpoint] }] = endpoints(template, 'bedrock-runtime');
      const letIn = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress', { Properties: { GroupId: endpoint } })).map(({ Properties }) => Properties.SourceSecurityGroupId as object);
      expect(letIn).toHaveLength(2);
      expect(letIn).toEqual(expect.arrayContaining(handlers(template).flatMap(({ SecurityGroupIds }) => SecurityGroupIds)));
    }
  });
});

test('refuses subnets whose route tables nobody knows, but where the VPC has its endpoints', () => {
  const define = (vpcEndpoints: boolean) => {
    const stack = new Stack(new App(), 'Test');
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-1', 'subnet-2'] });
    return () => new ChatbotApi(stack, 'Chat', { auth: ApiAuth.iam(), posture: Posture.regulated({ vpc, vpcEndpoints }) });
  };
  expect(define(true)).toThrow("'vpcSubnets' must be subnets of Test/Vpc whose route tables are known, because dynamodb is reached by a route, got one without: give 'privateSubnetRouteTableIds'");
  expect(define(false)).not.toThrow();
});

describe('the VPC that is made once a stack', () => {
  const made = (...options: ((stack: Stack) => RegulatedPostureOptions)[]) => {
    const stack = new Stack(new App(), 'Test');
    options.forEach((of, n) => new ChatbotApi(stack, `Chat${n}`, { auth: ApiAuth.iam(), posture: Posture.regulated(of(stack)) }));
    return Template.fromStack(stack);
  };

  test('keeps its flow logs as long as the strictest of the postures says', () => {
    const flowLogs = (...retentions: RetentionDays[]) => Object.entries(made(...retentions.map((logRetention) => () => ({ logRetention }))).findResources('AWS::Logs::LogGroup'))
      .filter(([id]) => id.startsWith('PostureNetworkFlowLogs')).map(([, { Properties }]) => Properties.RetentionInDays as number | undefined);
    expect(flowLogs(RetentionDays.ONE_YEAR, RetentionDays.TEN_YEARS, RetentionDays.SIX_YEARS)).toEqual([3653]);
    expect(flowLogs(RetentionDays.ONE_YEAR, RetentionDays.INFINITE, RetentionDays.SIX_YEARS)).toEqual([undefined]);
    expect(flowLogs(RetentionDays.INFINITE, RetentionDays.SIX_YEARS)).toEqual([undefined]);
  });

  test('takes one key for its flow logs', () => {
    const arn = 'arn:aws:kms:us-east-1:111122223333:key/one';
    made((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'One', arn) }), (stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Same', arn) }))
      .hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: Match.anyValue() });
  });

  test('refuses a second key for its flow logs', () => {
    expect(() => made(() => ({}), (stack) => ({ encryptionKey: new Key(stack, 'Key') })))
      .toThrow("Test/Chat1/Handler: 'encryptionKey' must be the same in all regulated postures of a stack that bring no VPC");
  });
});
