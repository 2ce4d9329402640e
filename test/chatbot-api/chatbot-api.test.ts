import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { defineChat } from './define-chat';
import { ApiAuth, ChatbotApi, ConversationMemory, Geography, Guardrail, Model, Posture, Transport } from '../../lib';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { CHAT_METRICS, FEEDBACK_METRICS, SYSTEM_PROMPT_FILE } from '../../lib/contract/chat';
import { HOOK_METRICS } from '../../lib/contract/chat-hooks';
import { QUOTA_METRICS } from '../../lib/contract/chat-quotas';
import { CONVERSATIONS } from '../../lib/contract/conversations';

const byDefault = defineChat();

describe('conversations', () => {
  test('lie in a table with the keys, the index and the expiry that the handler uses, billed by the request', () => {
    byDefault.template().hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: CONVERSATIONS.partitionKey, KeyType: 'HASH' }, { AttributeName: CONVERSATIONS.sortKey, KeyType: 'RANGE' }],
      LocalSecondaryIndexes: [Match.objectLike({
        IndexName: CONVERSATIONS.recentIndex,
        KeySchema: [{ AttributeName: CONVERSATIONS.partitionKey, KeyType: 'HASH' }, { AttributeName: CONVERSATIONS.recentSortKey, KeyType: 'RANGE' }],
      })],
      AttributeDefinitions: Match.arrayWith([{ AttributeName: CONVERSATIONS.recentSortKey, AttributeType: 'N' }]),
      TimeToLiveSpecification: { AttributeName: CONVERSATIONS.ttl, Enabled: true },
    });
  });

  test('survive the stack and can be restored to any second', () => {
    const template = byDefault.template();
    template.hasResource('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } })],
    });
  });

  test('are kept for 90 days and sent with at most 32000 tokens of history by default', () => {
    expect(environment(byDefault)).toMatchObject({ RETENTION_SECONDS: `${90 * 24 * 3600}`, HISTORY_TOKENS: '32000' });
  });

  test('take at most half the window of a small model by default', () => {
    const model = Model.foundation('example.small-v1:0', { capabilities: { contextTokens: 8_000, outputTokens: 1_000 } });
    expect(environment(defineChat({ model }))).toMatchObject({ HISTORY_TOKENS: '4000', GENERATION: '{"maxTokens":1000,"promptCaching":"5m"}' });
  });
});

describe('the handler', () => {
  test('runs the bundle on Node.js 24 and arm64, traced, for at most five minutes a turn', () => {
    byDefault.template().hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler', Timeout: 300, TracingConfig: { Mode: 'Active' },
    });
  });

  test('finds the system prompt beside it, to the letter', () => {
    const systemPrompt = 'Answer in verse.\n– "Quoted", \\escaped\\ and 中文.';
    const { stack } = defineChat({ systemPrompt });
    const assembly = (stack.node.root as App).synth();
    const folder = /asset\.[0-9a-f]{64}/.exec(readFileSync(join(assembly.directory, `${stack.artifactId}.assets.json`), 'utf8'))?.[0] ?? '';
    expect(readFileSync(join(assembly.directory, folder, SYSTEM_PROMPT_FILE), 'utf8')).toBe(systemPrompt);
  });

  test('knows the model, its limits and its prices', () => {
    const model = Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0');
    expect(JSON.parse(environment(defineChat({ model })).MODEL)).toMatchObject({ id: 'us.amazon.nova-pro-v1:0', tools: 'streaming', prices: { input: expect.any(Number) } });
  });

  test('generates as it is told', () => {
    const generation = { maxTokens: 100, temperature: 0.2, topP: 0.9, turnTimeout: Duration.minutes(15) };
    const chat = defineChat({ generation });
    expect(JSON.parse(environment(chat).GENERATION)).toEqual({ maxTokens: 100, temperature: 0.2, topP: 0.9, promptCaching: '5m' });
    chat.template().hasResourceProperties('AWS::Lambda::Function', { Timeout: 900 });
  });

  test('applies the guardrail that it is given', () => {
    const guardrail = Guardrail.fromAttributes(new Stack(), 'Guardrail', { guardrailArn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/gr4rd', guardrailVersion: '3' });
    const chat = defineChat({ guardrail });
    expect(JSON.parse(environment(chat).GUARDRAIL)).toEqual({ id: expect.stringMatching(/gr4rd$/), version: '3' });
    expect(statements(chat)).toContainEqual(expect.objectContaining({ Action: 'bedrock:ApplyGuardrail', Resource: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/gr4rd' }));
  });

  test('may read and write its table, its index, its bucket and its log, call its model, and nothing else', () => {
    const granted = statements(byDefault).flatMap(({ Action }) => Action);
    expect([...new Set(granted)].sort()).toEqual([
      'bedrock:InvokeModelWithResponseStream',
      'dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem',
      'logs:CreateLogStream', 'logs:PutLogEvents',
      's3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject',
      'sqs:SendMessage',
      'xray:PutTelemetryRecords', 'xray:PutTraceSegments',
    ]);
    expect(statements(byDefault).filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action)).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
  });

  test('has no policy that AWS manages and none inline', () => {
    const template = byDefault.template();
    template.resourceCountIs('AWS::IAM::Policy', 0);
    expect(Object.values(template.findResources('AWS::IAM::Role', { Properties: { AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: 'lambda.amazonaws.com' } }] } } }))
      .filter(({ Properties }) => 'ManagedPolicyArns' in Properties || 'Policies' in Properties)).toEqual([]);
  });
});

