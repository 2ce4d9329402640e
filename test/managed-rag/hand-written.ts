import { Duration, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CfnIndex, CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { type Construct } from 'constructs';
import { GATEWAY_ERRORS } from '../../bench/synth/gateway-errors';

/** What `new ManagedRag(stack, 'Rag')` makes, as somebody would write it by hand who wants the same to be there: what it does, how it is watched, what the rule packs ask for. */
export class HandWrittenStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const documents = this.bucketWithLogs();
    const { base, source } = this.knowledgeBase(documents);
    this.sync(documents, base, source);
    this.api(base);
  }

  private bucketWithLogs() {
    const common = { blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, versioned: true };
    const accessLogs = new s3.Bucket(this, 'AccessLogs', common);
    return new s3.Bucket(this, 'Documents', { ...common, serverAccessLogsBucket: accessLogs });
  }

  private knowledgeBase(documents: s3.Bucket) {
    const vectors = new CfnVectorBucket(this, 'Vectors');
    const index = new CfnIndex(this, 'Index', {
      vectorBucketArn: vectors.attrVectorBucketArn,
      dataType: 'float32',
      dimension: 1024,
      distanceMetric: 'cosine',
      metadataConfiguration: { nonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com') });
    documents.grantRead(role);
    role.addToPolicy(new iam.PolicyStatement({ actions: ['s3vectors:*'], resources: [index.attrIndexArn] }));
    const base = new CfnKnowledgeBase(this, 'Base', {
      name: 'by-hand',
      roleArn: role.roleArn,
      knowledgeBaseConfiguration: { type: 'VECTOR', vectorKnowledgeBaseConfiguration: { embeddingModelArn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0' } },
      storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: index.attrIndexArn } },
    });
    base.node.addDependency(role);
    const source = new CfnDataSource(this, 'Source', {
      knowledgeBaseId: base.attrKnowledgeBaseId, name: 'by-hand', dataSourceConfiguration: { type: 'S3', s3Configuration: { bucketArn: documents.bucketArn } },
    });
    const delivered = new logs.LogGroup(this, 'Delivered');
    const from = new logs.CfnDeliverySource(this, 'From', { name: 'by-hand', logType: 'APPLICATION_LOGS', resourceArn: base.attrKnowledgeBaseArn });
    const to = new logs.CfnDeliveryDestination(this, 'To', { name: 'by-hand', destinationResourceArn: delivered.logGroupArn });
    new logs.CfnDelivery(this, 'Delivery', { deliverySourceName: from.name, deliveryDestinationArn: to.attrArn });
    return { base, source };
  }

  private sync(documents: s3.Bucket, base: CfnKnowledgeBase, source: CfnDataSource) {
    (documents.node.defaultChild as s3.CfnBucket).notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    const lost = new sqs.Queue(this, 'Lost', { enforceSSL: true });
    const lostChanges = new sqs.Queue(this, 'LostChanges', { enforceSSL: true, fifo: true });
    const jobs = new sqs.Queue(this, 'Jobs', { enforceSSL: true, deadLetterQueue: { queue: lost, maxReceiveCount: 5 } });
    const changes = new sqs.Queue(this, 'Changes', { enforceSSL: true, fifo: true, deadLetterQueue: { queue: lostChanges, maxReceiveCount: 5 } });
    const table = new dynamodb.TableV2(this, 'Table', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } });

    const inLine = this.function('InLine', lost);
    changes.grantSendMessages(inLine);
    const reads = this.function('Reads', lost);
    table.grantReadWriteData(reads);
    documents.grantRead(reads);
    reads.addToRolePolicy(new iam.PolicyStatement({ actions: ['bedrock:*'], resources: [base.attrKnowledgeBaseArn] }));
    for (const queue of [jobs, changes]) reads.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
    const drains = this.function('Drains', lost);
    drains.addToRolePolicy(new iam.PolicyStatement({ actions: ['bedrock:*'], resources: [base.attrKnowledgeBaseArn] }));
    source.node.addDependency(drains);

    const rule = (id: string, eventPattern: events.EventPattern, target: events.IRuleTarget) => new events.Rule(this, id, { eventPattern, targets: [target] });
    rule('OnChange', { source: ['aws.s3'] }, new targets.LambdaFunction(inLine, { deadLetterQueue: lost }));
    rule('OnDeploy', { source: ['aws.cloudformation'] }, new targets.SqsQueue(jobs, { deadLetterQueue: lost }));
    rule('OnDelete', { source: ['aws.cloudformation'] }, new targets.LambdaFunction(drains, { deadLetterQueue: lost }));
  }

  private api(base: CfnKnowledgeBase) {
    const users = new cognito.UserPool(this, 'Users', { selfSignUpEnabled: false });
    users.addClient('Client');
    const handler = this.function('Answers', new sqs.Queue(this, 'LostAnswers', { enforceSSL: true }));
    handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['bedrock:Retrieve'], resources: [base.attrKnowledgeBaseArn] }));
    const accessLogs = new logs.LogGroup(this, 'ApiLogs');
    const api = new apigateway.RestApi(this, 'Api', {
      cloudWatchRole: true, deployOptions: { accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs) },
    });
    const requestValidator = api.addRequestValidator('Validator', { validateRequestBody: true });
    const requestModels = { 'application/json': api.addModel('JsonObject', { schema: { type: apigateway.JsonSchemaType.OBJECT } }) };
    const authorizer = new apigateway.CognitoUserPoolsAuthorizer(this, 'Authorizer', { cognitoUserPools: [users] });
    const responseTransferMode = apigateway.ResponseTransferMode.STREAM;
    const integration = new apigateway.LambdaIntegration(handler, { allowTestInvoke: false, timeout: Duration.seconds(29), responseTransferMode });
    const v1 = api.root.addResource('v1');
    for (const path of ['query', 'retrieve']) v1.addResource(path).addMethod('POST', integration, { authorizer, requestValidator, requestModels });
    for (const [id, type] of GATEWAY_ERRORS) api.addGatewayResponse(id, { type });
  }

  private function(id: string, deadLetterQueue: sqs.Queue) {
    return new lambda.Function(this, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => {};'),
      tracing: lambda.Tracing.ACTIVE,
      deadLetterQueue,
      logGroup: new logs.LogGroup(this, `${id}Logs`),
    });
  }
}
