import { Duration } from 'aws-cdk-lib';
import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type IUserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { letEverywhere } from './let-everywhere';
import { queryTimeoutOf } from './query-guidance';
import { setupSql } from './setup-sql';
import { SqlBase } from './sql-base';
import { type StructuredKnowledgeProps } from './structured-knowledge-props';
import { requireValidStructured } from './structured-knowledge-rules';
import { RagApi } from '../../api';
import { RAG_ROUTES, SQL_ROUTE } from '../../contract/rag';
import { type IKnowledge, type KnowledgeBinding, type RowsOptions } from '../../knowledge';
import { bindRows } from '../../knowledge/bind-rows';
import { type DashboardOptions, type IAlarms } from '../../observability';
import { Operations } from '../../observability/operations';
import { failedRequests, type Failures } from '../../observability/operations-dashboard';
import { type Build, buildOf } from '../../posture/build';
import { AnswerMetrics } from '../../rag/answer-metrics';
import { ANSWER_TIMEOUT } from '../../rag/answering';
import { warnOfIdleGrant } from '../../rag/caller-rules';
import { QueryApi } from '../../rag/query-api';
import { failWithoutQueries, requireMetricOfReading } from '../../rag/query-rules';
import { ragAlarms } from '../../rag/rag-alarms';
import { type QueryAlarmsOptions } from '../../rag/rag-alarms-options';
import { failedJobs, ragCharts } from '../../rag/rag-dashboard';
import { type RagSignals } from '../../rag/rag-signals';
import { SyncPolicy } from '../../rag/sync-policy';
import { DocumentSync } from '../document-sync';

const DOCUMENTATION = 'https://github.com/cdk-genai-patterns/cdk-genai-patterns/blob/main/docs/structured-knowledge.md#metrics-and-alarms';

/** A query is written and run before the first word. */
const FIRST_TOKEN = Duration.seconds(30);

/**
 * Answers from tables, each with the query whose rows it was given from, over a knowledge base of Bedrock that writes SQL and runs it on Redshift.
 *
 * @example
 * const sales = new StructuredKnowledge(this, 'Sales', {
 *   engine: QueryEngine.redshiftServerless('arn:aws:redshift-serverless:us-east-1:111122223333:workgroup/01234567-89ab-cdef-0123-456789abcdef'),
 *   data: StructuredData.redshift('sales'),
 * });
 * new CfnOutput(this, 'SetupSql', { value: sales.setupSql() });
 */
export class StructuredKnowledge extends AnswerMetrics implements IKnowledge {
  /** The knowledge base. */
  public readonly knowledgeBase: CfnKnowledgeBase;

  /** The knowledge base's id. */
  public readonly knowledgeBaseId: string;

  /** Under which the knowledge base writes and runs queries: let it select in Lake Formation, where tables are Glue's. */
  public readonly role: IRole;

  /** The database user that queries run as, where it is known: rights in the database are this user's. */
  public readonly databaseUser?: string;

  /** Which jobs ran. */
  public readonly table: TableV2;

  /** Whoever sends `{"sync":"all"}` here has tables and columns read anew; let them with `grantSync`. */
  public readonly syncRequests: IQueue;

  /** The users, where they live in Cognito. */
  public readonly userPool?: IUserPool;

  /** The client with which a web page or an app signs users in; made together with the user pool. */
  public readonly userPoolClient?: UserPoolClient;

  /** Where sessions are kept, where `answering.sessions` says that they are. */
  public readonly sessionTable?: TableV2;

  private readonly build: Build;
  private readonly retrieval: RowsOptions;
  private readonly querySeconds: number;
  private readonly knowledge: SqlBase;
  private readonly sync: DocumentSync;
  private readonly queries?: QueryApi;
  private readonly operations: Operations;