describe('an encryption key of yours', () => {
  const chat = defineChat((stack) => ({ encryptionKey: new Key(stack, 'Key'), posture: Posture.standard({ logRetention: RetentionDays.ONE_YEAR }) }));
  const keyArn = { 'Fn::GetAtt': ['Key961B73FD', 'Arn'] };

  test('encrypts conversations, logs, failed events and the environment', () => {
    const template = chat.template();
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', { Replicas: [Match.objectLike({ SSESpecification: { KMSMasterKeyId: keyArn } })] });
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: keyArn, RetentionInDays: 365 });
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: keyArn });
    template.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: keyArn });
  });

  test('is opened to CloudWatch Logs once, for log groups of this account', () => {
    const [key] = Object.values(chat.template().findResources('AWS::KMS::Key'));
    const logs = key.Properties.KeyPolicy.Statement.filter(({ Sid }: { Sid?: string }) => Sid === 'CloudWatchLogs');
    expect(logs).toHaveLength(1);
    expect(JSON.stringify(logs[0].Condition)).toContain('kms:EncryptionContext:aws:logs:arn');
  });

  test('is used by the handler only by way of the services that it calls', () => {
    const grants = statements(chat).filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(keyArn));
    expect(grants).not.toHaveLength(0);
    for (const { Condition } of grants) expect(Condition).toHaveProperty('StringEquals.kms:ViaService');
  });
});

describe('props', () => {
  test.each([
    ['no tokens', { generation: { maxTokens: 0 } }, "'generation.maxTokens' must be a whole number, at least 1, got 0"],
    ['more tokens than the model writes', { generation: { maxTokens: 100_000 } }, "'generation.maxTokens' must be at most 65535, the output limit of global.amazon.nova-2-lite-v1:0, got 100000"],
    ['a temperature above 1', { generation: { temperature: 1.5 } }, "'generation.temperature' must be between 0 and 1, got 1.5"],
    ['a negative topP', { generation: { topP: -0.1 } }, "'generation.topP' must be between 0 and 1, got -0.1"],
    ['a turn of 9 seconds', { generation: { turnTimeout: Duration.seconds(9) } }, "'generation.turnTimeout' must be between 10 seconds and 15 minutes, got 9 seconds"],
    ['a turn of 16 minutes', { generation: { turnTimeout: Duration.minutes(16) } }, "'generation.turnTimeout' must be between 10 seconds and 15 minutes, got 16 minutes"],
    ['to forget messages within the hour', { conversations: { memory: ConversationMemory.dynamoDb({ retention: Duration.hours(1) }) } }, "'conversations.memory.retention' must be between 1 day and 36500 days, got 1 hour"],
    ['too little history', { conversations: { historyTokens: 100 } }, "'conversations.historyTokens' must be a whole number between 256 and 1000000, the window of global.amazon.nova-2-lite-v1:0, got 100"],
    ['half a token of history', { conversations: { historyTokens: 1000.5 } }, "'conversations.historyTokens' must be a whole number between 256 and 1000000"],
    ['a system prompt that fills the window', { systemPrompt: 'Be brief. '.repeat(500_000) },
      "'systemPrompt' must have between 0 and 4000000 characters, what the window of global.amazon.nova-2-lite-v1:0 holds at most, 1000000 tokens, got 5000000"],
    ['a rate of nothing', { transport: Transport.restStreaming({ throttling: { rate: 0 } }) }, "'throttling.rate' must be between 1 and 10000, got 0"],
    ['half a request at once', { transport: Transport.restStreaming({ throttling: { burst: 1.5 } }) }, "'throttling.burst' must be a whole number between 1 and 5000, got 1.5"],
    ['a wildcard as origin', { transport: Transport.restStreaming({ corsOrigins: ['*'] }) }, "'corsOrigins' must be an origin like https://chat.example.com, without a path, a slash at its end or a wildcard, got '*'"],
    ['an origin with a slash at its end', { transport: Transport.restStreaming({ corsOrigins: ['https://chat.example.com/'] }) }, "'corsOrigins' must be an origin"],
  ])('refuses %s', (_, props, message) => {
    expect(() => defineChat(props)).toThrow(message);
    expect(() => defineChat(props)).toThrow(/^Test\/Chat: /);
  });

  test.each<[string, object, string]>([
    ['an id as model', { model: 'amazon.nova-lite-v1:0' }, "'model' must be made by Model, such as Model.foundation('amazon.nova-lite-v1:0') or Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0'), got 'amazon.nova-lite-v1:0'"],
    ['a number as system prompt', { systemPrompt: 3 }, "'systemPrompt' must be a text, got 3"],
    ['a text as knowledge', { knowledge: 'handbook' }, "'knowledge' must be made by a construct of documents, such as new DiyRag(this, 'Rag') or new ManagedRag(this, 'Rag'), got 'handbook'"],
    ['another construct as knowledge', { knowledge: { bind: () => ({}) } }, "'knowledge' must be a construct of documents, whose 'bind' gives a KnowledgeBinding"],
    ['a text as guardrail', { guardrail: 'gr1' }, "'guardrail' must be made by new Guardrail or Guardrail.fromAttributes, got 'gr1'"],
    ['a text as auth', { auth: 'iam' }, "'auth' must be made by ApiAuth, such as ApiAuth.cognito(), got 'iam'"],
    ['a text as transport', { transport: 'rest' }, "'transport' must be made by Transport, such as Transport.restStreaming(), got 'rest'"],
    ['a text as posture', { posture: 'regulated' }, "'posture' must be made by Posture, such as Posture.regulated(), got 'regulated'"],
    ['an origin outside a list', { transport: Transport.restStreaming({ corsOrigins: 'https://a.example.com' as never }) }, "'corsOrigins' must be a list, got 'https://a.example.com': put it in brackets"],
    ['seconds as a number', { generation: { turnTimeout: 30 } }, "'generation.turnTimeout' must be made by Duration, such as Duration.seconds(10), got 30"],
    ['bytes as system prompt', { systemPrompt: Buffer.from('Be brief.') }, "'systemPrompt' must be a text, got an object of Buffer"],
  ])('refuses, where no compiler does, %s', (_, props, message) => {
    expect(() => defineChat(props)).toThrow(message);
  });

  test('refuses a system prompt that only the deployment knows', () => {
    expect(() => defineChat((stack) => ({ systemPrompt: new CfnParameter(stack, 'Prompt').valueAsString }))).toThrow(/'systemPrompt' must be known at synthesis/);
  });
});

