// The yardstick of `synth`: the resources of the chat example, written by hand with what aws-cdk-lib offers.
import { join } from 'node:path';
import { App, Aws, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { GATEWAY_ERRORS } from './gateway-errors';

const MODEL = 'amazon.nova-2-lite-v1:0';
const app = new App();
const stack = new Stack(app, 'ChatbotApi');

const userPool = new cognito.UserPool(stack, 'Users', {
  selfSignUpEnabled: false,
  signInAliases: { email: true },
  mfa: cognito.Mfa.REQUIRED,
  mfaSecondFactor: { otp: true, sms: false },
  passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
  accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
  featurePlan: cognito.FeaturePlan.PLUS,
  standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION,
  removalPolicy: RemovalPolicy.RETAIN,
});
userPool.addClient('Client', { authFlows: { userSrp: true }, disableOAuth: true, preventUserExistenceErrors: true });

const table = new dynamodb.TableV2(stack, 'Conversations', {
  partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
  sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
  localSecondaryIndexes: [{ indexName: 'recent', sortKey: { name: 'updatedAt', type: dynamodb.AttributeType.NUMBER } }],
  timeToLiveAttribute: 'expiresAt',
  billing: dynamodb.Billing.onDemand(),
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  removalPolicy: RemovalPolicy.RETAIN,
});

const handlerLogs = new logs.LogGroup(stack, 'HandlerLogs', { retention: logs.RetentionDays.THREE_MONTHS });
const deadLetters = new sqs.Queue(stack, 'DeadLetters', { enforceSSL: true, encryption: sqs.QueueEncryption.SQS_MANAGED });
const profile = `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:inference-profile/global.${MODEL}`;
const invoke = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
new iam.ManagedPolicy(stack, 'Permissions', {
  roles: [role],
  statements: [
    new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [handlerLogs.logGroupArn] }),
    new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
    new iam.PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'], resources: [table.tableArn] }),
    new iam.PolicyStatement({ actions: ['dynamodb:Query'], resources: [`${table.tableArn}/index/recent`] }),
    new iam.PolicyStatement({ actions: invoke, resources: [profile] }),
    new iam.PolicyStatement({
      actions: invoke,
      resources: [`arn:${Aws.PARTITION}:bedrock:${Aws.REGION}::foundation-model/${MODEL}`, `arn:${Aws.PARTITION}:bedrock:::foundation-model/${MODEL}`],
      conditions: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
    }),
  ],
});
new iam.ManagedPolicy(stack, 'Tracing', {
  roles: [role],
  statements: [new iam.PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] })],
});

const handler = new lambda.Function(stack, 'Handler', {
  runtime: lambda.Runtime.NODEJS_24_X,
  architecture: lambda.Architecture.ARM_64,
  code: lambda.Code.fromAsset(join(process.env.HANDLERS ?? '', 'chat')),
  handler: 'index.handler',
  role: role.withoutPolicyUpdates(),
  timeout: Duration.minutes(5),
  memorySize: 1024,
  logGroup: handlerLogs,
  tracing: lambda.Tracing.ACTIVE,
  deadLetterQueue: deadLetters,
  environment: {
    TABLE_NAME: table.tableName,
    MODEL: JSON.stringify({ id: `global.${MODEL}`, name: `global.${MODEL}` }),
    GENERATION: '{"maxTokens":2048}',
    CALLER: 'cognito',
    HISTORY_TOKENS: '32000',
    RETENTION_SECONDS: '7776000',
    GUARDRAIL: '',
    CORS_ORIGINS: '',
    SERVICE: 'chat',
  },
});

const accessLogs = new logs.LogGroup(stack, 'AccessLogs', { retention: logs.RetentionDays.THREE_MONTHS });
const api = new apigateway.RestApi(stack, 'Api', {
  endpointConfiguration: { types: [apigateway.EndpointType.REGIONAL] },
  cloudWatchRole: true,
  deployOptions: {
    tracingEnabled: true,
    metricsEnabled: true,
    loggingLevel: apigateway.MethodLoggingLevel.ERROR,
    throttlingRateLimit: 50,
    throttlingBurstLimit: 100,
    accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
    accessLogFormat: apigateway.AccessLogFormat.jsonWithStandardFields(),
  },
});
const integration = new apigateway.LambdaIntegration(handler, {
  allowTestInvoke: false, timeout: Duration.minutes(5), responseTransferMode: apigateway.ResponseTransferMode.STREAM,
});
const authorizer = new apigateway.CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [userPool] });
const requestValidator = api.addRequestValidator('Validator', { validateRequestBody: true, validateRequestParameters: true });
const body = api.addModel('JsonObject', { contentType: 'application/json', schema: { type: apigateway.JsonSchemaType.OBJECT } });
const v1 = api.root.addResource('v1');
v1.addResource('chat').addResource('completions').addMethod('POST', integration, { authorizer, requestValidator, requestModels: { 'application/json': body } });
v1.addResource('models').addMethod('GET', integration, { authorizer, requestValidator });
const conversations = v1.addResource('conversations');
conversations.addMethod('GET', integration, { authorizer, requestValidator });
conversations.addResource('{id}').addMethod('GET', integration, { authorizer, requestValidator });

