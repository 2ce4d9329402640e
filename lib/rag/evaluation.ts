import { CustomResource, Duration, Size, Stack } from 'aws-cdk-lib';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnEventSourceMapping, type CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue, type Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';
import { evaluationAlarms } from './evaluation-alarms';
import { type EvaluationAlarmsOptions, type EvaluationOptions, type IEvaluation } from './evaluation-options';
import { EvaluationQueues } from './evaluation-queues';
import { DEFAULT_LIMITS, LEAST_COMPLETENESS, requireKnownPrices, requireValidEvaluation, undeclaredIn } from './evaluation-rules';
import { EvaluationRuns } from './evaluation-runs';
import { type BoundSet } from './evaluation-set';
import { Judge } from './judge';
import { type QueryApi } from './query-api';
import { type SyncQueues } from './sync-queues';
import { DeploymentTrigger, ScheduleTrigger } from './sync-triggers';
import { SYSTEM_PROMPT_FILE } from '../contract/chat';
import {
  EVALUATE_SECONDS, type EvaluateEnv, EVALUATION_MEASURES, EVALUATION_METRICS, EVALUATION_TABLE, type EvaluationPolicy, type EvaluationRequest,
  type EvaluationThresholdValues, GATE_TYPE, LONGEST_GATE_SECONDS,
} from '../contract/evaluation';
import { type MetadataField } from '../contract/metadata';
import { acknowledge, acknowledgeWildcard } from '../internal/acknowledge';
import { BundledFunction } from '../internal/bundled-function';
import { type HandlerRole } from '../internal/handler-role';
import { PrivateBucket } from '../internal/private-bucket';
import { requireFirst } from '../internal/validation';
import { type KnowledgeBinding } from '../knowledge';
import { type KnowledgeNeeds, placing } from '../knowledge/knowledge-needs';
import { Model, type ModelBinding, ModelUse } from '../model';
import { BoundModels } from '../model/bound-models';
import { modelFacts } from '../model/model-facts';
import { type IAlarms } from '../observability';
import { AlarmSet } from '../observability/alarm-set';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';

/** What is evaluated. */
export interface EvaluatedRag extends Build {
  readonly service: string;
  readonly queries: QueryApi;
  /** What passages are looked up by. */
  readonly needs: KnowledgeNeeds;
  /** Lets a caller look passages up, without links to their documents. */
  readonly bind: (caller: HandlerRole) => KnowledgeBinding;
  /** Whether passages say where they stand. */
  readonly offsets: boolean;
  /** What documents are described by, the tenant's field included. */
  readonly fields: readonly MetadataField[];
  readonly tenants: boolean;
  readonly users: boolean;
  /** What keeps documents in step, and whether a deployment has them looked through. */
  readonly sync: { readonly queues: SyncQueues; readonly onDeploy: boolean };
  /** What is another index where it changes. */
  readonly index?: string;
  readonly metric: (metricName: string, options: MetricOptions) => Metric;
}

const EVERYTHING: EvaluationRequest = { evaluate: 'all' };

/** Asks the questions of a set as everybody's are asked, measures what comes of them, and lets a deployment through or not. */
export class Evaluation extends Construct implements IEvaluation {
  public readonly results: IBucket;
  private readonly queues: EvaluationQueues;
  private readonly set: BoundSet;
  private readonly models: BoundModels;
  private readonly thresholds: EvaluationThresholdValues;
  private readonly handler: BundledFunction<EvaluateEnv>;
  private judge?: ModelBinding;

  constructor(scope: Construct, id: string, private readonly rag: EvaluatedRag, private readonly options: EvaluationOptions) {
    super(scope, requireFirst(scope, id, 'addEvaluation'));
    const triggers = (options.runs ?? EvaluationRuns.onDeploy())._triggers;
    requireValidEvaluation(this, options, triggers, rag);
    const { completeness = LEAST_COMPLETENESS, ...thresholds } = options.thresholds ?? {};
    this.thresholds = { completeness, ...thresholds };
    this.set = this.bindSet();
    this.queues = new EvaluationQueues(this, 'Queues', rag);
    this.results = options.results ?? this.defineResults();
    this.models = new BoundModels(this, rag.queries.choices.model ?? Model.standard());
    this.handler = this.defineHandler();
    this.configure(triggers.gate);
    const mappings = [this.readFrom(this.queues.runs, 'Runs', 2), this.readFrom(this.queues.questions, 'Questions', this.limits.concurrency)];
    const lines = { jobs: this.queues.runs, lost: this.queues.lost };
    if (triggers.onDeploy) new DeploymentTrigger(this, 'OnDeploy', lines, EVERYTHING);
    if (triggers.schedules.length > 0) new ScheduleTrigger(this, 'OnSchedule', triggers.schedules, lines, rag, EVERYTHING);
    if (triggers.gate) this.defineGate(scope.node.children.filter((child) => child !== this), mappings);
  }

