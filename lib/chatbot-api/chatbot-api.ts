import { Duration, Names, Stack, Tokenization } from 'aws-cdk-lib';
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
import { bindHooks, callsFunctions } from './chat-hooks';
import { type ChatHost } from './chat-host';
import { KNOWLEDGE_CALLS, KNOWLEDGE_PARTS, knowledgePolicy } from './chat-knowledge';
import { type ChatSignals } from './chat-signals';
import { type ChatbotApiProps } from './chatbot-api-props';
import { requireFittingProps, requireValidProps, warnOfIdleGrant } from './chatbot-api-rules';
import { ConversationMemory } from './conversation-memory';
import { generationPolicy } from './generation-policy';
import { groupCharts } from './group-charts';
import { GroupMetrics } from './group-metrics';
import { type MemoryBinding } from './memory-binding';
import { QuotaTable } from './quota-table';
import { Transport } from './transport';
import { ApiAuth } from '../api/api-auth';
import { type AuthBinding } from '../api/auth-binding';
import { METRICS_NAMESPACE } from '../contract/api';
import { CHAT_METRICS, FEEDBACK_METRICS, ROUTING_METRICS, SYSTEM_PROMPT_FILE, type AttachmentPolicy, type ChatEnv, type GuardrailReference } from '../contract/chat';
import { HOOK_METRICS } from '../contract/chat-hooks';
import { QUOTA_METRICS } from '../contract/chat-quotas';
import { type ServiceRole } from '../internal/handler-role';
import { Model } from '../model';
import { BoundModels } from '../model/bound-models';
import { type DashboardOptions, type IAlarms } from '../observability';
import { AlarmSet } from '../observability/alarm-set';
import { OperationsDashboard } from '../observability/operations-dashboard';
import { CalledService, Posture } from '../posture';
import { type Build } from '../posture/build';