describe('metrics', () => {
  test.each(Object.entries({ ...CHAT_METRICS, ...FEEDBACK_METRICS, ...HOOK_METRICS, ...QUOTA_METRICS }))('has a method for %s', (name, metricName) => {
    const { chat } = byDefault;
    const method = `metric${name[0].toUpperCase()}${name.slice(1)}`;
    const metric = (chat as unknown as Record<string, () => ReturnType<ChatbotApi['metric']>>)[method]();
    expect(metric).toMatchObject({ namespace: METRICS_NAMESPACE, metricName });
    const { SERVICE, MODEL } = environment(byDefault);
    expect(metric.dimensions).toEqual({ Service: SERVICE, Model: (JSON.parse(MODEL) as { name: string }).name });
  });
});

test('logical ids of what holds data stay what they are', () => {
  const template = byDefault.template();
  const ids = (type: string) => Object.keys(template.findResources(type));
  expect({ table: ids('AWS::DynamoDB::GlobalTable'), users: ids('AWS::Cognito::UserPool') }).toEqual({ table: ['ChatConversationsB8722F57'], users: ['ChatUsersPool0A5167C3'] });
});

test('two chats of a stack do not meet', () => {
  const stack = new Stack(new App(), 'Test');
  const [first, second] = [new ChatbotApi(stack, 'First'), new ChatbotApi(stack, 'Second')];
  expect(first.metricTurns().dimensions).not.toEqual(second.metricTurns().dimensions);
  Template.fromStack(stack).resourceCountIs('AWS::ApiGateway::Account', 1);
});

test('lets in whom grantInvoke names, to this API alone', () => {
  const { chat, stack } = defineChat({ auth: ApiAuth.iam() });
  chat.grantInvoke(new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() }));
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [Match.objectLike({ Action: 'execute-api:Invoke', Resource: Match.objectLike({ 'Fn::Join': Match.anyValue() }) })] },
  });
});

test.each([
  ['of Cognito users', {}, [expect.stringContaining("grantInvoke lets nobody in here, because requests of this chat are not signed with IAM credentials: give it 'auth: ApiAuth.iam()'")]],
  ['of API keys', { auth: ApiAuth.apiKey() }, [expect.stringContaining('grantInvoke lets nobody in here')]],
  ['of IAM callers', { auth: ApiAuth.iam() }, []],
])('warns of a grant that lets nobody in: a chat %s', (_, props, warnings) => {
  const { chat, stack } = defineChat(props);
  chat.grantInvoke(new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() }));
  expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data)).toEqual(warnings);
});

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

function environment({ template }: { template: () => Template }): Record<string, string> {
  const [handler] = Object.values(template().findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }));
  return handler.Properties.Environment.Variables as Record<string, string>;
}

function statements({ template }: { template: () => Template }): Statement[] {
  return Object.values(template().findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
}
