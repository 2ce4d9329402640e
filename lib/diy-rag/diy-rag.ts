import { Duration } from 'aws-cdk-lib';
import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type IUserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { BulkLoad } from './bulk/bulk-load';
import { type BulkLoadOptions, type IBulkLoad } from './bulk/bulk-load-options';
import { type DiyRagProps } from './diy-rag-props';
import { requireValidProps } from './diy-rag-rules';
import { OWN_SOURCE } from './index-sync';
import { OwnIndex } from './own-index';
import { type PassageRetrieval } from './passage-retrieval';
import { RagApi } from '../api';
import { ANSWER_CACHE_METRICS } from '../contract/answer-cache';
import { DOCUMENT_METRICS, DOCUMENTS_TABLE } from '../contract/document-index';
import { RETRIEVAL_METRICS } from '../contract/knowledge';
import { REWRITE_METRICS } from '../contract/questions';
import { DOCUMENT_ROUTES, RAG_ROUTES } from '../contract/rag';
import { REINDEX_METRICS } from '../contract/reindexing';
import { PrivateBucket } from '../internal/private-bucket';
import { fail, requireFirst } from '../internal/validation';
import { type IKnowledge, type KnowledgeBinding, SearchKind } from '../knowledge';
import { declaredFields } from '../knowledge/bind-retrieval';
import { type KnowledgeNeeds } from '../knowledge/knowledge-needs';
import { type DashboardOptions, type IAlarms } from '../observability';
import { Operations } from '../observability/operations';
import { type Chart, failedRequests, type Failures } from '../observability/operations-dashboard';
import { CalledService } from '../posture';
import { type Build, buildOf } from '../posture/build';
import { grantItems } from '../posture/item-table';
import { DocumentMetrics } from '../rag/answer-metrics';
import { type AnswerTable } from '../rag/answer-table';
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

const DOCUMENTATION = 'https://github.com/cdk-genai-patterns/cdk-genai-patterns/blob/main/docs/diy-rag.md#metrics-and-alarms';

/**
 * Answers from your documents by a pipeline that is yours from end to end: read, cut, embedded, kept and found by functions in your account, each document's way through
 * it to be seen, and each statement of an answer cited to the character.
 *
 * @example
 * const rag = new DiyRag(this, 'Rag');
 * new CfnOutput(this, 'Documents', { value: rag.bucket.bucketName });
 */
export class DiyRag extends DocumentMetrics implements IKnowledge {
  /** Where documents are put. */
  public readonly bucket: IBucket;

  /** How each document is: what `GET /v1/documents` shows. */
  public readonly table: TableV2;

  /** What was asked lately, where `answering.sessions` keeps it. */
  public readonly sessionTable?: TableV2;

  /** Whoever sends `{"sync":"all"}` here has the bucket compared with the index; let them with `grantSync`. */
  public readonly syncRequests: IQueue;

  /** The users, where they live in Cognito. */
  public readonly userPool?: IUserPool;

  /** The client with which a web page or an app signs users in; made together with the user pool. */
  public readonly userPoolClient?: UserPoolClient;

  /** @internal */
  public readonly _needs: KnowledgeNeeds;

  private readonly build: Build;
  private readonly index: OwnIndex;
  private readonly answers?: AnswerTable;
  private readonly queries?: QueryApi;
  private readonly operations: Operations;
  private readonly retrieval: PassageRetrieval;

  constructor(scope: Construct, id: string, props: DiyRagProps = {}) {
    super(scope, id);
    requireValidProps(this, props);

    this.build = buildOf(this, props);
    this.operations = new Operations(this, { documentation: DOCUMENTATION, encryptionKey: this.build.encryptionKey });
    this.retrieval = props.retrieval ?? {};
    this.bucket = props.documents?.bucket ?? this.defineBucket();
    this.answers = this.defineAnswers(props);
    this.index = this.defineIndex(props);
    this._needs = this.index.needs;
    this.table = this.index.sync.table;
    this.syncRequests = this.index.sync.queues.jobs;

    this.queries = this.defineQueries(props);
    this.userPool = this.queries?.auth.userPool;
    this.userPoolClient = this.queries?.auth.userPoolClient;
    this.sessionTable = this.queries?.sessions?.table;
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
    return this.index.bind(scope, caller);
  }

