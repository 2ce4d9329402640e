import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ApiAuth, ChatbotApi, Posture, type RegulatedPostureOptions } from '../../lib';

function define(postures: Posture[]) {
  const stack = new Stack(new App(), 'Test');
  postures.forEach((posture, n) => new ChatbotApi(stack, `Chat${n}`, { posture, auth: ApiAuth.iam() }));
  return Template.fromStack(stack);
}

const regulated = (options: (stack: Stack) => RegulatedPostureOptions) => {
  const stack = new Stack(new App(), 'Test');
  new ChatbotApi(stack, 'Chat', { posture: Posture.regulated(options(stack)), auth: ApiAuth.iam() });
  return Template.fromStack(stack);
};

describe('the standard posture', () => {
  const template = define([Posture.standard()]);

  test('makes nothing that is paid for while idle', () => {
    for (const type of ['AWS::KMS::Key', 'AWS::EC2::VPC', 'AWS::EC2::VPCEndpoint', 'AWS::WAFv2::WebACL', 'AWS::Backup::BackupPlan']) template.resourceCountIs(type, 0);
  });

  test('keeps logs for three months and shares the capacity of the account', () => {
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: Match.absent() });
  });
});

describe('the regulated posture', () => {
  const template = define([Posture.regulated(), Posture.regulated()]);
  const key = { 'Fn::GetAtt': [Match.stringLikeRegexp('PostureKey'), 'Arn'] };

  test('encrypts with one rotated key a stack that outlives it', () => {
    template.resourceCountIs('AWS::KMS::Key', 1);
    template.hasResource('AWS::KMS::Key', { Properties: { EnableKeyRotation: true }, DeletionPolicy: 'Retain' });
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: key });
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', { Replicas: [Match.objectLike({ SSESpecification: { KMSMasterKeyId: key } })] });
  });

  test('runs handlers in one network without a way to the internet', () => {
    template.resourceCountIs('AWS::EC2::VPC', 1);
    for (const type of ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::Route']) template.resourceCountIs(type, 0);
    template.resourceCountIs('AWS::EC2::FlowLog', 1);
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
    expect(handlers(template).every(({ VpcConfig }) => VpcConfig !== undefined)).toBe(true);
  });

  test('shares the endpoints of the services that handlers call, and opens each to the handlers alone', () => {
    const services = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => JSON.stringify(Properties.ServiceName));
    expect(services.map((name) => /\.([a-z-]+)"[\]}]*$/.exec(name)?.[1]).sort()).toEqual(['bedrock-runtime', 'dynamodb', 'xray']);
    const ingress = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties);
    expect(ingress).toHaveLength(4);
    for (const rule of ingress) expect(rule).toMatchObject({ FromPort: 443, ToPort: 443, SourceSecurityGroupId: expect.anything() });
    template.allResourcesProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
  });

  test('puts a firewall in front of every API that lets long prompts and code through', () => {
    template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 2);
    template.resourceCountIs('AWS::WAFv2::LoggingConfiguration', 2);
    template.allResourcesProperties('AWS::WAFv2::WebACL', {
      Rules: Match.arrayWith([Match.objectLike({
        Statement: {
          ManagedRuleGroupStatement: Match.objectLike({
            Name: 'AWSManagedRulesCommonRuleSet',
            RuleActionOverrides: Match.arrayWith([{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }]),
          }),
        },
      })]),
    });
    template.allResourcesProperties('AWS::ApiGateway::Stage', { ClientCertificateId: Match.anyValue() });
  });

  test('keeps tokens and keys out of the log of the firewall', () => {
    template.allResourcesProperties('AWS::WAFv2::LoggingConfiguration', {
      LogDestinationConfigs: [{ 'Fn::Join': ['', Match.not(Match.arrayWith([':*']))] }],
      RedactedFields: Match.arrayWith([{ SingleHeader: { Name: 'authorization' } }, { SingleHeader: { Name: 'x-api-key' } }]),
    });
  });

  test('backs up every table daily and monthly in a vault that nobody empties', () => {
    template.resourceCountIs('AWS::Backup::BackupPlan', 1);
    const backedUp = Object.values(template.findResources('AWS::Backup::BackupSelection')).flatMap(({ Properties }) => Properties.BackupSelection.Resources as object[]);
    expect(backedUp).toEqual(Object.keys(template.findResources('AWS::DynamoDB::GlobalTable')).map((table) => ({ 'Fn::GetAtt': [table, 'Arn'] })));
    template.hasResourceProperties('AWS::Backup::BackupVault', { AccessPolicy: Match.objectLike({ Statement: [Match.objectLike({ Effect: 'Deny', Action: Match.arrayWith(['backup:DeleteRecoveryPoint']) })] }) });
  });

  test('protects data from deletion, keeps logs for six years and sets 50 instances aside', () => {
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', { Replicas: [Match.objectLike({ DeletionProtectionEnabled: true })] });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 2192 });
    expect(handlers(template).map(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions)).toEqual([50, 50]);
  });
});

