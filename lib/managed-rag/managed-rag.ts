import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type IUserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { DataSource } from './data-source';
import { DocumentSync } from './document-sync';
import { KnowledgeBase } from './knowledge-base';
import { KnowledgeStore } from './knowledge-store';
import { type ManagedRagProps } from './managed-rag-props';
import { requireIdentity, requireValidBacklog, requireValidProps, warnOfUnreadSources } from './managed-rag-rules';
import { RagApi } from '../api';
import { RAG_ROUTES } from '../contract/rag';
import { type IKnowledge, type KnowledgeBinding, type RetrievalOptions } from '../knowledge';
import { bindRetrieval, declaredFields } from '../knowledge/bind-retrieval';
import { type DashboardOptions, type IAlarms } from '../observability';
import { Operations } from '../observability/operations';
import { type Failures, failedRequests } from '../observability/operations-dashboard';
import { CalledService } from '../posture';
import { type Build, buildOf } from '../posture/build';
import { DocumentMetrics } from '../rag/answer-metrics';
import { requireFittingProof, warnOfIdleGrant } from '../rag/caller-rules';
import { Evaluation } from '../rag/evaluation';
import { type EvaluationOptions, type IEvaluation } from '../rag/evaluation-options';
import { QueryApi } from '../rag/query-api';
import { failWithoutQueries, requireMetricOfReading } from '../rag/query-rules';
import { ragAlarms } from '../rag/rag-alarms';
import { type RagAlarmsOptions } from '../rag/rag-alarms-options';
import { failedDocuments, ragCharts } from '../rag/rag-dashboard';
import { type RagSignals } from '../rag/rag-signals';
import { SyncPolicy } from '../rag/sync-policy';

const DOCUMENTATION = 'https://github.com/cdk-genai-patterns/cdk-genai-patterns/blob/main/docs/managed-rag.md#metrics-and-alarms';

/**
 * Answers from your documents, each with the passages that it was given from, over a knowledge base of Bedrock that is kept in step with them.
 *
 * @example
 * const rag = new ManagedRag(this, 'Rag');
 * new CfnOutput(this, 'Documents', { value: rag.bucket!.bucketName });
 */
export class ManagedRag extends DocumentMetrics implements IKnowledge {
  /** The knowledge base. */
  public readonly knowledgeBase: CfnKnowledgeBase;

  /** The knowledge base's id. */
  public readonly knowledgeBaseId: string;

  /** Where documents are put, where a source is a bucket; the first, where several are. */
  public readonly bucket?: IBucket;

  /** Which jobs ran and which documents failed. */
  public readonly table: TableV2;

  /** What was asked lately, where `answering.sessions` keeps it. */
  public readonly sessionTable?: TableV2;

  /** Whoever sends `{"sync":"all"}` here has every source looked through; let them with `grantSync`. */
  public readonly syncRequests: IQueue;

  /** The users, where they live in Cognito. */
  public readonly userPool?: IUserPool;

  /** The client with which a web page or an app signs users in; made together with the user pool. */
  public readonly userPoolClient?: UserPoolClient;

  private readonly build: Build;
  private readonly retrieval: RetrievalOptions;
  private readonly knowledge: KnowledgeBase;
  private readonly sync: DocumentSync;
  private readonly queries?: QueryApi;
  private readonly operations: Operations;

  constructor(scope: Construct, id: string, props: ManagedRagProps = {}) {
    super(scope, id);
    requireValidProps(this, props);

    this.build = buildOf(this, props);
    this.operations = new Operations(this, { documentation: DOCUMENTATION, encryptionKey: this.build.encryptionKey });
    this.retrieval = props.retrieval ?? {};
    this.knowledge = this.defineKnowledge(props);
    requireIdentity(this, this.knowledge.sources, this.retrieval);
    this.knowledgeBase = this.knowledge.base;
    this.knowledgeBaseId = this.knowledgeBase.attrKnowledgeBaseId;
    this.bucket = this.knowledge.documents[0]?.bucket;

    this.sync = this.defineSync(props);
    this.table = this.sync.table;
    this.syncRequests = this.sync.queues.jobs;

    this.queries = this.defineQueries(props);
    this.userPool = this.queries?.auth.userPool;
    this.userPoolClient = this.queries?.auth.userPoolClient;
    this.sessionTable = this.queries?.sessions?.table;
    this.queries?.answerFrom((caller) => this.bind(this, caller));
  }

  /** The function that answers; an error with `RagApi.none()`. */
  public get handler(): LambdaFunction {
    return this.requireQueries('handler').answers.function;
  }

  /** The REST API; an error with `RagApi.none()`. */
  public get api(): RestApi {
    return this.requireQueries('api').endpoint.api;
  }

  /** Where questions are answered, with a slash at its end: they are posted to `${url}v1/query`. An error with `RagApi.none()`. */
  public get url(): string {
    return this.requireQueries('url').endpoint.url;
  }

  /** Lets a caller look passages up, and says all that the caller must know to do so. */
  public bind(scope: IConstruct, caller: IGrantable): KnowledgeBinding {
    return this.bindBy(scope, caller, this.retrieval);
  }

