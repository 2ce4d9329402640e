import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { type CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { type SubnetSelection, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ApiAuth, ChatbotApi, type ChatbotApiProps, ConversationMemory, Posture, Transport, type WebSocketOptions } from '../../lib';

function define(props: ChatbotApiProps = {}, options: WebSocketOptions = {}) {
  const stack = new Stack(new App(), 'Stack');
  const chat = new ChatbotApi(stack, 'Chat', { transport: Transport.webSocket(options), ...props });
  return { stack, chat, template: () => Template.fromStack(stack) };
}

test('opens connections for tokens of the user pool, and takes every message to the door', () => {
  const template = define().template();
  template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', { AuthorizerType: 'REQUEST', IdentitySource: ['route.request.header.Sec-WebSocket-Protocol'] });
  template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$connect', AuthorizationType: 'CUSTOM' });
  template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$disconnect', AuthorizationType: 'NONE' });
  template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$default', AuthorizationType: 'NONE', RouteResponseSelectionExpression: '$default' });
  template.resourceCountIs('AWS::ApiGateway::RestApi', 0);
});

test('says its address, at its own stage', () => {
  const { stack, chat } = define({}, { stageName: 'live' });
  expect(JSON.stringify(stack.resolve(chat.url))).toMatch(/wss:\/\/.*execute-api.*\/live"/);
  expect(chat.api).toBeUndefined();
});

test('throttles, logs and measures the stage, and logs neither headers nor messages', () => {
  const template = define({}, { throttling: { rate: 7, burst: 9 } }).template();
  template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    StageName: 'prod',
    AutoDeploy: true,
    DefaultRouteSettings: { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9, DetailedMetricsEnabled: true, LoggingLevel: 'ERROR', DataTraceEnabled: false },
    AccessLogSettings: { Format: Match.serializedJson(Match.objectLike({ connection: '$context.connectionId', caller: '$context.authorizer.principalId' })) },
  });
});

test('lets the handler write to connections of this very stage, and the door to nothing but its table and the handler', () => {
  const template = define().template();
  const statements = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]);
  const [writing] = statements.filter(({ Action }) => Action === 'execute-api:ManageConnections');
  expect(JSON.stringify(writing.Resource)).toMatch(/execute-api.*ChatSocketApi.*\/prod\/POST\/@connections\/\*/);
  const [calling] = statements.filter(({ Action }) => Action === 'lambda:InvokeFunction');
  expect(JSON.stringify(calling.Resource)).toMatch(/ChatHandlerFunction/);
});

test('gives an event up after two minutes, into the queue of the handler', () => {
  define().template().hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumEventAgeInSeconds: 120, MaximumRetryAttempts: 2 });
});

test('lets callers connect who sign', () => {
  const { stack, chat, template } = define({ auth: ApiAuth.iam() });
  chat.grantInvoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
  template().hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$connect', AuthorizationType: 'AWS_IAM' });
  const [granted] = Object.values(template().findResources('AWS::IAM::Policy')).map(({ Properties }) => JSON.stringify(Properties.PolicyDocument));
  expect(granted).toMatch(/execute-api:Invoke.*\/prod\/\$connect/);
});

test('verifies tokens of an issuer', () => {
  define({ auth: ApiAuth.oidc({ issuer: 'https://login.example.com/', audience: ['chat'] }) }).template()
    .hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { ISSUER: 'https://login.example.com/', AUDIENCE: 'chat', KEYS: '', USE: '' } } });
});

test('tells the handler and the door where the connections are', () => {
  const template = define().template();
  template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ TRANSPORT: 'webSocket', CALLER: 'connection', SOCKET: Match.anyValue() }) } });
  template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { CONNECTIONS_TABLE: Match.anyValue(), CHAT_FUNCTION: Match.anyValue(), CALLER: 'authorizer', SERVICE: Match.anyValue() } } });
});

test('rings for errors of the socket, and shows them', () => {
  const { chat, template } = define();
  chat.addAlarms();
  chat.addDashboard();
  expect(JSON.stringify(template().findResources('AWS::CloudWatch::Alarm'))).toContain('ExecutionError');
  expect(JSON.stringify(template().findResources('AWS::CloudWatch::Dashboard'))).toContain('WebSocket API latency, of its door');
});

test('counts what clients send as requests, answers not, and knows no gap as an error', () => {
  const { chat, template } = define();
  chat.addAlarms();
  template().hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmDescription: Match.stringLikeRegexp('^API Gateway, or the door behind it, answered'),
    Metrics: Match.arrayWith([
      Match.objectLike({ Id: 'requests', Expression: 'FILL(calls, 0) + FILL(execution, 0)' }),
      Match.objectLike({ Id: 'calls', MetricStat: Match.objectLike({ Stat: 'SampleCount', Metric: Match.objectLike({ MetricName: 'IntegrationLatency' }) }) }),
      Match.objectLike({ Id: 'errors', Expression: 'FILL(integration, 0) + FILL(execution, 0)' }),
    ]),
  });
  expect(JSON.stringify(template().toJSON())).not.toContain('MessageCount');
});

