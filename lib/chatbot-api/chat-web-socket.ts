import { Aws, Duration, Names, Size, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { CfnStage, LogGroupLogDestination, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type ChatEndpoint, type ChatFront } from './chat-endpoint';
import { ConnectionTable } from './connection-table';
import { type SocketCheck, socketCheck } from './socket-authorizer';
import { type ApiThrottling } from '../api';
import { type Traffic } from '../api/traffic';
import { type ChatSocketEnv, type SocketReference } from '../contract/chat-socket';
import { acknowledge } from '../internal/acknowledge';
import { ApiGatewayLogging } from '../internal/api-gateway-logging';
import { BundledFunction } from '../internal/bundled-function';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { type ServiceRole } from '../internal/handler-role';
import { requirePattern } from '../internal/validation';
import { CalledService } from '../posture';

export interface ChatWebSocketProps extends ChatFront {
  readonly handler: LambdaFunction;
  readonly role: ServiceRole;
  readonly stageName: string;
  /** Of pages that upload attachments; a socket is opened by its token alone. */
  readonly corsOrigins: string[];
  readonly throttling: ApiThrottling;
}

/** An event that nobody took for so long is given up: whoever asked has asked again, or is gone. */
const LONGEST_WAIT = Duration.minutes(2);

/** What one line of the access log says. Neither headers, where a token is, nor messages are in it. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  event: '$context.eventType',
  route: '$context.routeKey',
  status: '$context.status',
  connection: '$context.connectionId',
  ip: '$context.identity.sourceIp',
  handlerLatencyMs: '$context.integrationLatency',
  error: '$context.error.message',
};

const CALLERS: Readonly<Record<SocketCheck['caller'], string>> = { authorizer: '$context.authorizer.principalId', iam: '$context.identity.userArn' };

/** The chat as a WebSocket API: a door takes messages in, and the handler answers behind it for as long as a turn takes. */
export class ChatWebSocket extends Construct implements ChatEndpoint {
  public readonly url: string;
  public readonly corsOrigins: string[];
  public readonly environment: ChatEndpoint['environment'];
  public readonly traffic: Traffic;

  private readonly webSocketApi: WebSocketApi;
  private readonly connections: ConnectionTable;
  private readonly stageName: string;

  constructor(scope: Construct, id: string, props: ChatWebSocketProps) {
    super(scope, id);
    requirePattern(this, 'stageName', props.stageName, /^\w{1,128}$/, '1 to 128 letters, digits and underscores');
    this.stageName = props.stageName;
    this.corsOrigins = props.corsOrigins;

    const check = socketCheck(this, props.auth, props);
    this.connections = new ConnectionTable(this, 'Connections', props);
    this.letAnswer(props);
    this.webSocketApi = this.defineApi(this.defineDoor(props, check), check);
    this.defineStage(props, check);
    this.letWrite(props.role);

    this.url = `wss://${this.address}`;
    this.environment = { TRANSPORT: 'webSocket', CALLER: 'connection', TOKENS: '', CORS_ORIGINS: '', SOCKET: this.reference() };
    this.traffic = socketTraffic({ ApiId: this.webSocketApi.apiId, Stage: this.stageName });
  }

  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [this.webSocketApi.arnForExecuteApiV2('$connect', this.stageName)] });
  }

  /** Not the stage's own: the handler would wait for the stage, which waits for its routes. */
  private get address(): string {
    return `${this.webSocketApi.apiId}.execute-api.${Stack.of(this).region}.${Aws.URL_SUFFIX}/${this.stageName}`;
  }

  private reference(): string {
    const reference: SocketReference = { table: this.connections.table.tableName, endpoint: `https://${this.address}` };
    return Stack.of(this).toJsonString(reference);
  }

  /** Nobody waits for an event of two minutes ago; and what was taken on once is taken on by nobody else, so a second run of Lambda's is harmless. */
  private letAnswer({ handler, role }: ChatWebSocketProps) {
    handler.configureAsyncInvoke({ maxEventAge: LONGEST_WAIT, retryAttempts: 2 });
    acknowledge(handler.node.findChild('EventInvokeConfig'), 'Serverless-LambdaAsyncFailureDestination',
      'The function has a dead-letter queue, which takes what is given up; a destination would be told of it a second time.');
    this.connections.grant(role, 'UpdateItem', 'Query', 'BatchWriteItem');
  }

  private letWrite(role: ServiceRole) {
    const connections = Stack.of(this).formatArn({ service: 'execute-api', resource: this.webSocketApi.apiId, resourceName: `${this.stageName}/POST/@connections/*` });
    role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['execute-api:ManageConnections'], resources: [connections] }));
    acknowledgeConnections(role, Stack.of(this).resolve(this.webSocketApi.apiId) as { Ref: string }, this.stageName);
  }

  private defineDoor(props: ChatWebSocketProps, check: SocketCheck) {
    const { posture, logRetention, encryptionKey, handler } = props;
    const door = new BundledFunction<ChatSocketEnv>(this, 'Door', {
      bundle: 'chat-socket',
      description: 'Takes the messages of sockets in',
      timeout: Duration.seconds(20),
      memory: Size.mebibytes(512),
      logRetention,
      encryptionKey,
      reservedConcurrency: posture.reservedConcurrency,
      place: (placed) => posture.placeFunction(placed, [CalledService.DYNAMODB, CalledService.LAMBDA, CalledService.XRAY]),
    });
    this.connections.grant(door.role, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem');
    door.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [handler.functionArn] }));
    door.configure({ CONNECTIONS_TABLE: this.connections.table.tableName, CHAT_FUNCTION: handler.functionName, CALLER: check.caller, SERVICE: Names.uniqueResourceName(this, { separator: '-', maxLength: 64 }) });
    return door.function;
  }

  private defineApi(door: LambdaFunction, { authorizer }: SocketCheck) {
    const api = new WebSocketApi(this, 'Api', {
      apiName: Names.uniqueResourceName(this, { separator: '-', maxLength: 64 }),
      description: 'Chat over sockets',
      routeSelectionExpression: '$request.body.type',
    });
    const integration = (name: string) => new WebSocketLambdaIntegration(name, door);
    api.addRoute('$connect', { integration: integration('OnConnect'), authorizer });
    const others = [
      api.addRoute('$disconnect', { integration: integration('OnDisconnect') }),
      // What the door says at once goes back as the answer of the route.
      api.addRoute('$default', { integration: integration('OnMessage'), returnResponse: true }),
    ];
    for (const route of others) acknowledge(route, 'AwsSolutions-APIG4', 'API Gateway checks who opens a connection, and has no other check: whoever is connected has passed it.');
    return api;
  }

  private defineStage({ throttling: { rate, burst }, logRetention, encryptionKey }: ChatWebSocketProps, { caller }: SocketCheck) {
    const accessLogs = new EncryptedLogs(this, 'AccessLogs', { retention: logRetention, encryptionKey });
    const stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.webSocketApi,
      stageName: this.stageName,
      autoDeploy: true,
      throttle: { rateLimit: rate, burstLimit: burst },
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLogs),
        format: AccessLogFormat.custom(JSON.stringify({ ...ACCESS_LOG, caller: CALLERS[caller] })),
      },
    });
    const resource = stage.node.defaultChild as CfnStage;
    resource.addPropertyOverride('DefaultRouteSettings.LoggingLevel', 'ERROR');
    resource.addPropertyOverride('DefaultRouteSettings.DataTraceEnabled', false);
    ApiGatewayLogging.requiredBy(stage);
  }
}