  public get runRequests(): IQueue {
    return this.queues.runs;
  }

  public grantRun(grantee: IGrantable): Grant {
    return this.queues.grantRun(grantee);
  }

  public addAlarms(options: EvaluationAlarmsOptions = {}): IAlarms {
    const rules = evaluationAlarms(this, this, this.thresholds, this.queues.lost, options);
    return new AlarmSet(this, 'Alarms', { rules, topic: options.topic, encryptionKey: this.rag.encryptionKey });
  }

  public metric(metricName: string, options?: MetricOptions): Metric {
    return this.rag.metric(metricName, { statistic: Stats.AVERAGE, period: Duration.hours(1), ...options });
  }

  public metricRecall(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.recall, options);
  }

  public metricPrecision(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.precision, options);
  }

  public metricNdcg(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.ndcg, options);
  }

  public metricMrr(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.mrr, options);
  }

  public metricFaithfulness(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.faithfulness, options);
  }

  public metricRelevance(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.relevance, options);
  }

  public metricCorrectness(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.correctness, options);
  }

  public metricAbstention(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.abstention, options);
  }

  public metricAnswered(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.answered, options);
  }

  public metricCompleteness(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.completeness, options);
  }

  public metricCost(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.cost, { statistic: Stats.SUM, ...options });
  }

  public metricDrop(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.drop, options);
  }

  public metricRuns(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.runs, { statistic: Stats.SUM, ...options });
  }

  public metricBrokenRuns(options?: MetricOptions): Metric {
    return this.metric(EVALUATION_METRICS.brokenRuns, { statistic: Stats.SUM, ...options });
  }

  private get limits() {
    return { ...DEFAULT_LIMITS, ...this.options.limits };
  }

  private bindSet(): BoundSet {
    const { offsets, fields, tenants, users } = this.rag;
    const measures = EVALUATION_MEASURES.filter((measure) => this.options.thresholds?.[measure] !== undefined);
    const problemOf = (filter: object) => undeclaredIn(filter, fields);
    return this.options.set._bind(this, { questions: this.limits.questions, offsets, tenants, users, problemOf }, measures);
  }

  private defineResults() {
    const { logRetention, encryptionKey, posture } = this.rag;
    const bucket = new PrivateBucket(this, 'Results', { logRetention, encryptionKey });
    posture.protectBucket(bucket, bucket, []);
    return bucket;
  }

  private defineHandler() {
    const { posture, logRetention, encryptionKey, needs: { parts, calls, place }, queries: { choices: { answering: { systemPrompt } = {} } } } = this.rag;
    return new BundledFunction<EvaluateEnv>(this, 'Handler', {
      bundle: 'evaluate',
      description: 'Evaluates answers from documents',
      parts: ['knowledge', ...parts],
      files: (role) => {
        const routing = this.models.bind(role, ModelUse.STREAMED_TEXT);
        this.judge = (this.options.judge ?? Judge.model(Model.standard()))._bind(this, role);
        return { ...routing, ...this.set.files, ...(systemPrompt && { [SYSTEM_PROMPT_FILE]: systemPrompt }) };
      },
      timeout: Duration.seconds(EVALUATE_SECONDS),
      memory: Size.mebibytes(1024),
      // A run is looked at by messages until it has ended.
      sendsToItself: true,
      logRetention,
      encryptionKey,
      deadLetters: this.queues.lost,
      reservedConcurrency: posture.reservedConcurrency,
      // CloudFormation takes answers at an address of S3.
      place: (placed) => placing(posture, place)(placed, [
        ...new Set([...calls, CalledService.BEDROCK_RUNTIME, CalledService.DYNAMODB, CalledService.S3, CalledService.SQS, CalledService.XRAY]),
      ]),
    });
  }

  private configure(gate: boolean) {
    const { rag, options, handler: { role }, queues: { runs, questions } } = this;
    const stack = Stack.of(this);
    const judge = this.judge!;
    requireKnownPrices(this, options, this.models.candidates.concat(judge));
    const table = defineItemTable(this, 'Table', rag, EVALUATION_TABLE, { holds: 'data' });
    grantItems(role, table, rag, ['GetItem', 'PutItem', 'UpdateItem', 'Query']);
    const { queues: { jobs, changes }, onDeploy } = rag.sync;
    const watched = [jobs, ...changes ? [changes] : []];
    const asksForSync = gate && onDeploy;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:GetQueueAttributes'], resources: watched.map(({ queueArn }) => queueArn) }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [runs, questions, ...asksForSync ? [jobs] : []].map(({ queueArn }) => queueArn) }));
    this.set.letRead(role);
    this.letWriteResults(role);
    const { limits: { questions: most, time, settling, dollars }, thresholds } = this;
    const policy: EvaluationPolicy = {
      set: this.set.location,
      offsets: rag.offsets,
      thresholds,
      questions: most,
      seconds: time.toSeconds(),
      dollars,
      settleSeconds: settling.toSeconds(),
      sync: asksForSync,
    };
    this.handler.configure({
      ...rag.queries.answeringEnvironment(this, role, this.models, rag.bind),
      EVALUATION: stack.toJsonString(policy),
      JUDGE: stack.toJsonString(modelFacts(judge)),
      RUNS_TABLE: table.tableName,
      RESULTS_BUCKET: this.results.bucketName,
      RUNS_URL: runs.queueUrl,
      QUESTIONS_URL: questions.queueUrl,
      SYNC_URLS: stack.toJsonString(watched.map(({ queueUrl }) => queueUrl)),
      SERVICE: rag.service,
    });
  }

  private letWriteResults(role: HandlerRole) {
    const objects = this.results.arnForObjects('runs/*');
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [objects] }));
    acknowledgeWildcard(role, objects, 'A folder a run, named by when it began.');
    if (this.results.encryptionKey) role.allowEncryption(this.results.encryptionKey, 's3');
  }

  private readFrom(queue: Queue, id: string, maximumConcurrency: number) {
    const { role, function: handler } = this.handler;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], resources: [queue.queueArn] }));
    // Not the L2, which grants more and asks whether the queue is encrypted.
    const scope = new Construct(this, `${id}Mapping`);
    const mapping = new CfnEventSourceMapping(scope, 'Resource', {
      eventSourceArn: queue.queueArn, functionName: handler.functionName, batchSize: 1, scalingConfig: { maximumConcurrency }, functionResponseTypes: ['ReportBatchItemFailures'],
    });
    mapping.node.addDependency(role);
    acknowledge(scope, 'Serverless-LambdaEventSourceMappingDestination', 'Lambda offers such a destination for streams only: what a queue gives up goes to the dead-letter queue of the queue.');
    return scope;
  }

  /** The last of all that is made: the function begins a run, and whoever ends it answers CloudFormation. */
  private defineGate(rest: readonly IDependable[], mappings: readonly IDependable[]) {
    const { function: handler, environment } = this.handler;
    const { KNOWLEDGE, MODEL, ROUTED_MODELS, GENERATION, GUARDRAIL, EVALUATION, JUDGE } = environment;
    const gate = new CustomResource(this, 'Gate', {
      resourceType: GATE_TYPE,
      serviceToken: handler.functionArn,
      serviceTimeout: Duration.seconds(LONGEST_GATE_SECONDS),
      properties: {
        KNOWLEDGE,
        MODEL,
        ROUTED_MODELS,
        GENERATION,
        GUARDRAIL,
        EVALUATION,
        JUDGE,
        // The code with all that lies beside it: the set, the system prompt.
        CODE: ((handler.node.defaultChild as CfnFunction).code as CfnFunction.CodeProperty).s3Key,
        INDEX: this.rag.index ?? '',
      },
    });
    gate.node.addDependency(...rest, ...mappings, this.handler);
  }
}