const TURN_TIMEOUT = Duration.minutes(5);
const HISTORY_TOKENS = 32_000;
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
  private alarms?: IAlarms;
  private dashboard?: OperationsDashboard;

  constructor(scope: Construct, id: string, props: ChatbotApiProps = {}) {
    super(scope, id);
    requireValidProps(this, props);

    this.build = this.defineBuild(props);
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
    this.host.configure(this.environment(props, this.host.role));
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
    const rules = chatAlarms(this, this.signals, options);
    this.alarms = new AlarmSet(this, 'Alarms', { rules, topic: options.topic, encryptionKey: this.build.encryptionKey });
    this.dashboard?.addAlarms(this.alarms);
    return this.alarms;
  }

  /** Adds a dashboard: turns, first tokens, tokens, cost and refusals, what carries them, alarms where there are some, and the requests that failed last. */
  public addDashboard(options: DashboardOptions = {}): cloudwatch.Dashboard {
    this.dashboard = new OperationsDashboard(this, 'Dashboard', {
      ...options, heading: this.calledAs, documentation: DOCUMENTATION, alarms: this.alarms, rows: chatCharts(this.signals), logs: this.host.logGroup,
    });
    return this.dashboard;
  }

  /**
   * Counts turns, errors, tokens and cost again by groups of callers: each turn for the first of these (at most 10) that its caller's proof names, else for `other`.
   *
   * @param groups the groups' names, as tokens and authorizers have them
   */
  public addGroupMetrics(groups: string[]): void {
    this.groups.add(groups, this.auth);
    this.dashboard?.addRow(groupCharts(this.signals));
  }

  /** A metric of the chat, by its name in CloudWatch; the sum over five minutes unless told otherwise. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const dimensionsMap = { Service: this.calledAs, ...(!this.models.routed && { Model: this.models.name }) };
    return new cloudwatch.Metric({ namespace: METRICS_NAMESPACE, metricName, dimensionsMap, statistic: cloudwatch.Stats.SUM, ...options });
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
    return this.metric(metricName, { label: modelName, ...options, dimensionsMap: { Service: this.calledAs, Model: modelName } });
  }

  /**
   * Times that a router chose for a reason.
   *
   * @param route the reason, as answers name it in their header: `rule:` or `class:` with a name, `default`, `named`, or `fallback:` with what happened
   */
  public metricOfRoute(route: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(ROUTING_METRICS.decisions, { label: route, ...options, dimensionsMap: { Service: this.calledAs, Route: route } });
  }

  /** A metric of a group that `addGroupMetrics` has named, or of `other`: `Turns`, `Errors`, `InputTokens`, `OutputTokens`, `CacheReadTokens` or `Cost`. */
  public metricOfGroup(group: string, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    this.groups.require(group, metricName);
    return this.metric(metricName, { label: group, ...options, dimensionsMap: { Service: this.calledAs, Group: group } });
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

  /** What the chat is called in metrics and logs. */
  private get calledAs(): string {
    return Names.uniqueResourceName(this, { separator: '-', maxLength: 64 });
  }

  private get signals(): ChatSignals {
    const { host, memory, models, groups, hooked, endpoint: { traffic } } = this;
    return { chat: this, host, traffic, memory, models, groups: groups.all, priced: models.priced, hooked, limited: this.quotas !== undefined };
  }

  private defineBuild(props: ChatbotApiProps): Build {
    const posture = props.posture ?? Posture.standard();
    return { posture, logRetention: posture.logRetention, encryptionKey: props.encryptionKey ?? posture.encryptionKey(this) };
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
      parts: ['s3-objects', 'json-schemas', ...this.memory.parts, ...(this.hooked ? ['hooks'] : []), ...(knowledge ? KNOWLEDGE_PARTS : [])],
      calls: [
        CalledService.BEDROCK_RUNTIME, ...this.memory.calls, CalledService.S3,
        ...(this.hooked ? [CalledService.LAMBDA] : []), ...(this.quotas ? [CalledService.DYNAMODB] : []), ...(knowledge ? KNOWLEDGE_CALLS : []),
      ],
      place: (placed, calls) => this.memory.placeHandler(placed, calls),
      turnTimeout: generation?.turnTimeout ?? TURN_TIMEOUT,
    });
  }

  private environment({ generation, guardrail, conversations, hooks, knowledge }: ChatbotApiProps, role: ServiceRole): ChatEnv {
    const { contextTokens, outputTokens } = this.models;
    const policy = generationPolicy(this, generation, outputTokens);
    const historyTokens = conversations?.historyTokens ?? Math.min(HISTORY_TOKENS, Math.floor(contextTokens / 2));
    const summary = conversations?.summary?._bind(this, { role, historyTokens, memory: this.memory });
    const guard = guardrail?.bind(this, role);
    const reference: GuardrailReference | undefined = guard && { id: guard.guardrailId, version: guard.guardrailVersion, asynchronous: guard.asynchronous };
    const stack = Stack.of(this);
    return {
      ...this.memory.environment,
      CONTENT_BUCKET: this.bucket.bucketName,
      SOCKET: '',
      ...this.endpoint.environment,
      ...this.models.environment,
      GENERATION: stack.toJsonString(policy),
      HISTORY_TOKENS: Tokenization.stringifyNumber(historyTokens),
      SUMMARY: summary ? stack.toJsonString(summary) : '',
      ATTACHMENTS: this.attachments ? stack.toJsonString(this.attachments) : '',
      GUARDRAIL: reference ? stack.toJsonString(reference) : '',
      KNOWLEDGE: knowledgePolicy(this, this.auth, role, knowledge),
      HOOKS: hooks ? stack.toJsonString(bindHooks(this, hooks, role)) : '',
      QUOTAS: this.quotas ? stack.toJsonString(this.quotas.policy) : '',
      QUOTA_TABLE: this.quotas?.table.tableName ?? '',
      USER_GROUPS: this.groups.environment,
      SERVICE: this.calledAs,
    };
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
