// The yardstick of `synth-rag`: the resources of the example of answers from documents, written by hand with what aws-cdk-lib offers.
import { join } from 'node:path';
import { App, Aws, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CfnIndex, CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { GATEWAY_ERRORS } from './gateway-errors';

const MODEL = 'amazon.nova-2-lite-v1:0';
const EMBEDDING = `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}::foundation-model/amazon.titan-embed-text-v2:0`;
const app = new App();
const stack = new Stack(app, 'ManagedRag');
const allow = (actions: string[], resources: string[], conditions?: Record<string, object>) => new iam.PolicyStatement({ actions, resources, conditions });
const policy = (id: string, role: iam.Role, ...statements: iam.PolicyStatement[]) => new iam.ManagedPolicy(stack, id, { roles: [role], statements });

const privately: s3.BucketProps = {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: true,
  removalPolicy: RemovalPolicy.RETAIN,
  lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7), noncurrentVersionExpiration: Duration.days(30) }],
};
const accessLog = new s3.Bucket(stack, 'AccessLog', privately);
accessLog.addToResourcePolicy(new iam.PolicyStatement({
  actions: ['s3:PutObject'],
  principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
  resources: [accessLog.arnForObjects('documents/*')],
  conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
}));
const documents = new s3.Bucket(stack, 'Documents', privately);
const documentsResource = documents.node.defaultChild as s3.CfnBucket;
documentsResource.loggingConfiguration = { destinationBucketName: accessLog.bucketName, logFilePrefix: 'documents/' };
documentsResource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };

const vectors = new CfnVectorBucket(stack, 'Vectors', { encryptionConfiguration: { sseType: 'AES256' } });
const index = new CfnIndex(stack, 'Index', {
  vectorBucketArn: vectors.attrVectorBucketArn,
  dataType: 'float32',
  dimension: 1024,
  distanceMetric: 'cosine',
  metadataConfiguration: { nonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
});
const reader = new iam.Role(stack, 'Reader', {
  assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
});
const ours = { StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID } };
policy('ReaderPermissions', reader,
  allow(['bedrock:InvokeModel'], [EMBEDDING]), allow(['s3:ListBucket'], [documents.bucketArn], ours), allow(['s3:GetObject'], [documents.arnForObjects('*')], ours));
policy('ReaderStore', reader, allow(['Delete', 'Get', 'List', 'Put', 'Query'].map((verb) => `s3vectors:${verb}Vectors`).concat('s3vectors:GetIndex'), [`${vectors.attrVectorBucketArn}/index/*`]));
const base = new CfnKnowledgeBase(stack, 'Base', {
  name: 'documents',
  roleArn: reader.roleArn,
  knowledgeBaseConfiguration: {
    type: 'VECTOR',
    vectorKnowledgeBaseConfiguration: {
      embeddingModelArn: EMBEDDING, embeddingModelConfiguration: { bedrockEmbeddingModelConfiguration: { dimensions: 1024, embeddingDataType: 'FLOAT32' } },
    },
  },
  storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: index.attrIndexArn } },
});
base.node.addDependency(reader, index);
const source = new CfnDataSource(stack, 'Source', {
  knowledgeBaseId: base.attrKnowledgeBaseId, name: 'documents', dataDeletionPolicy: 'DELETE', dataSourceConfiguration: { type: 'S3', s3Configuration: { bucketArn: documents.bucketArn } },
});
const baseLogs = new logs.LogGroup(stack, 'BaseLogs', { logGroupName: '/aws/vendedlogs/bedrock/knowledge-base/documents', retention: logs.RetentionDays.THREE_MONTHS });
const from = new logs.CfnDeliverySource(stack, 'From', { name: 'documents', logType: 'APPLICATION_LOGS', resourceArn: base.attrKnowledgeBaseArn });
const to = new logs.CfnDeliveryDestination(stack, 'To', { name: 'documents', destinationResourceArn: baseLogs.logGroupArn });
new logs.CfnDelivery(stack, 'Delivery', { deliverySourceName: from.name, deliveryDestinationArn: to.attrArn }).node.addDependency(from);

