import { Duration, Names } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type ApiThrottling } from './api-throttling';
import { type AuthBinding, type RestCheck } from './auth-binding';
import { defineGatewayErrors } from './gateway-errors';
import { type RestDomain } from './rest-domain';
import { type Traffic } from './traffic';
import { type ApiRoute, type CallerSource } from '../contract/api';
import { acknowledge } from '../internal/acknowledge';
import { ApiGatewayLogging } from '../internal/api-gateway-logging';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { requirePattern } from '../internal/validation';
import { type Firewall } from '../posture';
import { type Build } from '../posture/build';

/** How a REST API is put on the network, as its builder chose. */
export interface RestApiOptions {
  readonly stageName: string;
  readonly corsOrigins: string[];
  readonly throttling: Required<ApiThrottling>;
  readonly domain?: RestDomain;
  readonly firewall?: Firewall;
}

export interface StreamingRestApiProps extends Build, RestApiOptions {
  readonly description: string;
  readonly handler: IFunction;
  readonly auth: AuthBinding;
  readonly routes: ApiRoute[];
  /** What a browser may send, and what it may read of an answer's headers. */
  readonly headers: { readonly sent: string[]; readonly exposed: string[] };
  /** How long an answer may take. */
  readonly timeout: Duration;
}

/** What one line of the access log says: who asked for what and how it went, never a word of the conversation. */
const accessLog = (caller: CallerSource) => JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  ip: '$context.identity.sourceIp',
  caller: CALLER_VARIABLES[caller],
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  handlerLatencyMs: '$context.integrationLatency',
  error: '$context.error.responseType',
  traceId: '$context.xrayTraceId',
});

const CALLER_VARIABLES: Readonly<Partial<Record<CallerSource, string>>> = {
  cognito: '$context.authorizer.claims.sub',
  authorizer: '$context.authorizer.principalId',
  iam: '$context.identity.userArn',
  apiKey: '$context.identity.apiKeyId',
};

/** The methods whose requests have a body. */
const WITH_BODY: readonly string[] = ['POST', 'PATCH'];

/** A regional REST API whose handler streams, and proves who calls. */
export class StreamingRestApi extends Construct {
  public readonly api: apigateway.RestApi;
  public readonly url: string;
  public readonly corsOrigins: string[];
  public readonly traffic: Traffic;

