import { Duration, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { MemoryStrategy } from 'aws-cdk-lib/aws-bedrockagentcore';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { defineChat } from './define-chat';
import { type AgentCoreMemoryOptions, ConversationMemory, Posture, Transport } from '../../lib';
import { routesOf } from '../../lib/contract/chat';

describe('ConversationMemory.dynamoDb', () => {
  test('keeps messages for as long as it is told to', () => {
    const { chat, template } = defineChat({ conversations: { memory: ConversationMemory.dynamoDb({ retention: Duration.days(30) }) } });
    expect(chat.table).toBeDefined();
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ RETENTION_SECONDS: `${30 * 86_400}` }) } });
  });
});

describe('ConversationMemory.elastiCache', () => {
  const inVpc = (stack: Stack) => ({ conversations: { memory: ConversationMemory.elastiCache({ vpc: new Vpc(stack, 'Vpc'), retention: Duration.days(7) }) } });

  test('makes a serverless cache of Valkey and one user who proves themselves by IAM, and no table', () => {
    const { chat, template } = defineChat(inVpc);
    expect(chat.table).toBeUndefined();
    template().resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    template().hasResourceProperties('AWS::ElastiCache::User', { Engine: 'valkey', AuthenticationMode: { Type: 'iam' }, AccessString: Match.stringLikeRegexp('^on ~\\{owner#\\* -@all \\+ping') });
    template().hasResourceProperties('AWS::ElastiCache::ServerlessCache', {
      Engine: 'valkey',
      SnapshotRetentionLimit: 7,
      KmsKeyId: Match.absent(),
      SubnetIds: [{ Ref: Match.stringLikeRegexp('VpcPrivateSubnet1') }, { Ref: Match.stringLikeRegexp('VpcPrivateSubnet2') }],
      UserGroupId: { Ref: Match.stringLikeRegexp('CacheUsers') },
    });
  });

  test('lets the handler in, and nobody else', () => {
    const { template } = defineChat(inVpc);
    template().hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379, ToPort: 6380, SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('ChatHandlerSecurityGroup'), 'GroupId'] } });
    template().hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{
          Effect: 'Allow',
          Action: 'elasticache:Connect',
          Resource: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('ChatCache'), 'ARN'] }, { 'Fn::GetAtt': [Match.stringLikeRegexp('ChatCacheUser'), 'Arn'] }],
        }]),
      },
    });
  });

  test('lies in the VPC of the regulated posture, encrypted with its key, with copies kept longer', () => {
    const { template } = defineChat({ posture: Posture.regulated(), conversations: { memory: ConversationMemory.elastiCache() } });
    template().hasResourceProperties('AWS::ElastiCache::ServerlessCache', { SnapshotRetentionLimit: 35, KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('Key'), 'Arn'] } });
  });

  test('stands behind a WebSocket API too, to whose clients no endpoint leads', () => {
    const { template } = defineChat((stack) => ({ ...inVpc(stack), transport: Transport.webSocket() }));
    template().resourceCountIs('AWS::ElastiCache::ServerlessCache', 1);
    expect(JSON.stringify(template().findResources('AWS::EC2::VPCEndpoint'))).not.toContain('@connections');
    expect(JSON.stringify(template().findResources('AWS::EC2::VPCEndpoint'))).toContain('.bedrock-runtime');
  });

  test('has another name where it has to be replaced', () => {
    const nameIn = (props: Parameters<typeof defineChat>[0]) => JSON.stringify(Object.values(defineChat(props).template().findResources('AWS::ElastiCache::ServerlessCache'))[0].Properties.ServerlessCacheName);
    expect(nameIn(inVpc)).toBe(nameIn(inVpc));
    expect(nameIn((stack) => ({ ...inVpc(stack), encryptionKey: new Key(stack, 'Key') }))).not.toBe(nameIn(inVpc));
  });

  test('rings when the cache drops what it should keep, and shows what it holds', () => {
    const { chat, template } = defineChat(inVpc);
    chat.addAlarms();
    chat.addDashboard();
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'AWS/ElastiCache', MetricName: 'Evictions', Threshold: 0 });
    expect(JSON.stringify(template().findResources('AWS::CloudWatch::Dashboard'))).toContain('BytesUsedForCache');
  });

  test('refuses a posture without a VPC where none is given, and two VPCs', () => {
    expect(() => defineChat({ conversations: { memory: ConversationMemory.elastiCache() } }))
      .toThrow("'conversations.memory.vpc' must be given, because a cache lies in a VPC, and this posture has none; got nothing: name a VPC, or take Posture.regulated()");
    expect(() => defineChat((stack) => ({ ...inVpc(stack), posture: Posture.regulated() })))
      .toThrow("'conversations.memory.vpc' must be left out, because the posture says in which VPC handlers run, got Test/Vpc: give it to Posture.regulated");
  });

  test('refuses subnets of one zone', () => {
    expect(() => defineChat((stack) => ({ conversations: { memory: ConversationMemory.elastiCache({ vpc: new Vpc(stack, 'Vpc', { maxAzs: 1 }) }) } })))
      .toThrow("'conversations.memory.vpcSubnets' must be subnets of at least 2 zones, because a serverless cache lies in two or three, got 1: choose more subnets");
  });
});