const queue = (id: string, props: sqs.QueueProps = {}) => new sqs.Queue(stack, id, {
  enforceSSL: true, encryption: sqs.QueueEncryption.SQS_MANAGED, retentionPeriod: Duration.days(14), ...props,
});
const lost = queue('Lost');
const lostChanges = queue('LostChanges', { fifo: true });
const visibilityTimeout = Duration.minutes(12);
const jobs = queue('Jobs', { visibilityTimeout, deadLetterQueue: { queue: lost, maxReceiveCount: 5 } });
const changes = queue('Changes', { fifo: true, visibilityTimeout, deadLetterQueue: { queue: lostChanges, maxReceiveCount: 10 } });
const lostAnswers = queue('LostAnswers');
const table = new dynamodb.TableV2(stack, 'Table', {
  partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
  sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
  timeToLiveAttribute: 'expiresAt',
  billing: dynamodb.Billing.onDemand(),
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  removalPolicy: RemovalPolicy.DESTROY,
});

interface HandlerProps {
  readonly timeout: Duration;
  readonly memorySize: number;
  readonly deadLetterQueue: sqs.Queue;
  readonly environment: Record<string, string>;
  readonly statements: iam.PolicyStatement[];
  /** What stands in a policy of its own. */
  readonly apart?: iam.PolicyStatement[];
}
function define(id: string, folder: string, { statements, apart, ...props }: HandlerProps) {
  const logGroup = new logs.LogGroup(stack, `${id}Logs`, { retention: logs.RetentionDays.THREE_MONTHS });
  const role = new iam.Role(stack, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  policy(`${id}Permissions`, role,
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]), allow(['sqs:SendMessage'], [props.deadLetterQueue.queueArn]), ...statements);
  if (apart) policy(`${id}Apart`, role, ...apart);
  policy(`${id}Tracing`, role, allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']));
  const handler = new lambda.Function(stack, id, {
    ...props,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(join(process.env.HANDLERS ?? '', folder)),
    handler: 'index.handler',
    role: role.withoutPolicyUpdates(),
    logGroup,
    tracing: lambda.Tracing.ACTIVE,
  });
  return { handler, role, logGroup };
}

const SOURCES = stack.toJsonString([{ dataSourceId: source.attrDataSourceId, bucket: documents.bucketName }]);
const ofBase = (...actions: string[]) => allow(actions.map((action) => `bedrock:${action}`), [base.attrKnowledgeBaseArn]);
const drain = define('Drain', 'sync-drain', {
  timeout: Duration.minutes(5),
  memorySize: 256,
  deadLetterQueue: lost,
  statements: [],
  apart: [ofBase('ListDataSources', 'ListIngestionJobs', 'StopIngestionJob', 'GetIngestionJob')],
  environment: { KNOWLEDGE_BASE_ID: base.attrKnowledgeBaseId, SERVICE: 'rag' },
});
source.node.addDependency(drain.handler, drain.role, reader);
const sync = define('Sync', 'document-sync', {
  timeout: Duration.minutes(2),
  memorySize: 512,
  deadLetterQueue: lost,
  statements: [
    ofBase('StartIngestionJob', 'GetIngestionJob', 'ListKnowledgeBaseDocuments', 'IngestKnowledgeBaseDocuments', 'DeleteKnowledgeBaseDocuments', 'GetKnowledgeBaseDocuments'),
    allow(['GetItem', 'UpdateItem', 'BatchWriteItem', 'Query', 'BatchGetItem'].map((action) => `dynamodb:${action}`), [table.tableArn]),
    allow(['sqs:SendMessage'], [jobs.queueArn, changes.queueArn]),
    allow(['sqs:ChangeMessageVisibility'], [changes.queueArn]),
    ...[jobs, changes].map(({ queueArn }) => allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [queueArn])),
    allow(['s3:GetObject'], [documents.arnForObjects('*')]),
    allow(['s3:ListBucket'], [documents.bucketArn]),
  ],
  environment: {
    KNOWLEDGE_BASE_ID: base.attrKnowledgeBaseId, SOURCES, SYNC_TABLE: table.tableName, CHANGES_URL: changes.queueUrl, JOBS_URL: jobs.queueUrl, BACKLOG: '1000', SERVICE: 'rag',
  },
});
for (const [id, { queueArn }, batchSize] of [['JobsMapping', jobs, 1], ['ChangesMapping', changes, 10]] as const) {
  new lambda.CfnEventSourceMapping(stack, id, {
    eventSourceArn: queueArn, functionName: sync.handler.functionName, batchSize, scalingConfig: { maximumConcurrency: 2 }, functionResponseTypes: ['ReportBatchItemFailures'],
  }).node.addDependency(sync.role);
}
const inLine = define('InLine', 'document-changes', {
  timeout: Duration.seconds(30),
  memorySize: 256,
  deadLetterQueue: lost,
  statements: [allow(['sqs:SendMessage'], [changes.queueArn])],
  environment: { SOURCES, QUEUE_URL: changes.queueUrl, SERVICE: 'rag' },
});

