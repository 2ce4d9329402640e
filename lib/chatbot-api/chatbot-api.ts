import { Duration, Names, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type IUserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ChatAuth, type ChatAuthBinding } from './chat-auth';
import { type ChatThrottling, type IChatEndpoint } from './chat-endpoint';
import { Transport } from './transport';
import { METRICS_NAMESPACE, SYSTEM_PROMPT_FILE, type ChatEnv, type GenerationPolicy } from '../contract/chat';
import { CONVERSATIONS } from '../contract/conversations';
import { BundledFunction } from '../internal/bundled-function';
import { type HandlerRole } from '../internal/handler-role';
import { requireBetween, requireInteger } from '../internal/validation';
import { Model, type IModel, type ModelBinding } from '../model';
import { modelFacts } from '../model/model-facts';
import { Posture } from '../posture';

/** How the model writes its answers. */
export interface ChatGeneration {
  /**
   * Most tokens of one answer when the request names none, at least 1; the model's own limit always holds.
   *
   * @default 2048
   */
  readonly maxTokens?: number;

  /**
   * How freely the model picks its words, from 0 to 1; left out for models that do not take it.
   *
   * @default - the model's own
   */
  readonly temperature?: number;

  /**
   * The share of likely words that the model picks from, from 0 to 1; left out for models that do not take it.
   *
   * @default - the model's own
   */
  readonly topP?: number;

  /**
   * How long the model may take to answer one turn, from 10 seconds to 15 minutes.
   *
   * @default Duration.minutes(5)
   */
  readonly turnTimeout?: Duration;
}

/** What is kept of conversations, and how much of one the model sees. */
export interface ChatConversations {
  /**
   * How long a message is kept, at least one day.
   *
   * @default Duration.days(90)
   */
  readonly retention?: Duration;

  /**
   * Most tokens of history that are sent with a turn, from 256 to the model's window.
   *
   * @default - half the model's window, at most 32000
   */
  readonly historyTokens?: number;
}

/** Props of `ChatbotApi`; every one may be left out. */
export interface ChatbotApiProps {
  /**
   * The model that answers.
   *
   * @default - the library's default model, Amazon Nova 2 Lite through its global cross-region profile
   */
  readonly model?: IModel;

  /**
   * What the model is told before every conversation; clients cannot read or replace it.
   *
   * @default - nothing
   */
  readonly systemPrompt?: string;

  /**
   * How the model writes its answers.
   *
   * @default - 2048 tokens, 5 minutes, the model's own sampling
   */
  readonly generation?: ChatGeneration;

  /**
   * Who may call, and how callers prove who they are.
   *
   * @default ChatAuth.cognito()
   */
  readonly auth?: ChatAuth;

  /**
   * How requests and answers travel.
   *
   * @default Transport.restStreaming()
   */
  readonly transport?: Transport;

  /**
   * What is kept of conversations, and how much of one the model sees.
   *
   * @default - messages are kept for 90 days
   */
  readonly conversations?: ChatConversations;

  /**
   * Origins of the web pages that may call from a browser, like `https://chat.example.com`.
   *
   * @default - none
   */
  readonly corsOrigins?: string[];

  /**
   * How many requests are taken from everybody together before the API answers 429.
   *
   * @default - 50 a second, 100 at once
   */
  readonly throttling?: ChatThrottling;

  /**
   * Encrypts conversations, logs and the handler's environment.
   *
   * @default - as the posture says: a key that AWS owns, or one of yours that is made for the stack
   */
  readonly encryptionKey?: IKey;

  /**
   * How long logs are kept.
   *
   * @default - as the posture says: three months, or longer where regulation asks for it
   */
  readonly logRetention?: RetentionDays;

  /**
   * How strictly everything is built.
   *
   * @default Posture.standard()
   */
  readonly posture?: Posture;
}

const TURN_TIMEOUT = Duration.minutes(5);
const ANSWER_TOKENS = 2048;
const HISTORY_TOKENS = 32_000;

/**
 * A chat that answers from a model and a prompt, on an API that OpenAI's clients understand, with conversations that belong to their caller.
 *
 * @example
 * const chat = new ChatbotApi(this, 'Chat', { systemPrompt: 'You answer questions about our products.' });
 * new CfnOutput(this, 'Url', { value: chat.url });
 */
export class ChatbotApi extends Construct {
  /** Where conversations are kept: one item a message. */
  public readonly table: dynamodb.TableV2;

  /** The function that answers. */
  public readonly handler: LambdaFunction;

  /** The REST API, where the transport makes one. */
  public readonly api?: RestApi;

  /** The users, where they live in Cognito. */
  public readonly userPool?: IUserPool;

  /** The client with which a web page or an app signs users in; made together with the user pool. */
  public readonly userPoolClient?: UserPoolClient;

  /** Where the chat answers, with a slash at its end; OpenAI clients take `${url}v1` as their base URL. */
  public readonly url: string;

  private readonly posture: Posture;
  private readonly encryptionKey?: IKey;
  private readonly logRetention: RetentionDays;
  private readonly service: string;
  private readonly model: ModelBinding;
  private readonly endpoint: IChatEndpoint;