  constructor(scope: Construct, id: string, props: StreamingRestApiProps) {
    super(scope, id);
    requirePattern(this, 'stageName', props.stageName, /^\w{1,128}$/, '1 to 128 letters, digits and underscores');

    const check = props.auth.restCheck();
    this.corsOrigins = props.corsOrigins;
    this.api = this.defineApi(props);
    this.traffic = restTraffic(this.api.deploymentStage);
    this.url = props.domain?._lead(this, this.api) ?? this.api.url;
    this.defineRoutes(props, check);
    this.openTo(props);
    this.defineUsagePlan(props, check);
    defineGatewayErrors(this.api, check, props.corsOrigins, props.headers.exposed);
    props.posture.protectApi(this, this.api.deploymentStage, props.firewall, props.encryptionKey);
  }

  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [this.api.arnForExecuteApi('*', '/*', this.api.deploymentStage.stageName)] });
  }

  private defineApi(props: StreamingRestApiProps) {
    const accessLogs = new EncryptedLogs(this, 'AccessLogs', { retention: props.logRetention, encryptionKey: props.encryptionKey });
    const api = new apigateway.RestApi(this, 'Api', {
      // Metrics know an API by its name alone: under one name two APIs of an account would be one.
      restApiName: Names.uniqueResourceName(this, { separator: '-', maxLength: 64 }),
      description: props.description,
      endpointConfiguration: { types: [apigateway.EndpointType.REGIONAL] },
      cloudWatchRole: false,
      // Whoever knows another name of the API would pass by what is put in front of its own.
      disableExecuteApiEndpoint: props.domain && true,
      deployOptions: {
        stageName: props.stageName,
        tracingEnabled: true,
        metricsEnabled: true,
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        throttlingRateLimit: props.throttling.rate,
        throttlingBurstLimit: props.throttling.burst,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: apigateway.AccessLogFormat.custom(accessLog(props.auth.caller)),
      },
    });
    ApiGatewayLogging.requiredBy(api.deploymentStage);
    acknowledgeNoCache(api.deploymentStage);
    return api;
  }

  private defineRoutes(props: StreamingRestApiProps, { authorizer, authorizationType, apiKeys }: RestCheck) {
    const integration = new apigateway.LambdaIntegration(props.handler, {
      // One permission for the API, not one for each method: a stack holds 500 resources, and an API may have many methods.
      scopePermissionToMethod: false,
      timeout: props.timeout,
      responseTransferMode: apigateway.ResponseTransferMode.STREAM,
    });
    const validator = this.api.addRequestValidator('Validator', { validateRequestBody: true, validateRequestParameters: true });
    const body = this.api.addModel('JsonObject', { contentType: 'application/json', schema: { type: apigateway.JsonSchemaType.OBJECT } });
    for (const { method, path, bodiless } of props.routes) {
      const resource = this.api.root.resourceForPath(path);
      const added = resource.addMethod(method, integration, {
        authorizer,
        authorizationType,
        apiKeyRequired: apiKeys !== undefined,
        requestValidator: validator,
        // No body is no JSON object.
        requestModels: WITH_BODY.includes(method) && !bodiless ? { 'application/json': body } : undefined,
      });
      acknowledgeAuth(added, props.auth.caller);
    }
  }

  private defineUsagePlan({ throttling }: StreamingRestApiProps, { apiKeys }: RestCheck) {
    if (!apiKeys) return;
    const plan = this.api.addUsagePlan('UsagePlan', {
      apiStages: [{ api: this.api, stage: this.api.deploymentStage }],
      throttle: { rateLimit: throttling.rate, burstLimit: throttling.burst },
    });
    apiKeys.forEach((key) => plan.addApiKey(key));
  }

  private openTo({ corsOrigins, routes, headers }: StreamingRestApiProps) {
    if (corsOrigins.length === 0) return;
    for (const path of new Set(routes.map((route) => route.path))) {
      this.api.root.resourceForPath(path).addCorsPreflight({
        allowOrigins: corsOrigins,
        allowMethods: routes.filter((route) => route.path === path).map(({ method }) => method),
        allowHeaders: headers.sent,
        maxAge: Duration.hours(1),
      });
    }
  }
}

function acknowledgeAuth(method: apigateway.Method, caller: CallerSource) {
  if (caller === 'cognito') return;
  acknowledge(method, 'AwsSolutions-COG4', 'Callers are not users of a Cognito user pool: the builder chose IAM, API keys, another issuer or an authorizer of their own.');
  if (caller !== 'apiKey') return;
  acknowledge(method, 'AwsSolutions-APIG4', 'The builder chose API keys: API Gateway refuses a request without a key of the usage plan before the handler sees it.');
}

function acknowledgeNoCache(stage: apigateway.Stage) {
  for (const pack of ['HIPAA.Security', 'NIST.800.53.R5', 'PCI.DSS.321']) {
    acknowledge(stage, `${pack}-APIGWCacheEnabledAndEncrypted`,
      'Nothing is cached, so no cache holds data: answers are private to their caller and streamed, and API Gateway does not cache a streamed response.');
  }
}

function restTraffic(stage: apigateway.Stage): Traffic {
  return {
    title: 'API',
    latencyOf: 'to the last byte',
    speaker: 'API Gateway',
    evidence: "the access log's field error says which, and its traceId leads to the trace",
    requests: (options) => stage.metricCount(options),
    clientErrors: (options) => stage.metricClientError(options),
    serverErrors: (options) => stage.metricServerError(options),
    latency: (options) => stage.metricLatency(options),
  };
}