const EVENTS = new iam.ServicePrincipal('events.amazonaws.com');
const letSend = ({ ruleArn }: events.Rule, receiver: sqs.Queue) => receiver.addToResourcePolicy(new iam.PolicyStatement({
  actions: ['sqs:SendMessage'], principals: [EVENTS], resources: [receiver.queueArn], conditions: { ArnEquals: { 'aws:SourceArn': ruleArn } },
}));
function rule(id: string, eventPattern: events.EventPattern, target: sqs.Queue | lambda.Function) {
  const made = new events.Rule(stack, id, { eventPattern });
  const isQueue = target instanceof sqs.Queue;
  if (isQueue) letSend(made, target);
  else target.addPermission(`Allow${id}`, { principal: EVENTS, sourceArn: made.ruleArn });
  letSend(made, lost);
  made.addTarget({
    bind: () => ({
      arn: isQueue ? target.queueArn : target.functionArn,
      input: isQueue ? events.RuleTargetInput.fromObject({ sync: 'all' }) : undefined,
      retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 24 },
      deadLetterConfig: { arn: lost.queueArn },
    }),
  });
  return made;
}
const stackEvents = (...status: string[]) => ({
  source: ['aws.cloudformation'], detailType: ['CloudFormation Stack Status Change'], detail: { 'stack-id': [Aws.STACK_ID], 'status-details': { status } },
});
rule('OnChange', { source: ['aws.s3'], detailType: ['Object Created', 'Object Deleted'], detail: { bucket: { name: [documents.bucketName] } } }, inLine.handler);
rule('OnDeploy', stackEvents('CREATE_COMPLETE', 'UPDATE_COMPLETE'), jobs).node.addDependency(source);
source.node.addDependency(rule('OnDelete', stackEvents('DELETE_IN_PROGRESS'), drain.handler));

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