describe('what the builder brings to the regulated posture', () => {
  test('a VPC, in whose private subnets handlers run, with endpoints', () => {
    const template = regulated((stack) => ({ vpc: new Vpc(stack, 'Vpc') }));
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 4);
  });

  test('a VPC of another stack, which gets the endpoints and does not come to need the chat', () => {
    const app = new App();
    const network = new Stack(app, 'Network');
    const stack = new Stack(app, 'Test');
    new ChatbotApi(stack, 'Chat', { posture: Posture.regulated({ vpc: new Vpc(network, 'Vpc') }), auth: ApiAuth.iam() });
    Template.fromStack(network).resourceCountIs('AWS::EC2::VPCEndpoint', 4);
    expect(network.dependencies).toEqual([]);
    expect(stack.dependencies).toEqual([network]);
  });

  test('a VPC that has its endpoints', () => {
    regulated((stack) => ({ vpc: new Vpc(stack, 'Vpc'), vpcEndpoints: false })).resourceCountIs('AWS::EC2::VPCEndpoint', 0);
  });

  test('subnets of the VPC', () => {
    const template = regulated((stack) => ({
      vpc: new Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Data', subnetType: SubnetType.PRIVATE_ISOLATED }] }),
      vpcSubnets: { subnetGroupName: 'Data' },
    }));
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: { SubnetIds: [{ Ref: Match.stringLikeRegexp('VpcData') }, { Ref: Match.stringLikeRegexp('VpcData') }] } });
  });

  test('a key, a capacity and a retention', () => {
    const template = regulated((stack) => ({ encryptionKey: new Key(stack, 'Key'), reservedConcurrency: 5, logRetention: RetentionDays.TEN_YEARS }));
    template.resourceCountIs('AWS::KMS::Key', 1);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 3653, KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } });
    expect(handlers(template).map(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions)).toEqual([5]);
  });

  test('keys of their own, each with a vault of its own for the copies of tables', () => {
    const stack = new Stack(new App(), 'Test');
    const vpc = new Vpc(stack, 'Vpc');
    for (const id of ['One', 'Two']) new ChatbotApi(stack, `Chat${id}`, { posture: Posture.regulated({ vpc, encryptionKey: new Key(stack, id) }), auth: ApiAuth.iam() });
    const template = Template.fromStack(stack);
    const keys = Object.values(template.findResources('AWS::Backup::BackupVault')).map(({ Properties }) => Properties.EncryptionKeyArn as object);
    expect(keys).toEqual(['One', 'Two'].map((id) => ({ 'Fn::GetAtt': [expect.stringMatching(`^${id}`), 'Arn'] })));
    template.resourceCountIs('AWS::Backup::BackupSelection', 2);
  });

  test('a key, and with another key another vault: the one before stays behind, and so does that of a stack that was deleted', () => {
    const nameUnder = (key: string) => {
      const template = regulated((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-west-1:123456789012:key/${key}`) }));
      const [{ Properties }] = Object.values(template.findResources('AWS::Backup::BackupVault'));
      return Properties.BackupVaultName as { 'Fn::Join': [string, [string, object]] };
    };
    const name = nameUnder('one');
    const { 'Fn::Join': [, [readable, stackPart]] } = name;
    // 8 characters more come from the stack; AWS Backup takes 50.
    expect(readable).toMatch(/^[a-z][a-z0-9-]{1,41}$/);
    expect(JSON.stringify(stackPart)).toContain('AWS::StackId');
    expect(nameUnder('one')).toEqual(name);
    expect(nameUnder('two')).not.toEqual(name);
  });

  test.each([0, 1.5])('refuses to set %d instances aside', (reservedConcurrency) => {
    expect(() => regulated(() => ({ reservedConcurrency }))).toThrow(`'reservedConcurrency' must be a whole number between 1 and 100000, got ${reservedConcurrency}`);
  });
});

/** The functions of the library, not those that aws-cdk-lib makes for its own resources. */
function handlers(template: Template): Record<string, unknown>[] {
  return Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } })).map(({ Properties }) => Properties as Record<string, unknown>);
}