  constructor(scope: Construct, id: string, props: ChatbotApiProps = {}) {
    super(scope, id);
    this.requireValid(props);

    this.posture = props.posture ?? Posture.standard();
    this.encryptionKey = props.encryptionKey ?? this.posture.encryptionKey(this);
    this.logRetention = props.logRetention ?? this.posture.logRetention;
    this.service = Names.uniqueResourceName(this, { separator: '-', maxLength: 64 });

    const auth = (props.auth ?? ChatAuth.cognito()).bind(this, this.posture);
    this.userPool = auth.userPool;
    this.userPoolClient = auth.userPoolClient;
    this.table = this.defineTable();

    const handler = this.defineHandler(props);
    this.handler = handler.function;
    this.model = (props.model ?? Model.standard()).bind(this, handler.role);
    this.grantTable(handler.role);
    handler.configure(this.environment(props, auth));

    this.endpoint = this.defineEndpoint(props, auth);
    this.api = this.endpoint.api;
    this.url = this.endpoint.url;
  }
  /** Lets somebody call the chat with IAM credentials; takes effect with `ChatAuth.iam()`. */
  public grantInvoke(grantee: IGrantable): Grant {
    return this.endpoint.grantInvoke(grantee);
  }

  /** A metric that the handler emits, by its name in CloudWatch. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensionsMap: { Service: this.service, Model: this.model.modelName },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    });
  }

  private requireValid({ generation = {}, conversations = {}, throttling = {} }: ChatbotApiProps) {
    requireInteger(this, 'generation.maxTokens', generation.maxTokens, 1, Number.MAX_SAFE_INTEGER);
    requireBetween(this, 'generation.temperature', generation.temperature, 0, 1);
    requireBetween(this, 'generation.topP', generation.topP, 0, 1);
    requireBetween(this, 'generation.turnTimeout (seconds)', generation.turnTimeout?.toSeconds(), 10, 900);
    requireBetween(this, 'conversations.retention (days)', conversations.retention?.toDays({ integral: false }), 1, 36_500);
    requireBetween(this, 'throttling.rate', throttling.rate, 1, 10_000);
    requireInteger(this, 'throttling.burst', throttling.burst, 1, 5_000);
  }

  private defineTable() {
    const { partitionKey, sortKey, ttl, recentIndex, recentSortKey } = CONVERSATIONS;
    const table = new dynamodb.TableV2(this, 'Conversations', {
      partitionKey: { name: partitionKey, type: dynamodb.AttributeType.STRING },
      sortKey: { name: sortKey, type: dynamodb.AttributeType.STRING },
      localSecondaryIndexes: [{ indexName: recentIndex, sortKey: { name: recentSortKey, type: dynamodb.AttributeType.STRING } }],
      timeToLiveAttribute: ttl,
      billing: dynamodb.Billing.onDemand(),
      encryption: this.encryptionKey ? dynamodb.TableEncryptionV2.customerManagedKey(this.encryptionKey) : dynamodb.TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: this.posture.deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.posture.protectTable(table);
    return table;
  }

  private defineHandler({ generation, systemPrompt }: ChatbotApiProps) {
    return new BundledFunction<ChatEnv>(this, 'Handler', {
      bundle: 'chat',
      description: 'Answers chat requests',
      files: systemPrompt ? { [SYSTEM_PROMPT_FILE]: systemPrompt } : {},
      timeout: generation?.turnTimeout ?? TURN_TIMEOUT,
      memory: Size.mebibytes(1024),
      logRetention: this.logRetention,
      encryptionKey: this.encryptionKey,
      reservedConcurrency: this.posture.reservedConcurrency,
    });
  }

  private grantTable(role: HandlerRole) {
    const { tableArn } = this.table;
    Grant.addToPrincipal({ grantee: role, actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'], resourceArns: [tableArn] });
    Grant.addToPrincipal({ grantee: role, actions: ['dynamodb:Query'], resourceArns: [`${tableArn}/index/${CONVERSATIONS.recentIndex}`] });
  }

  private environment({ generation, conversations, corsOrigins }: ChatbotApiProps, auth: ChatAuthBinding): ChatEnv {
    const { contextTokens, outputTokens } = this.model.capabilities;
    const maxTokens = generation?.maxTokens ?? Math.min(ANSWER_TOKENS, outputTokens);
    const policy: GenerationPolicy = { maxTokens, temperature: generation?.temperature, topP: generation?.topP };
    const stack = Stack.of(this);
    return {
      TABLE_NAME: this.table.tableName,
      MODEL: stack.toJsonString(modelFacts(this.model)),
      GENERATION: stack.toJsonString(policy),
      CALLER: auth.caller,
      HISTORY_TOKENS: `${conversations?.historyTokens ?? Math.min(HISTORY_TOKENS, Math.floor(contextTokens / 2))}`,
      RETENTION_SECONDS: `${(conversations?.retention ?? Duration.days(90)).toSeconds()}`,
      GUARDRAIL: '',
      CORS_ORIGINS: (corsOrigins ?? []).join(','),
      SERVICE: this.service,
    };
  }

  private defineEndpoint(props: ChatbotApiProps, auth: ChatAuthBinding) {
    return (props.transport ?? Transport.restStreaming()).bind(this, {
      handler: this.handler,
      auth,
      throttling: { rate: props.throttling?.rate ?? 50, burst: props.throttling?.burst ?? 100 },
      corsOrigins: props.corsOrigins ?? [],
      turnTimeout: props.generation?.turnTimeout ?? TURN_TIMEOUT,
      posture: this.posture,
      logRetention: this.logRetention,
      encryptionKey: this.encryptionKey,
    });
  }
}