const profile = `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:inference-profile/global.${MODEL}`;
const answers = define('Answers', 'rag', {
  timeout: Duration.minutes(5),
  memorySize: 1024,
  deadLetterQueue: lostAnswers,
  statements: [
    ofBase('Retrieve'),
    allow(['bedrock:InvokeModelWithResponseStream'], [profile]),
    allow(['bedrock:InvokeModelWithResponseStream'], [`arn:${Aws.PARTITION}:bedrock:${Aws.REGION}::foundation-model/${MODEL}`, `arn:${Aws.PARTITION}:bedrock:::foundation-model/${MODEL}`], {
      StringEquals: { 'bedrock:InferenceProfileArn': profile },
    }),
  ],
  environment: {
    KNOWLEDGE: stack.toJsonString({ id: base.attrKnowledgeBaseId, passages: 5, search: 'SEMANTIC' }),
    MODEL: JSON.stringify({ id: `global.${MODEL}`, name: `global.${MODEL}` }),
    GENERATION: '{"maxTokens":2048}',
    GUARDRAIL: '',
    CALLER: 'cognito',
    CORS_ORIGINS: '',
    SERVICE: 'rag',
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
const integration = new apigateway.LambdaIntegration(answers.handler, {
  allowTestInvoke: false, scopePermissionToMethod: false, timeout: Duration.minutes(5), responseTransferMode: apigateway.ResponseTransferMode.STREAM,
});
const authorizer = new apigateway.CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [userPool] });
const requestValidator = api.addRequestValidator('Validator', { validateRequestBody: true, validateRequestParameters: true });
const requestModels = { 'application/json': api.addModel('JsonObject', { contentType: 'application/json', schema: { type: apigateway.JsonSchemaType.OBJECT } }) };
const v1 = api.root.addResource('v1');
for (const path of ['query', 'retrieve']) v1.addResource(path).addMethod('POST', integration, { authorizer, requestValidator, requestModels });
for (const [id, type] of GATEWAY_ERRORS) {
  api.addGatewayResponse(id, {
    type,
    responseHeaders: { 'x-request-id': 'context.requestId' },
    templates: { 'application/json': `{"error":{"message":$context.error.messageString,"type":"api_error","param":null,"code":"${id}"}}` },
  });
}

const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
topic.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')], resources: [topic.topicArn] }));
const { SUM, p } = cloudwatch.Stats;
const metric = (metricName: string, statistic: string = SUM, period = Duration.minutes(5)) =>
  new cloudwatch.Metric({ namespace: 'Rag', metricName, dimensionsMap: { Service: 'rag' }, statistic, period });
const errorRate = new cloudwatch.MathExpression({ expression: '100 * errors / (turns + errors)', usingMetrics: { turns: metric('Turns'), errors: metric('Errors') } });
const given = [lost, lostChanges, lostAnswers].map((each) => each.metricApproximateNumberOfMessagesVisible());
const givenUp = new cloudwatch.MathExpression({ expression: 'a + b + c', usingMetrics: { a: given[0], b: given[1], c: given[2] } });
const stage = api.deploymentStage;
const hour = Duration.hours(1);
const rings: [string, cloudwatch.IMetric, number][] = [
  ['ErrorRate', errorRate, 5], ['ApiErrors', stage.metricServerError({ statistic: cloudwatch.Stats.AVERAGE }), 0.05], ['Slow', metric('TimeToFirstToken', p(95)), 8000],
  ['FailedDocuments', metric('DocumentsFailed', SUM, hour), 0], ['FailedJobs', metric('SyncJobsFailed', SUM, hour), 0],
  ['Stale', changes.metricApproximateAgeOfOldestMessage(), 3600], ['Dead', givenUp, 0],
];
const alarms = rings.map(([id, rung, threshold]) => new cloudwatch.Alarm(stack, id, {
  metric: rung, threshold, evaluationPeriods: 1, comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD, alarmDescription: `${id}: see the dashboard.`,
}));
for (const alarm of alarms) {
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
}
const graph = (title: string, ...left: cloudwatch.IMetric[]) => new cloudwatch.GraphWidget({ title, left });
const lifeOf = (title: string, { handler }: { handler: lambda.Function }) => graph(title, handler.metric('ConcurrentExecutions'), handler.metricThrottles(), handler.metricErrors());
new cloudwatch.Dashboard(stack, 'Dashboard', {
  widgets: [
    [new cloudwatch.TextWidget({ markdown: '# Rag' }), new cloudwatch.AlarmStatusWidget({ alarms })],
    [graph('Questions', metric('Turns'), metric('Errors')), graph('Failed', errorRate), graph('First token', metric('TimeToFirstToken', p(50)), metric('TimeToFirstToken', p(95))), graph('Cost', metric('Cost', SUM, hour))],
    [
      graph('Retrievals', metric('Retrievals'), metric('EmptyRetrievals'), metric('RetrievalErrors')), graph('Retrieval', metric('RetrievalDuration', p(50)), metric('RetrievalDuration', p(95))),
      graph('Score', metric('TopScore', p(50)), metric('TopScore', p(5))), graph('Without a citation', metric('UncitedAnswers')),
    ],
    [
      graph('Documents', metric('DocumentsIndexed'), metric('DocumentsDeleted'), metric('DocumentsFailed')), graph('Jobs', metric('SyncJobs'), metric('SyncJobsFailed')),
      graph('Lag', metric('SyncLag', p(50)), metric('SyncLag', p(95))), graph('Waiting', changes.metricApproximateNumberOfMessagesVisible(), ...given),
    ],
    [graph('API', stage.metricCount(), stage.metricClientError(), stage.metricServerError()), graph('Latency', stage.metricLatency()), lifeOf('Handler', answers), lifeOf('Sync', sync)],
    [new cloudwatch.LogQueryWidget({ logGroupNames: [answers.logGroup.logGroupName], queryLines: ['fields @timestamp, errorCode', 'filter ispresent(errorCode)'] })],
  ],
});

new CfnOutput(stack, 'Url', { value: api.url });
new CfnOutput(stack, 'DocumentsName', { value: documents.bucketName });
app.synth();