test('says that a request is lost where its event was given up', () => {
  const { chat } = define();
  const { DeadLetters } = chat.addAlarms().alarms;
  expect((DeadLetters.node.defaultChild as CfnAlarm).alarmDescription).toMatch(/^A request was given up.* Next: see whether the handler was throttled/);
});

test('lets pages of the given origins upload attachments, and no other', () => {
  const template = define({}, { corsOrigins: ['https://chat.example.com'] }).template();
  template.hasResourceProperties('AWS::S3::Bucket', {
    CorsConfiguration: { CorsRules: [Match.objectLike({ AllowedMethods: ['POST'], AllowedOrigins: ['https://chat.example.com'] })] },
  });
  define().template().resourcePropertiesCountIs('AWS::S3::Bucket', { CorsConfiguration: Match.anyValue() }, 0);
  expect(() => define({}, { corsOrigins: ['https://chat.example.com/'] })).toThrow("'corsOrigins' must be an origin");
});

test.each<[string, (stack: Stack) => ApiAuth, RegExp]>([
  ['API keys', () => ApiAuth.apiKey(), /got API keys: who opens a socket is checked once.*Transport\.restStreaming\(\)/],
  ['an authorizer of a REST API', (stack) => ApiAuth.lambda(new RequestAuthorizer(stack, 'Own', {
    handler: LambdaFunction.fromFunctionArn(stack, 'Fn', 'arn:aws:lambda:us-east-1:111122223333:function:own'), identitySources: ['method.request.header.Cookie'],
  })), /got answers of a Lambda authorizer/],
])('refuses %s, and says what to take', (_, auth, message) => {
  const stack = new Stack(new App(), 'Stack');
  expect(() => new ChatbotApi(stack, 'Chat', { transport: Transport.webSocket(), auth: auth(stack) })).toThrow(message);
});

test('refuses a network that reaches no client, and takes one that does', () => {
  expect(() => define({ posture: Posture.regulated() })).toThrow(/'posture' must be Posture\.regulated\(\{ vpc \}\) with a VPC whose private subnets reach the internet/);
  const stack = new Stack(new App(), 'Stack');
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 1 });
  new ChatbotApi(stack, 'Chat', { transport: Transport.webSocket(), posture: Posture.regulated({ vpc }) });
  const services = Object.values(Template.fromStack(stack).findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => JSON.stringify(Properties.ServiceName));
  expect(services.filter((name) => name.includes('connections'))).toEqual([]);
  expect(services.filter((name) => name.includes('.lambda'))).toHaveLength(1);
});

describe.each<[string, (vpc: Vpc, vpcSubnets?: SubnetSelection) => ChatbotApiProps]>([
  ['a regulated posture', (vpc, vpcSubnets) => ({ posture: Posture.regulated({ vpc, vpcSubnets }) })],
  ['a cache', (vpc, vpcSubnets) => ({ conversations: { memory: ConversationMemory.elastiCache({ vpc, vpcSubnets }) } })],
])('in a VPC of %s', (_, props) => {
  const defineIn = (vpcSubnets?: SubnetSelection) => {
    const stack = new Stack(new App(), 'Stack');
    const subnetConfiguration = [SubnetType.PUBLIC, SubnetType.PRIVATE_WITH_EGRESS, SubnetType.PRIVATE_ISOLATED]
      .map((subnetType) => ({ name: subnetType, subnetType }));
    new ChatbotApi(stack, 'Chat', { transport: Transport.webSocket(), ...props(new Vpc(stack, 'Vpc', { subnetConfiguration }), vpcSubnets) });
    return Template.fromStack(stack);
  };

  test('the handler reaches the table of connections', () => {
    const services = Object.values(defineIn().findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => JSON.stringify(Properties.ServiceName));
    expect(services.filter((name) => name.includes('.dynamodb"'))).toHaveLength(1);
  });

  test.each<[string, SubnetSelection]>([
    ['their type', { subnetType: SubnetType.PRIVATE_ISOLATED }],
    ['their name', { subnetGroupName: SubnetType.PRIVATE_ISOLATED }],
  ])('refuses subnets without a way out, chosen by %s', (__, vpcSubnets) => {
    expect(() => defineIn(vpcSubnets)).toThrow(/'vpcSubnets' must be subnets with a way to the internet.* got isolated subnets of Stack\/Vpc/);
  });
});

test.each([[{ stageName: 'a-b' }, /'stageName' must be/], [{ throttling: { rate: 0 } }, /'throttling\.rate' must be/], [{ throttling: { burst: 0.5 } }, /'throttling\.burst' must be/]])('refuses %j', (options, message) => {
  expect(() => define({}, options)).toThrow(message);
});
