import { Duration } from 'aws-cdk-lib';
import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type IUserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type FargateService } from 'aws-cdk-lib/aws-ecs';
import { type ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { chatAlarms } from './chat-alarms';
import { type ChatAlarmsOptions } from './chat-alarms-options';
import { attachmentPolicy } from './chat-attachments';
import { ChatContent } from './chat-content';
import { chatCharts } from './chat-dashboard';
import { type ChatEndpoint } from './chat-endpoint';
import { chatEnvironment } from './chat-environment';
import { callsFunctions } from './chat-hooks';
import { type ChatHost } from './chat-host';
import { knowledgeCalls, knowledgeConnects, knowledgeParts, knowledgePlace } from './chat-knowledge';
import { type ChatSignals } from './chat-signals';
import { type ChatbotApiProps } from './chatbot-api-props';
import { requireFittingProps, requireValidProps, warnOfIdleGrant } from './chatbot-api-rules';
import { ConversationMemory } from './conversation-memory';
import { groupCharts } from './group-charts';
import { GroupMetrics } from './group-metrics';
import { type MemoryBinding } from './memory-binding';
import { QuotaTable } from './quota-table';
import { Transport } from './transport';
import { ApiAuth } from '../api/api-auth';
import { type AuthBinding } from '../api/auth-binding';
import { CHAT_METRICS, FEEDBACK_METRICS, ROUTING_METRICS, SYSTEM_PROMPT_FILE, type AttachmentPolicy } from '../contract/chat';
import { HOOK_METRICS } from '../contract/chat-hooks';
import { QUOTA_METRICS } from '../contract/chat-quotas';
import { Model } from '../model';
import { BoundModels } from '../model/bound-models';
import { type DashboardOptions, type IAlarms } from '../observability';
import { Operations } from '../observability/operations';
import { failedRequests } from '../observability/operations-dashboard';
import { CalledService } from '../posture';
import { type Build, buildOf } from '../posture/build';

const TURN_TIMEOUT = Duration.minutes(5);
const FILE_RETENTION = Duration.days(90);
const DOCUMENTATION = 'https://github.com/cdk-genai-patterns/cdk-genai-patterns/blob/main/docs/chatbot-api.md#metrics-and-alarms';

/**
 * A chat that answers from a model and a prompt, over an API that OpenAI's clients understand, with conversations that belong to their caller.
 *
 * @example
 * const chat = new ChatbotApi(this, 'Chat', { systemPrompt: 'You answer questions about our products.' });
 * new CfnOutput(this, 'Url', { value: chat.url });
 */
export class ChatbotApi extends Construct {
  /** Where conversations are kept, one item a message, where their memory is a table. */
  public readonly table?: TableV2;

  /** Where long messages are kept, and what callers attach. */
  public readonly bucket: Bucket;

  /** The function that answers, where the transport runs one. */
  public readonly handler?: LambdaFunction;

  /** The service whose tasks answer, where the transport runs some. */
  public readonly service?: FargateService;

  /** The load balancer in front of the tasks, where there are some. */
  public readonly loadBalancer?: ApplicationLoadBalancer;

  /** The REST API, where the transport makes one. */
  public readonly api?: RestApi;

  /** The users, where they live in Cognito. */
  public readonly userPool?: IUserPool;

  /** The client with which a web page or an app signs users in; made together with the user pool. */
  public readonly userPoolClient?: UserPoolClient;

  /** Where the chat answers, with a slash at its end; OpenAI clients take `${url}v1` as their base URL. */
  public readonly url: string;

  private readonly build: Build;
  private readonly auth: AuthBinding;
  private readonly memory: MemoryBinding;
  private readonly quotas?: QuotaTable;
  private readonly hooked: boolean;
  private readonly groups = new GroupMetrics(this);
  private readonly content: ChatContent;
  private readonly attachments?: AttachmentPolicy;
  private readonly models: BoundModels;
  private readonly host: ChatHost;
  private readonly endpoint: ChatEndpoint;
  private readonly operations: Operations;

  constructor(scope: Construct, id: string, props: ChatbotApiProps = {}) {
    super(scope, id);
    requireValidProps(this, props);

    this.build = buildOf(this, props);
    this.operations = new Operations(this, { documentation: DOCUMENTATION, encryptionKey: this.build.encryptionKey });
    this.auth = (props.auth ?? ApiAuth.cognito())._bind(this, this.build);
    this.userPool = this.auth.userPool;
    this.userPoolClient = this.auth.userPoolClient;
    this.memory = (props.conversations?.memory ?? ConversationMemory.dynamoDb())._bind(this, this.build);
    this.table = this.memory.table;
    this.content = this.defineContent(props);
    this.bucket = this.content.bucket;
    this.hooked = callsFunctions(props.hooks ?? {});
    this.quotas = props.quotas && new QuotaTable(this, 'Quotas', this.build, props.quotas);

    this.models = new BoundModels(this, props.model ?? Model.standard());
    this.host = this.defineHost(props);
    this.handler = this.host.handler;
    this.service = this.host.service;
    requireFittingProps(this, props, this.models, this.auth);
    this.memory.grantUse(this.host.role);
    this.quotas?.grantUse(this.host.role);
    this.attachments = attachmentPolicy(props.conversations?.attachments, this.models.inputs, this.content.retention.files);
    this.content.grantUse(this.host.role, { conversations: this.memory.keepsConversations, files: this.attachments !== undefined });

    this.endpoint = this.defineEndpoint(props);
    this.api = this.endpoint.api;
    this.loadBalancer = this.endpoint.loadBalancer;
    this.url = this.endpoint.url;
    this.content.bucket.allowUploads(this.endpoint.corsOrigins);
    this.host.configure(this.environment(props));
  }

  /** Lets somebody call the chat with IAM credentials; takes effect with `ApiAuth.iam()`. */
  public grantInvoke(grantee: IGrantable): Grant {
    warnOfIdleGrant(this, this.auth);
    return this.endpoint.grantInvoke(grantee);
  }

  /**
   * Adds alarms for what users feel and what you pay: failed turns, slow first tokens, throttling by the model, an unusual cost, errors of the API,
   * events that were given up. An alarm says in its description what it means and what to do next.
   *
   * @example
   * declare const chat: ChatbotApi;
   * chat.addAlarms({ timeToFirstToken: Duration.seconds(3) }).topic.addSubscription(new EmailSubscription('on-call@example.com'));
   */
  public addAlarms(options: ChatAlarmsOptions = {}): IAlarms {
    return this.operations.addAlarms(chatAlarms(this, this.signals, options), options);
  }

  /** Adds a dashboard: turns, first tokens, tokens, cost and refusals, what carries them, alarms where there are some, and the requests that failed last. */
  public addDashboard(options: DashboardOptions = {}): cloudwatch.Dashboard {
    return this.operations.addDashboard({ rows: chatCharts(this.signals), failures: failedRequests(this.host.logGroup) }, options);
  }

  /**
   * Counts turns, errors, tokens and cost again by groups of callers: each turn for the first of these (at most 10) that its caller's proof names, else for `other`.
   *
   * @param groups the groups' names, as tokens and authorizers have them
   */
  public addGroupMetrics(groups: string[]): void {
    this.groups.add(groups, this.auth);
    this.operations.addRow(groupCharts(this.signals));
  }

  /** A metric of the chat, by its name in CloudWatch; the sum over five minutes unless told otherwise. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.operations.metric(metricName, this.models.routed ? {} : { Model: this.models.name }, options);
  }

  /** Turns that were answered to the end. */
  public metricTurns(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.turns, options);
  }

  /** Tokens of prompts, those read from the prompt cache included. */
  public metricInputTokens(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.inputTokens, options);
  }

  /** Tokens that the model wrote. */
  public metricOutputTokens(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.outputTokens, options);
  }

  /** Tokens that were read from the prompt cache. */
  public metricCacheReadTokens(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.cacheReadTokens, options);
  }

  /** Milliseconds from the request to the first token of the answer; 95 of 100 turns are faster. */
  public metricTimeToFirstToken(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.timeToFirstToken, { statistic: cloudwatch.Stats.p(95), ...options });
  }

  /** Milliseconds that a turn took; 95 of 100 turns are faster. */
  public metricTurnDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.turnDuration, { statistic: cloudwatch.Stats.p(95), ...options });
  }

  /** What the model cost, in US dollars; there is none for models whose prices are not known. */
  public metricCost(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.cost, options);
  }

  /** Times that the model refused a call because too many were made; those that a retry got over count too. */
  public metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.throttles, options);
  }

  /** Turns that failed on the side of the service or the model; requests that were refused are not counted. */
  public metricErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.errors, options);
  }

  /** Turns that the guardrail blocked. */
  public metricGuardrailBlocks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.guardrailBlocks, options);
  }

  /** Times that another model answered in the place of the one that was asked, where a router has others. */
  public metricFallbacks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(ROUTING_METRICS.fallbacks, options);
  }

  /**
   * A metric of one of the models behind a router; without a router there is but one.
   *
   * @param modelName what the model is called in `model` of answers
   * @param metricName the metric's name in CloudWatch, such as `Turns`, `Cost` or `FeedbackUp`
   */
  public metricOfModel(modelName: string, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(metricName, { label: modelName, ...options, dimensionsMap: this.operations.dimensions({ Model: modelName }) });
  }

  /**
   * Times that a router chose for a reason.
   *
   * @param route the reason, as answers name it in their header: `rule:` or `class:` with a name, `default`, `named`, or `fallback:` with what happened
   */
  public metricOfRoute(route: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(ROUTING_METRICS.decisions, { label: route, ...options, dimensionsMap: this.operations.dimensions({ Route: route }) });
  }

  /** A metric of a group that `addGroupMetrics` has named, or of `other`: `Turns`, `Errors`, `InputTokens`, `OutputTokens`, `CacheReadTokens` or `Cost`. */
  public metricOfGroup(group: string, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    this.groups.require(group, metricName);
    return this.metric(metricName, { label: group, ...options, dimensionsMap: this.operations.dimensions({ Group: group }) });
  }

  /** Calls of hooks that failed or took too long. */
  public metricHookFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(HOOK_METRICS.hookFailures, options);
  }

  /** Turns that were refused because their caller's quota is used up. */
  public metricQuotaRefusals(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(QUOTA_METRICS.quotaRefusals, options);
  }

  /** Answers that their readers found good. */
  public metricFeedbackUp(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(FEEDBACK_METRICS.feedbackUp, options);
  }

  /** Answers that their readers found bad. */
  public metricFeedbackDown(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(FEEDBACK_METRICS.feedbackDown, options);
  }

  private get signals(): ChatSignals {
    const { host, memory, models, groups, hooked, endpoint: { traffic } } = this;
    return { chat: this, host, traffic, memory, models, groups: groups.all, priced: models.priced, hooked, limited: this.quotas !== undefined };
  }

  private defineContent({ conversations }: ChatbotApiProps) {
    const { retention } = this.memory;
    return new ChatContent(this, this.build, { conversations: retention, files: conversations?.attachments?.retention ?? retention ?? FILE_RETENTION });
  }

  private defineHost({ transport, generation, systemPrompt, knowledge }: ChatbotApiProps) {
    return (transport ?? Transport.restStreaming())._host(this, {
      ...this.build,
      auth: this.auth,
      files: (role) => ({ ...this.models.bind(role), ...(systemPrompt && { [SYSTEM_PROMPT_FILE]: systemPrompt }) }),
      parts: ['s3-objects', 'json-schemas', ...this.memory.parts, ...(this.hooked ? ['hooks'] : []), ...knowledgeParts(knowledge)],
      calls: [
        CalledService.BEDROCK_RUNTIME, ...this.memory.calls, CalledService.S3,
        ...(this.hooked ? [CalledService.LAMBDA] : []), ...(this.quotas ? [CalledService.DYNAMODB] : []), ...knowledgeCalls(knowledge),
      ],
      place: knowledgePlace(knowledge, (placed, calls) => this.memory.placeHandler(placed, calls)),
      connects: knowledgeConnects(knowledge),
      turnTimeout: generation?.turnTimeout ?? TURN_TIMEOUT,
    });
  }

  private environment(props: ChatbotApiProps) {
    const { auth, memory, models, attachments, quotas, groups, endpoint, host: { role }, bucket, operations: { service } } = this;
    return chatEnvironment(this, props, { auth, memory, models, attachments, quotas, groups, endpoint, role, contentBucket: bucket.bucketName, service });
  }

  private defineEndpoint({ generation }: ChatbotApiProps) {
    return this.host.publish({
      ...this.build,
      auth: this.auth,
      keepsConversations: this.memory.keepsConversations,
      takesFiles: this.attachments !== undefined,
      turnTimeout: generation?.turnTimeout ?? TURN_TIMEOUT,
    });
  }
}
