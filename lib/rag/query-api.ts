import { Size, Stack } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { type AnswerTable } from './answer-table';
import { ANSWER_TIMEOUT, answeringPolicy, type RagAnswering } from './answering';
import { type QuerySignals } from './rag-signals';
import { type SessionTable } from './session-table';
import { ApiAuth, type RestStreamingOptions } from '../api';
import { type AuthBinding } from '../api/auth-binding';
import { restApiOptions } from '../api/rest-streaming-options';
import { StreamingRestApi } from '../api/streaming-rest-api';
import { CACHE_STATUS_HEADER } from '../contract/answer-cache';
import { type ApiRoute } from '../contract/api';
import { CHAT_METRICS, type GuardrailReference, SYSTEM_PROMPT_FILE } from '../contract/chat';
import { type DocumentsReference, RAG_CLIENT_HEADERS, RAG_EXPOSED_HEADERS, type RagEnv } from '../contract/rag';
import { SESSION_ROUTES } from '../contract/sessions';
import { type IGuardrail } from '../guardrail';
import { BundledFunction } from '../internal/bundled-function';
import { type HandlerRole } from '../internal/handler-role';
import { type KnowledgeBinding, type RetrievalOptions } from '../knowledge';
import { type PlaceBeside, placing } from '../knowledge/knowledge-needs';
import { type IModel, Model, ModelUse } from '../model';
import { BoundModels } from '../model/bound-models';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';

/** What a construct that answers by itself lets its builder choose of its API. */
export interface QueryApiChoices {
  readonly model?: IModel;
  readonly answering?: RagAnswering;
  readonly guardrail?: IGuardrail;
  readonly auth?: ApiAuth;
  readonly api?: RestStreamingOptions;
}

export interface QueryApiProps extends QueryApiChoices {
  readonly build: Build;
  /** What the construct is called in metrics and logs. */
  readonly service: string;
  readonly description: { readonly handler: string; readonly api: string };
  /** Parts of the handler that its knowledge needs. */
  readonly parts: readonly string[];
  readonly routes: readonly ApiRoute[];
  /** What its knowledge is looked up by, where that is no knowledge base of Bedrock. */
  readonly calls?: readonly CalledService[];
  /** Where the handler runs, where its documents lie in a network. @default - where the posture says */
  readonly place?: PlaceBeside;
  /** Where answers are kept that are told again, and how long the store of passages may give what is old. */
  readonly cache?: { readonly answers: AnswerTable; readonly lagSeconds: number };
}

/** Questions over HTTP: the handler that looks up and answers, and the API in front of it. What it makes stands in its construct's own scope. */
export class QueryApi {
  public readonly auth: AuthBinding;
  public readonly models: BoundModels;
  public readonly answers: BundledFunction<RagEnv>;
  public readonly endpoint: StreamingRestApi;
  /** Where sessions are kept, if they are. */
  public readonly sessions?: SessionTable;

  constructor(private readonly scope: Construct, private readonly props: QueryApiProps) {
    this.auth = (props.auth ?? ApiAuth.cognito())._bind(scope, props.build);
    this.models = new BoundModels(scope, props.model ?? Model.standard());
    this.sessions = props.answering?.sessions?._bind(scope, props.build);
    this.answers = this.defineHandler();
    this.endpoint = this.defineEndpoint();
  }

  /** What the builder chose of how answers are given. */
  public get choices(): QueryApiChoices {
    return this.props;
  }

  /** Gives the handler what it answers from. */
  public answerFrom(bind: (caller: HandlerRole) => KnowledgeBinding, documents?: DocumentsReference) {
    const { scope, props: { service, cache }, answers: { role } } = this;
    const stack = Stack.of(scope);
    this.sessions?.grantUse(role);
    cache?.answers.grantUse(role);
    const answering = this.answeringEnvironment(scope, role, this.models, bind);
    this.answers.configure({
      ...answering,
      SESSIONS: this.sessions ? stack.toJsonString(this.sessions.policy) : '',
      ANSWERS: cache ? stack.toJsonString(cache.answers.policy(cache.lagSeconds)) : '',
      DOCUMENTS: documents ? stack.toJsonString(documents) : '',
      CALLER: this.auth.caller,
      CORS_ORIGINS: this.endpoint.corsOrigins.join(','),
      SERVICE: service,
    });
  }

  /** What a handler has to know to answer as this API does: from which knowledge, by which models, how, and under which guardrail, which it may use from then on. */
  public answeringEnvironment(scope: Construct, role: HandlerRole, models: BoundModels, bind: (caller: HandlerRole) => KnowledgeBinding) {
    const { guardrail, answering = {} } = this.props;
    const stack = Stack.of(scope);
    const guard = guardrail?.bind(scope, role);
    const reference: GuardrailReference | undefined = guard && { id: guard.guardrailId, version: guard.guardrailVersion, asynchronous: guard.asynchronous };
    return {
      KNOWLEDGE: stack.toJsonString(bind(role)._policy),
      ...models.environment,
      GENERATION: stack.toJsonString(answeringPolicy(scope, answering, models)),
      GUARDRAIL: reference ? stack.toJsonString(reference) : '',
    };
  }

  /** What a metric is about besides: those of answers are told by model too. */
  public aboutOf(metricName: string): Readonly<Record<string, string>> {
    const ofAnswers = Object.values<string>(CHAT_METRICS).includes(metricName);
    return ofAnswers && !this.models.routed ? { Model: this.models.name } : {};
  }

  /** How it fares, over documents that may belong to tenants. */
  public signals({ tenant }: RetrievalOptions): QuerySignals {
    return { traffic: this.endpoint.traffic, handler: this.answers.function, priced: this.models.priced, divided: tenant !== undefined };
  }

  private get timeout() {
    return this.props.answering?.timeout ?? ANSWER_TIMEOUT;
  }

  private defineHandler() {
    const { build: { posture, logRetention, encryptionKey }, answering: { systemPrompt } = {}, description, parts, place } = this.props;
    return new BundledFunction<RagEnv>(this.scope, 'Handler', {
      bundle: 'rag',
      description: description.handler,
      // Answers are streamed from the model in any case, and no tools are offered.
      files: (role) => ({ ...this.models.bind(role, ModelUse.STREAMED_TEXT), ...(systemPrompt && { [SYSTEM_PROMPT_FILE]: systemPrompt }) }),
      parts: [...parts, ...this.sessions ? ['sessions'] : [], ...this.props.cache ? ['answers'] : []],
      timeout: this.timeout,
      memory: Size.mebibytes(1024),
      logRetention,
      encryptionKey,
      reservedConcurrency: posture.reservedConcurrency,
      place: (placed) => placing(posture, place)(placed, [
        CalledService.BEDROCK_RUNTIME, ...this.props.calls ?? [CalledService.BEDROCK_AGENT_RUNTIME],
        CalledService.XRAY, ...this.sessions ? [CalledService.DYNAMODB] : [],
      ]),
    });
  }

  private defineEndpoint() {
    const { build, api = {}, description, routes } = this.props;
    return new StreamingRestApi(this.scope, 'Rest', {
      ...build,
      ...restApiOptions(this.scope, api),
      description: description.api,
      handler: this.answers.function,
      auth: this.auth,
      routes: [...routes, ...this.sessions ? Object.values(SESSION_ROUTES) : []],
      headers: { sent: RAG_CLIENT_HEADERS, exposed: [...RAG_EXPOSED_HEADERS, ...this.props.cache ? [CACHE_STATUS_HEADER] : []] },
      timeout: this.timeout,
    });
  }
}