for (const [id, type] of GATEWAY_ERRORS) {
  api.addGatewayResponse(id, {
    type,
    responseHeaders: { 'x-request-id': 'context.requestId' },
    templates: { 'application/json': `{"error":{"message":$context.error.messageString,"type":"api_error","param":null,"code":"${id}"}}` },
  });
}

const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
topic.addToResourcePolicy(new iam.PolicyStatement({
  actions: ['sns:Publish'], principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')], resources: [topic.topicArn],
}));
const metric = (metricName: string, statistic: string = cloudwatch.Stats.SUM, period = Duration.minutes(5)) =>
  new cloudwatch.Metric({ namespace: 'Chat', metricName, dimensionsMap: { Service: 'chat', Model: `global.${MODEL}` }, statistic, period });
const errorRate = new cloudwatch.MathExpression({ expression: '100 * errors / (turns + errors)', usingMetrics: { turns: metric('Turns'), errors: metric('Errors') } });
const cost = metric('Cost', cloudwatch.Stats.SUM, Duration.hours(1));
const stage = api.deploymentStage;
const alarms = [
  new cloudwatch.Alarm(stack, 'ErrorRate', { metric: errorRate, threshold: 5, evaluationPeriods: 3 }),
  new cloudwatch.Alarm(stack, 'ApiErrors', { metric: stage.metricServerError({ statistic: cloudwatch.Stats.AVERAGE }), threshold: 0.05, evaluationPeriods: 3 }),
  new cloudwatch.Alarm(stack, 'Slow', { metric: metric('TimeToFirstToken', cloudwatch.Stats.p(95)), threshold: 5000, evaluationPeriods: 3 }),
  new cloudwatch.Alarm(stack, 'Throttled', { metric: metric('Throttles'), threshold: 10, evaluationPeriods: 3 }),
  new cloudwatch.AnomalyDetectionAlarm(stack, 'Dear', { metric: cost, stdDevs: 3, evaluationPeriods: 2 }),
  new cloudwatch.Alarm(stack, 'Dead', { metric: deadLetters.metricApproximateNumberOfMessagesVisible(), threshold: 0, evaluationPeriods: 1 }),
];
for (const alarm of alarms) {
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
}
const graph = (title: string, ...left: cloudwatch.IMetric[]) => new cloudwatch.GraphWidget({ title, left });
new cloudwatch.Dashboard(stack, 'Dashboard', {
  widgets: [
    [new cloudwatch.TextWidget({ markdown: '# Chat' }), new cloudwatch.AlarmStatusWidget({ alarms })],
    [graph('Turns', metric('Turns'), metric('Errors')), graph('Failed', errorRate), graph('First token', metric('TimeToFirstToken')), graph('Turn', metric('TurnDuration'))],
    [graph('Tokens', metric('InputTokens'), metric('OutputTokens'), metric('CacheReadTokens')), graph('Cost', cost), graph('Refusals', metric('Throttles'), metric('GuardrailBlocks'))],
    [
      graph('API', stage.metricCount(), stage.metricClientError(), stage.metricServerError()), graph('Latency', stage.metricLatency()),
      graph('Handler', handler.metric('ConcurrentExecutions'), handler.metricThrottles(), handler.metricErrors()),
      graph('Table', table.metric('ReadThrottleEvents'), table.metric('WriteThrottleEvents')),
    ],
    [new cloudwatch.LogQueryWidget({ logGroupNames: [handlerLogs.logGroupName], queryLines: ['fields @timestamp, errorCode', 'filter ispresent(errorCode)'] })],
  ],
});

new CfnOutput(stack, 'Url', { value: api.url });
app.synth();