  /** Lets somebody ask with IAM credentials; takes effect with `ApiAuth.iam()`. */
  public grantInvoke(grantee: IGrantable): Grant {
    const { auth, endpoint } = this.requireQueries('grantInvoke');
    warnOfIdleGrant(this, auth);
    return endpoint.grantInvoke(grantee);
  }

  /** Lets somebody look passages up by themselves, with Bedrock's own `Retrieve`: by any filter, whatever the tenant. */
  public grantRetrieve(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['bedrock:Retrieve'], resourceArns: [this.knowledgeBase.attrKnowledgeBaseArn] });
  }

  /** Lets somebody have documents read, by a message to `syncRequests`. */
  public grantSync(grantee: IGrantable): Grant {
    return this.sync.queues.grantRequest(grantee);
  }

  /**
   * Has answers evaluated by a set of questions: on deployment, as a gate that lets no worse one through, at times, or by a message. May be called once, after all that
   * the construct is to hold but alarms and a dashboard. An error with `RagApi.none()`, which answers nobody.
   */
  public addEvaluation(options: EvaluationOptions): IEvaluation {
    const { build, operations, retrieval, sync, knowledge: { sources } } = this;
    return new Evaluation(this, 'Evaluation', {
      ...build,
      service: operations.service,
      queries: this.requireQueries('addEvaluation'),
      needs: { parts: [], calls: [CalledService.BEDROCK_AGENT_RUNTIME] },
      bind: (caller) => this.bindBy(this, caller, { ...retrieval, links: undefined }),
      offsets: false,
      fields: declaredFields(this, retrieval),
      tenants: retrieval.tenant !== undefined,
      users: retrieval.identity !== undefined,
      sync: { queues: sync.queues, onDeploy: sync.onDeploy },
      index: sources.map(({ dataSource }) => dataSource.attrDataSourceId).join(' '),
      metric: (name, about) => operations.metric(name, {}, about),
    }, options);
  }

  /**
   * Adds alarms for what users feel and what they would be told wrongly: failed questions, slow first tokens, documents that cannot be read, changes that
   * wait, what was given up. An alarm says in its description what it means and what to do next.
   */
  public addAlarms(options: RagAlarmsOptions = {}): IAlarms {
    return this.operations.addAlarms(ragAlarms(this, this.signals, options), options);
  }

  /** Adds a dashboard: questions, what is found, what is read, what carries it, alarms where there are some, and the requests that failed last. */
  public addDashboard(options: DashboardOptions = {}): cloudwatch.Dashboard {
    return this.operations.addDashboard({ rows: ragCharts(this.signals), failures: this.failures }, options);
  }

  /** A metric of this construct, by its name in CloudWatch; the sum over five minutes unless told otherwise. With `RagApi.none()` those of documents alone. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    if (!this.queries) requireMetricOfReading(this, metricName);
    return this.operations.metric(metricName, this.queries?.aboutOf(metricName) ?? {}, options);
  }

  private bindBy(scope: IConstruct, caller: IGrantable, retrieval: RetrievalOptions): KnowledgeBinding {
    const { base, kind, store: { searches, textFilters }, documents, role } = this.knowledge;
    const { attrKnowledgeBaseId: knowledgeBaseId, attrKnowledgeBaseArn: knowledgeBaseArn } = base;
    return bindRetrieval(scope, caller, { knowledgeBaseId, knowledgeBaseArn, kind, searches, textFilters, documents, role }, retrieval);
  }

  private get signals(): RagSignals {
    const { queries, sync: { queues: { changes, allLost }, handler: { function: reader } } } = this;
    const lost = [...allLost, ...(queries ? [queries.answers.deadLetters] : [])];
    return { rag: this, documents: this, queries: queries?.signals(this.retrieval), reader, changes, lost };
  }

  private get failures(): Failures {
    return this.queries ? failedRequests(this.queries.answers.logs) : failedDocuments(this.sync.handler.logs);
  }

  private requireQueries(member: string): QueryApi {
    return this.queries ?? failWithoutQueries(this, member);
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

  private defineSync({ sync: policy = SyncPolicy.onChange().also(SyncPolicy.onDeploy()) }: ManagedRagProps) {
    const { base, sources, kind } = this.knowledge;
    requireValidBacklog(this, policy, kind);
    warnOfUnreadSources(this, policy, sources);
    return new DocumentSync(this, 'Sync', { ...this.build, knowledgeBase: base, sources, kind, policy, service: this.operations.service });
  }

  private defineQueries({ api = RagApi.rest(), ...props }: ManagedRagProps) {
    const rest = api._rest();
    if (!rest) return undefined;
    const queries = new QueryApi(this, {
      ...props,
      api: rest,
      build: this.build,
      service: this.operations.service,
      description: { handler: 'Answers questions from documents', api: 'Answers from documents' },
      parts: this.retrieval.links ? ['s3-links'] : [],
      routes: Object.values(RAG_ROUTES),
    });
    requireFittingProof(this, props, queries.auth);
    return queries;
  }
}
