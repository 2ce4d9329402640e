import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type ChatFront, type IChatEndpoint } from './chat-endpoint';
import { defineGatewayErrors } from './gateway-errors';
import { CHAT_ROUTES, CONVERSATION_HEADER } from '../contract/chat';
import { ApiGatewayLogging } from '../internal/api-gateway-logging';
import { EncryptedLogs } from '../internal/encrypted-logs';

export interface ChatRestApiProps extends ChatFront {
  readonly stageName: string;
}

/** What one line of the access log says: who asked for what and how it went, never a word of the conversation. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  ip: '$context.identity.sourceIp',
  caller: '$context.authorizer.principalId',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  handlerLatencyMs: '$context.integrationLatency',
  error: '$context.error.responseType',
  traceId: '$context.xrayTraceId',
};

/** The chat as a regional REST API. */
export class ChatRestApi extends Construct implements IChatEndpoint {
  public readonly api: apigateway.RestApi;
  public readonly url: string;

  constructor(scope: Construct, id: string, props: ChatRestApiProps) {
    super(scope, id);

    this.api = this.defineApi(props);
    this.url = this.api.url;
    this.defineRoutes(props);
    defineGatewayErrors(this.api, props);
    props.posture.protectApi(this.api, this.api.deploymentStage);
  }

  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [this.api.arnForExecuteApi('*', '/*', this.api.deploymentStage.stageName)] });
  }

  private defineApi(props: ChatRestApiProps) {
    const accessLogs = new EncryptedLogs(this, 'AccessLogs', { retention: props.logRetention, encryptionKey: props.encryptionKey });
    const api = new apigateway.RestApi(this, 'Api', {
      description: 'OpenAI-compatible chat',
      endpointConfiguration: { types: [apigateway.EndpointType.REGIONAL] },
      cloudWatchRole: false,
      deployOptions: {
        stageName: props.stageName,
        tracingEnabled: true,
        metricsEnabled: true,
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        throttlingRateLimit: props.throttling.rate,
        throttlingBurstLimit: props.throttling.burst,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    ApiGatewayLogging.requiredBy(api.deploymentStage);
    return api;
  }

  private defineRoutes(props: ChatRestApiProps) {
    const integration = new apigateway.LambdaIntegration(props.handler, {
      allowTestInvoke: false,
      timeout: props.turnTimeout,
      responseTransferMode: apigateway.ResponseTransferMode.STREAM,
    });
    const validator = this.api.addRequestValidator('Validator', { validateRequestBody: true, validateRequestParameters: true });
    const body = this.api.addModel('JsonObject', { contentType: 'application/json', schema: { type: apigateway.JsonSchemaType.OBJECT } });
    for (const { method, path } of Object.values(CHAT_ROUTES)) {
      const resource = this.api.root.resourceForPath(path);
      resource.addMethod(method, integration, {
        authorizer: props.auth.authorizer,
        authorizationType: props.auth.authorizationType,
        apiKeyRequired: props.auth.apiKeyRequired,
        requestValidator: validator,
        requestModels: method === 'POST' ? { 'application/json': body } : undefined,
      });
      this.openTo(props.corsOrigins, resource, method);
    }
  }

  private openTo(origins: string[], resource: apigateway.Resource, method: string) {
    if (origins.length === 0) return;
    resource.addCorsPreflight({
      allowOrigins: origins,
      allowMethods: [method],
      allowHeaders: ['authorization', 'content-type', 'x-api-key', CONVERSATION_HEADER],
      maxAge: Duration.hours(1),
    });
  }
}