  /** Lets somebody ask with IAM credentials; takes effect with `ApiAuth.iam()`. */
  public grantInvoke(grantee: IGrantable): Grant {
    const { auth, endpoint } = this.requireQueries('grantInvoke');
    warnOfIdleGrant(this, auth);
    return endpoint.grantInvoke(grantee);
  }

  /** Lets somebody have the bucket compared with the index, by a message to `syncRequests`. */
  public grantSync(grantee: IGrantable): Grant {
    return this.index.sync.queues.grantRequest(grantee);
  }

  /**
   * Has answers evaluated by a set of questions: on deployment, as a gate that lets no worse one through, at times, or by a message. May be called once, after all that
   * the construct is to hold but alarms and a dashboard. An error with `RagApi.none()`, which answers nobody.
   */
  public addEvaluation(options: EvaluationOptions): IEvaluation {
    const { build, index, operations, retrieval, _needs: needs } = this;
    return new Evaluation(this, 'Evaluation', {
      ...build,
      ...index.kept,
      service: operations.service,
      queries: this.requireQueries('addEvaluation'),
      needs,
      bind: (caller) => index.bind(this, caller, { ...retrieval, links: undefined }),
      offsets: true,
      fields: declaredFields(this, retrieval),
      tenants: retrieval.tenant !== undefined,
      users: false,
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
    return this.operations.addDashboard({ rows: [...ragCharts(this.signals), ...this.answers ? [[this.cacheChart]] : []], failures: this.failures }, options);
  }

  /**
   * Adds a state machine that brings all documents into the index at once, many at a time: for a first load, and after what makes all be read anew. Changes go their own way
   * meanwhile; neither undoes what the other does.
   */
  public addBulkLoad(options: BulkLoadOptions = {}): IBulkLoad {
    const id = requireFirst(this, 'BulkLoad', 'addBulkLoad');
    return new BulkLoad(this, id, { ...options, index: this.index.loaded, build: this.build, metric: (name, more) => this.metric(name, more) });
  }

  /** A metric of this construct, by its name in CloudWatch; the sum over five minutes unless told otherwise. With `RagApi.none()` those of documents alone. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    if (!this.queries) requireMetricOfReading(this, metricName);
    return this.operations.metric(metricName, this.queries?.aboutOf(metricName) ?? {}, options);
  }

  /** Pages of scans that were read, and are paid for. */
  public metricPagesScanned(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DOCUMENT_METRICS.pagesScanned, options);
  }

  /** Lines of context that a model wrote. */
  public metricContextLines(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DOCUMENT_METRICS.contextLines, options);
  }