describe('ConversationMemory.agentCore', () => {
  const remembered = (options?: AgentCoreMemoryOptions) => ({ conversations: { memory: ConversationMemory.agentCore(options) } });

  test('makes a memory beside the table, and keeps both for as long', () => {
    const { template } = defineChat(remembered({ retention: Duration.days(30) }));
    template().hasResource('AWS::BedrockAgentCore::Memory', { DeletionPolicy: 'Retain', Properties: Match.objectLike({ EventExpiryDuration: 30 }) });
    template().resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
    template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ RETENTION_SECONDS: `${30 * 86_400}`, AGENT_MEMORY: { 'Fn::GetAtt': [Match.stringLikeRegexp('ChatMemory'), 'MemoryId'] } }) },
    });
  });

  test('has a name that no other memory has: of another stack, of a stack that is gone, or of another key', () => {
    const nameIn = (props: Parameters<typeof defineChat>[0]) => Object.values(defineChat(props).template().findResources('AWS::BedrockAgentCore::Memory'))[0].Properties.Name as { 'Fn::Join': [string, unknown[]] };
    const [start, ofStack] = nameIn(remembered())['Fn::Join'][1];
    // 8 characters more come from the stack; AgentCore takes 48.
    expect(start).toMatch(/^[a-z][a-z0-9]{0,39}$/);
    expect(ofStack).toEqual({ 'Fn::Select': [0, { 'Fn::Split': ['-', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }] }] });
    expect(nameIn(remembered())).toEqual(nameIn(remembered({ retention: Duration.days(30) })));
    expect(nameIn((stack) => ({ ...remembered(), encryptionKey: new Key(stack, 'Key') }))).not.toEqual(nameIn(remembered()));
  });

  test('grants events of this memory, and nothing else of AgentCore', () => {
    const { template } = defineChat(remembered());
    const statements = Object.values(template().findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]);
    const granted = statements.filter(({ Action }) => JSON.stringify(Action).includes('bedrock-agentcore:'));
    expect(granted).toHaveLength(1);
    expect(granted[0].Action).toEqual(['CreateEvent', 'GetEvent', 'ListEvents', 'DeleteEvent'].map((action) => `bedrock-agentcore:${action}`));
    expect(granted[0].Resource).toEqual({ 'Fn::GetAtt': [expect.stringContaining('ChatMemory'), 'MemoryArn'] });
  });

  test('is encrypted and reached privately in the regulated posture', () => {
    const { template } = defineChat({ ...remembered(), posture: Posture.regulated() });
    template().hasResourceProperties('AWS::BedrockAgentCore::Memory', { EncryptionKeyArn: Match.anyValue() });
    template().hasResourceProperties('AWS::EC2::VPCEndpoint', { ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, '.bedrock-agentcore']] } });
  });

  test('passes on what long-term memories are made of', () => {
    const { template } = defineChat(remembered({ strategies: [MemoryStrategy.usingBuiltInSummarization()] }));
    template().hasResourceProperties('AWS::BedrockAgentCore::Memory', { MemoryStrategies: [Match.objectLike({ SummaryMemoryStrategy: Match.anyValue() })] });
  });

  test.each([
    [Duration.days(6), "'conversations.memory.retention' must be between 7 days and 365 days, got 6 days"],
    [Duration.hours(180), "'conversations.memory.retention in days' must be a whole number between 7 and 365, got 7.5"],
  ])('refuses to keep messages for %s', (retention, problem) => {
    expect(() => defineChat(remembered({ retention }))).toThrow(problem);
  });
});

describe('ConversationMemory.stateless', () => {
  const stateless = { conversations: { memory: ConversationMemory.stateless() } };

  test.each([['standard', Posture.standard()], ['regulated', Posture.regulated()]])('makes no table and grants nothing for one in the %s posture', (_, posture) => {
    const { chat, template } = defineChat({ ...stateless, posture });
    expect(chat.table).toBeUndefined();
    template().resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    template().resourceCountIs('AWS::Backup::BackupPlan', 0);
    const all = JSON.stringify(template().toJSON());
    expect(all).not.toContain('dynamodb');
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ TABLE_NAME: '', RETENTION_SECONDS: '' }) } });
  });

  test('leaves the routes of conversations out of the API', () => {
    const { template } = defineChat(stateless);
    const methods = Object.values(template().findResources('AWS::ApiGateway::Method')).map(({ Properties }) => String(Properties.HttpMethod));
    expect(methods.sort()).toEqual(routesOf({ keepsConversations: false, takesFiles: true }).map(({ method }) => method).sort());
  });

  test('shows no table on the dashboard', () => {
    const { chat, template } = defineChat(stateless);
    chat.addDashboard();
    expect(JSON.stringify(template().findResources('AWS::CloudWatch::Dashboard'))).not.toContain('DynamoDB');
  });
});

test('refuses a memory that no factory made', () => {
  expect(() => defineChat({ conversations: { memory: 'dynamoDb' as unknown as ConversationMemory } }))
    .toThrow("'conversations.memory' must be made by ConversationMemory, such as ConversationMemory.dynamoDb(), got 'dynamoDb'");
});