  constructor(scope: Construct, id: string, props: StructuredKnowledgeProps) {
    super(scope, id);
    requireValidStructured(this, props);

    this.build = buildOf(this, props);
    this.operations = new Operations(this, { documentation: DOCUMENTATION, encryptionKey: this.build.encryptionKey });
    this.retrieval = props.retrieval ?? {};
    const answersHere = props.api === undefined || props.api._rest() !== undefined;
    const queryTimeout = queryTimeoutOf(this, props.queries ?? {}, answersHere ? props.answering?.timeout ?? ANSWER_TIMEOUT : undefined);
    this.querySeconds = queryTimeout.toSeconds();
    this.knowledge = new SqlBase(this, 'KnowledgeBase', { ...props, guidance: props.queries ?? {}, queryTimeout });
    this.knowledgeBase = this.knowledge.base;
    this.knowledgeBaseId = this.knowledgeBase.attrKnowledgeBaseId;
    this.role = this.knowledge.role;
    this.databaseUser = this.knowledge.login.user;

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

  /** Where questions are answered, with a slash at its end: they are posted to `${url}v1/query`, for their SQL alone to `${url}v1/sql`. An error with `RagApi.none()`. */
  public get url(): string {
    return this.requireQueries('url').endpoint.url;
  }

  /** Lets a caller ask, and says all that the caller must know to do so. */
  public bind(scope: IConstruct, caller: IGrantable): KnowledgeBinding {
    const { attrKnowledgeBaseId: knowledgeBaseId, attrKnowledgeBaseArn: knowledgeBaseArn } = this.knowledgeBase;
    return bindRows(scope, caller, { knowledgeBaseId, knowledgeBaseArn, seconds: this.querySeconds }, this.retrieval);
  }

  /**
   * What somebody who may grant has to run in the database once, before tables can be read: the user that queries run as, and its right to select. No
   * other right should ever be granted to it. CloudFormation cannot run it.
   *
   * @param schemas the schemas whose tables are asked, `public` where none are named; Glue's catalog is granted as a whole
   */
  public setupSql(schemas: string[] = ['public']): string {
    const { login, catalog } = this.knowledge;
    return setupSql(this, login, schemas, catalog);
  }

  /** Lets somebody ask with IAM credentials; takes effect with `ApiAuth.iam()`. */
  public grantInvoke(grantee: IGrantable): Grant {
    const { auth, endpoint } = this.requireQueries('grantInvoke');
    warnOfIdleGrant(this, auth);
    return endpoint.grantInvoke(grantee);
  }

  /** Lets somebody look rows up by themselves, with Bedrock's own `Retrieve`. */
  public grantRetrieve(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['bedrock:Retrieve'], resourceArns: [this.knowledgeBase.attrKnowledgeBaseArn] });
  }

  /** Lets somebody have tables and columns read anew, by a message to `syncRequests`. */
  public grantSync(grantee: IGrantable): Grant {
    return this.sync.queues.grantRequest(grantee);
  }

  /**
   * Adds alarms for what users feel: failed questions, slow first tokens (of more than 30 seconds, unless told otherwise), tables that cannot be read, what
   * was given up. An alarm says in its description what it means and what to do next.
   */
  public addAlarms(options: QueryAlarmsOptions = {}): IAlarms {
    const timeToFirstToken = options.timeToFirstToken ?? (this.queries && FIRST_TOKEN);
    return this.operations.addAlarms(ragAlarms(this, this.signals, { ...options, timeToFirstToken }), options);
  }

  /** Adds a dashboard: questions, what is found, what is read, what carries it, alarms where there are some, and the requests that failed last. */
  public addDashboard(options: DashboardOptions = {}): cloudwatch.Dashboard {
    return this.operations.addDashboard({ rows: ragCharts(this.signals), failures: this.failures }, options);
  }

  /** A metric of this construct, by its name in CloudWatch; the sum over five minutes unless told otherwise. With `RagApi.none()` those of jobs alone. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    if (!this.queries) requireMetricOfReading(this, metricName);
    return this.operations.metric(metricName, this.queries?.aboutOf(metricName) ?? {}, options);
  }

  private get signals(): RagSignals {
    const { queries, sync: { queues: { allLost }, handler: { function: reader } } } = this;
    const lost = [...allLost, ...(queries ? [queries.answers.deadLetters] : [])];
    return { rag: this, queries: queries?.signals({}), reader, lost };
  }

  private get failures(): Failures {
    return this.queries ? failedRequests(this.queries.answers.logs) : failedJobs(this.sync.handler.logs);
  }

  private requireQueries(member: string): QueryApi {
    return this.queries ?? failWithoutQueries(this, member);
  }

  private defineSync({ sync: policy = SyncPolicy.onDeploy() }: StructuredKnowledgeProps) {
    const { base, metadata } = this.knowledge;
    return new DocumentSync(this, 'Sync', { ...this.build, knowledgeBase: base, sources: [metadata], kind: 'sql', policy, service: this.operations.service });
  }

  private defineQueries({ api = RagApi.rest(), ...props }: StructuredKnowledgeProps) {
    const rest = api._rest();
    if (!rest) return undefined;
    const queries = new QueryApi(this, {
      ...props,
      api: rest,
      build: this.build,
      service: this.operations.service,
      description: { handler: 'Answers questions from tables', api: 'Answers from tables' },
      parts: [],
      routes: [...Object.values(RAG_ROUTES), SQL_ROUTE],
    });
    this.letWriteQueries(queries);
    return queries;
  }

  /** For `/v1/sql`. */
  private letWriteQueries({ answers: { role } }: QueryApi) {
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['bedrock:GetKnowledgeBase'], resources: [this.knowledgeBase.attrKnowledgeBaseArn] }));
    letEverywhere(role, 'QueryWriting', ['bedrock:GenerateQuery', 'sqlworkbench:GetSqlRecommendations'],
      'AWS documents both actions of who has a query written on every resource: they name none. Which knowledge base writes it is held to this one beside them.');
  }
}