  /** What these lines cost, in US dollars; there is none for models whose prices are not known. */
  public metricContextCost(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DOCUMENT_METRICS.contextCost, options);
  }

  /** Calls of a model that say what to look up, before a search. */
  public metricQuestionRewrites(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(REWRITE_METRICS.rewrites, options);
  }

  /** Those of them that failed or were late: the question was looked up without them. */
  public metricQuestionRewritesFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(REWRITE_METRICS.rewritesFailed, options);
  }

  /** Searches whose passages were to be reranked and were not, or not in time. */
  public metricRerankFallbacks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.rerankFallbacks, options);
  }

  /** Questions that were answered by what was answered before; there are some with `answering.cache` alone. */
  public metricAnswerCacheHits(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(ANSWER_CACHE_METRICS.hits, options);
  }

  /** Questions that were looked for among answers, and answered anew. */
  public metricAnswerCacheMisses(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(ANSWER_CACHE_METRICS.misses, options);
  }

  /** Chunks that were embedded and written. */
  public metricChunksIndexed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DOCUMENT_METRICS.chunksIndexed, options);
  }

  /** Documents that a look through the bucket found to be others than in the index. */
  public metricDocumentsRepaired(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DOCUMENT_METRICS.documentsRepaired, options);
  }

  /** Indexes that were built for another way of reading, and answer now. */
  public metricIndexBuilds(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(REINDEX_METRICS.indexBuilds, options);
  }

  /** Indexes that were built and do not answer, for they find less. */
  public metricIndexBuildsRefused(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(REINDEX_METRICS.indexBuildsRefused, options);
  }

  /** Times that an index answered again which had answered before. */
  public metricIndexRollbacks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(REINDEX_METRICS.indexRollbacks, options);
  }

  /** Documents that an index which is built has not read yet, as the last look through the bucket counted them; the most of five minutes. */
  public metricDocumentsToReindex(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(REINDEX_METRICS.documentsToReindex, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  private get signals(): RagSignals {
    const { queries, retrieval, index: { sync: { queues: { changes, allLost }, handler: { function: reader } } } } = this;
    const lost = [...allLost, ...(queries ? [queries.answers.deadLetters] : [])];
    const answering = queries && { ...queries.signals(retrieval), ...(retrieval.rerank && { reranked: this }) };
    return { rag: this, documents: this, indexes: this, queries: answering, reader, changes, lost };
  }

  private get cacheChart(): Chart {
    const lines = [this.metricAnswerCacheHits({ label: 'Told again' }), this.metricAnswerCacheMisses({ label: 'Answered anew' })];
    return { title: 'Answers told again', unit: 'questions', lines };
  }

  private get failures(): Failures {
    return this.queries ? failedRequests(this.queries.answers.logs) : failedDocuments(this.index.sync.handler.logs);
  }

  private requireQueries(member: string): QueryApi {
    return this.queries ?? failWithoutQueries(this, member);
  }

  private defineAnswers({ answering, retrieval }: DiyRagProps) {
    const answers = answering?.cache?._bind(this, this.build);
    if (answers && retrieval?.search === SearchKind.KEYWORD) {
      fail(this, "'answering.cache' must be left out with SearchKind.KEYWORD, for which nothing is embedded, and questions can be near by their embeddings alone: take SearchKind.HYBRID");
    }
    return answers;
  }

  private defineBucket() {
    const { logRetention, encryptionKey, posture } = this.build;
    const bucket = new PrivateBucket(this, 'Documents', { logRetention, encryptionKey });
    posture.protectBucket(bucket, bucket, []);
    return bucket;
  }

  private defineIndex({ documents = {}, splitter, store, embedding }: DiyRagProps) {
    const daily = SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1)));
    const { prefix, reindexing, parsing, contextLines, sync = SyncPolicy.onChange().also(SyncPolicy.onDeploy()).also(daily) } = documents;
    return new OwnIndex(this, 'Index', {
      ...this.build,
      documents: { bucket: this.bucket, prefixes: prefix === undefined ? undefined : [prefix] },
      parsing: parsing ?? {},
      contextLines,
      splitter,
      store,
      reindexing,
      embedding,
      retrieval: this.retrieval,
      policy: sync,
      answers: this.answers,
      service: this.operations.service,
    });
  }

  private defineQueries({ api = RagApi.rest(), ...props }: DiyRagProps) {
    const rest = api._rest();
    if (!rest) return undefined;
    const { retrieval, answers } = this;
    const { needs: { parts, calls, place }, sync: { table } } = this.index;
    const queries = new QueryApi(this, {
      ...props,
      api: rest,
      build: this.build,
      service: this.operations.service,
      description: { handler: 'Answers questions from an index of passages', api: 'Answers from documents' },
      parts: [...parts, 'documents', ...retrieval.links ? ['s3-links'] : []],
      calls: [...new Set([...calls, CalledService.DYNAMODB])],
      place,
      cache: answers && { answers, lagSeconds: this.index.lagSeconds },
      routes: [...Object.values(RAG_ROUTES), ...Object.values(DOCUMENT_ROUTES)],
    });
    requireFittingProof(this, { retrieval }, queries.auth);
    const { role } = queries.answers;
    grantItems(role, table, this.build, ['GetItem']);
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['dynamodb:Query'], resources: [`${table.tableArn}/index/${DOCUMENTS_TABLE.listedIndex}`] }));
    queries.answerFrom((caller) => this.bind(this, caller), { table: table.tableName, source: OWN_SOURCE });
    return queries;
  }
}