function acknowledgeConnections(role: ServiceRole, { Ref: api }: { Ref: string }, stage: string) {
  acknowledge(role, `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${api}>/${stage}/POST/@connections/*]`,
    'Connections have no names before somebody opens them; the handler writes to those of its own API and stage, and to none but the one that asked.');
}

function socketTraffic(dimensionsMap: Record<string, string>): Traffic {
  const metric = (metricName: string, statistic: string, options?: MetricOptions) => new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap, statistic, ...options });
  return {
    title: 'WebSocket API',
    latencyOf: 'of its door',
    speaker: 'API Gateway, or the door behind it,',
    evidence: "the access log's field error says which, and the log of the door has its stack",
    // Messages are counted both ways, answers too: what clients send is what the door is called for, or would be.
    requests: ({ label, period } = {}) => new MathExpression({
      expression: 'FILL(calls, 0) + FILL(execution, 0)',
      usingMetrics: { calls: metric('IntegrationLatency', Stats.SAMPLE_COUNT), execution: metric('ExecutionError', Stats.SUM) },
      label,
      period,
    }),
    clientErrors: (options) => metric('ClientError', Stats.SUM, options),
    serverErrors: ({ label, period } = {}) => new MathExpression({
      expression: 'FILL(integration, 0) + FILL(execution, 0)',
      usingMetrics: { integration: metric('IntegrationError', Stats.SUM), execution: metric('ExecutionError', Stats.SUM) },
      label,
      period,
    }),
    latency: (options) => metric('IntegrationLatency', Stats.AVERAGE, options),
  };
}
