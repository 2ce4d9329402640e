import { Names, Size, Stack } from 'aws-cdk-lib';
import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { type IUserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { ANSWER_TIMEOUT, answeringPolicy } from './answering';
import { DataSource } from './data-source';
import { DocumentSync } from './document-sync';
import { KnowledgeBase } from './knowledge-base';
import { KnowledgeStore } from './knowledge-store';
import { type ManagedRagProps } from './managed-rag-props';
import { requireFittingProof, requireValidProps, warnOfIdleGrant, warnOfUnreadSources } from './managed-rag-rules';
import { SyncPolicy } from './sync-policy';
import { ApiAuth } from '../api';
import { type AuthBinding } from '../api/auth-binding';
import { restApiOptions } from '../api/rest-streaming-options';
import { StreamingRestApi } from '../api/streaming-rest-api';
import { type GuardrailReference, SYSTEM_PROMPT_FILE } from '../contract/chat';
import { RAG_CLIENT_HEADERS, RAG_EXPOSED_HEADERS, RAG_ROUTES, type RagEnv } from '../contract/rag';
import { BundledFunction } from '../internal/bundled-function';
import { type IKnowledge, type KnowledgeBinding, type RetrievalOptions } from '../knowledge';
import { bindRetrieval, declaredFields } from '../knowledge/bind-retrieval';
import { Model, ModelUse } from '../model';
import { BoundModels } from '../model/bound-models';
import { CalledService, Posture } from '../posture';
import { type Build } from '../posture/build';

/**
 * Answers from your documents, each with the passages that it was given from, over a knowledge base of Bedrock that is kept in step with them.
 *
 * @example
 * const rag = new ManagedRag(this, 'Rag');
 * new CfnOutput(this, 'Documents', { value: rag.bucket!.bucketName });
 */
export class ManagedRag extends Construct implements IKnowledge {
  /** The knowledge base. */
  public readonly knowledgeBase: CfnKnowledgeBase;

  /** The knowledge base's id. */
  public readonly knowledgeBaseId: string;

  /** Where documents are put, where a source is a bucket; the first, where several are. */
  public readonly bucket?: IBucket;

  /** Which jobs ran and which documents failed. */
  public readonly table: TableV2;

  /** Whoever sends `{"sync":"all"}` here has every source looked through; let them with `grantSync`. */
  public readonly syncRequests: IQueue;

  /** The function that answers. */
  public readonly handler: LambdaFunction;

  /** The REST API. */
  public readonly api: RestApi;

  /** The users, where they live in Cognito. */
  public readonly userPool?: IUserPool;

  /** The client with which a web page or an app signs users in; made together with the user pool. */
  public readonly userPoolClient?: UserPoolClient;

  /** Where questions are answered, with a slash at its end: they are posted to `${url}v1/query`. */
  public readonly url: string;

  private readonly build: Build;
  private readonly auth: AuthBinding;
  private readonly retrieval: RetrievalOptions;
  private readonly knowledge: KnowledgeBase;
  private readonly sync: DocumentSync;
  private readonly models: BoundModels;
  private readonly endpoint: StreamingRestApi;

  constructor(scope: Construct, id: string, props: ManagedRagProps = {}) {
    super(scope, id);
    requireValidProps(this, props);

    this.build = this.defineBuild(props);
    this.retrieval = props.retrieval ?? {};
    this.knowledge = this.defineKnowledge(props);
    this.knowledgeBase = this.knowledge.base;
    this.knowledgeBaseId = this.knowledgeBase.attrKnowledgeBaseId;
    this.bucket = this.knowledge.documents[0]?.bucket;

    this.sync = this.defineSync(props);
    this.table = this.sync.table;
    this.syncRequests = this.sync.queues.jobs;

    this.auth = (props.auth ?? ApiAuth.cognito())._bind(this, this.build);
    requireFittingProof(this, props, this.auth);
    this.userPool = this.auth.userPool;
    this.userPoolClient = this.auth.userPoolClient;
    this.models = new BoundModels(this, props.model ?? Model.standard());
    const handler = this.defineHandler(props);
    this.handler = handler.function;

    this.endpoint = this.defineEndpoint(props);
    this.api = this.endpoint.api;
    this.url = this.endpoint.url;
    handler.configure(this.environment(props, handler));
  }

  /** Lets a caller look passages up, and says all that the caller must know to do so. */
  public bind(scope: IConstruct, caller: IGrantable): KnowledgeBinding {
    const { base, kind, store: { searches, textFilters }, documents, role } = this.knowledge;
    const { attrKnowledgeBaseId: knowledgeBaseId, attrKnowledgeBaseArn: knowledgeBaseArn } = base;
    return bindRetrieval(scope, caller, { knowledgeBaseId, knowledgeBaseArn, kind, searches, textFilters, documents, role }, this.retrieval);
  }

  /** Lets somebody ask with IAM credentials; takes effect with `ApiAuth.iam()`. */
  public grantInvoke(grantee: IGrantable): Grant {
    warnOfIdleGrant(this, this.auth);
    return this.endpoint.grantInvoke(grantee);
  }

  /** Lets somebody look passages up by themselves, with Bedrock's own `Retrieve`: by any filter, whatever the tenant. */
  public grantRetrieve(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['bedrock:Retrieve'], resourceArns: [this.knowledgeBase.attrKnowledgeBaseArn] });
  }

  /** Lets somebody have documents read, by a message to `syncRequests`. */
  public grantSync(grantee: IGrantable): Grant {
    const grant = Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.syncRequests.queueArn] });
    const { encryptionKey } = this.build;
    return encryptionKey ? grant.combine(encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey')) : grant;
  }

  /** What it is called in metrics and logs. */
  private get calledAs(): string {
    return Names.uniqueResourceName(this, { separator: '-', maxLength: 64 });
  }

  private defineBuild(props: ManagedRagProps): Build {
    const posture = props.posture ?? Posture.standard();
    return { posture, logRetention: posture.logRetention, encryptionKey: props.encryptionKey ?? posture.encryptionKey(this) };
  }

  private defineKnowledge({ store = KnowledgeStore.s3Vectors(), sources, embedding }: ManagedRagProps) {
    return new KnowledgeBase(this, 'KnowledgeBase', {
      ...this.build,
      store,
      sources: sources ?? (store._ownDocuments ? [] : [DataSource.s3()]),
      embedding,
      fields: declaredFields(this, this.retrieval),
    });
  }

  private defineSync({ sync: policy = SyncPolicy.onChange().and(SyncPolicy.onDeploy()) }: ManagedRagProps) {
    const { base, sources, kind } = this.knowledge;
    warnOfUnreadSources(this, policy, sources);
    return new DocumentSync(this, 'Sync', { ...this.build, knowledgeBase: base, sources, kind, policy, service: this.calledAs });
  }

  private defineHandler({ answering: { systemPrompt, timeout = ANSWER_TIMEOUT } = {} }: ManagedRagProps) {
    const { posture, logRetention, encryptionKey } = this.build;
    return new BundledFunction<RagEnv>(this, 'Handler', {
      bundle: 'rag',
      description: 'Answers questions from documents',
      // Answers are streamed from the model in any case, and no tools are offered.
      files: (role) => ({ ...this.models.bind(role, ModelUse.STREAMED_TEXT), ...(systemPrompt && { [SYSTEM_PROMPT_FILE]: systemPrompt }) }),
      parts: this.retrieval.links ? ['s3-links'] : [],
      timeout,
      memory: Size.mebibytes(1024),
      logRetention,
      encryptionKey,
      reservedConcurrency: posture.reservedConcurrency,
      place: (placed) => posture.placeFunction(placed, [CalledService.BEDROCK_RUNTIME, CalledService.BEDROCK_AGENT_RUNTIME, CalledService.XRAY]),
    });
  }

  private defineEndpoint({ api = {}, answering: { timeout = ANSWER_TIMEOUT } = {} }: ManagedRagProps) {
    return new StreamingRestApi(this, 'Rest', {
      ...this.build,
      ...restApiOptions(this, api),
      description: 'Answers from documents',
      handler: this.handler,
      auth: this.auth,
      routes: Object.values(RAG_ROUTES),
      headers: { sent: RAG_CLIENT_HEADERS, exposed: RAG_EXPOSED_HEADERS },
      timeout,
    });
  }

  private environment({ answering = {}, guardrail }: ManagedRagProps, { role }: BundledFunction<RagEnv>): RagEnv {
    const guard = guardrail?.bind(this, role);
    const reference: GuardrailReference | undefined = guard && { id: guard.guardrailId, version: guard.guardrailVersion, asynchronous: guard.asynchronous };
    const stack = Stack.of(this);
    return {
      KNOWLEDGE: stack.toJsonString(this.bind(this, role)._policy),
      ...this.models.environment,
      GENERATION: stack.toJsonString(answeringPolicy(this, answering, this.models)),
      GUARDRAIL: reference ? stack.toJsonString(reference) : '',
      CALLER: this.auth.caller,
      CORS_ORIGINS: this.endpoint.corsOrigins.join(','),
      SERVICE: this.calledAs,
    };
  }
}
