import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable, ManagedPolicy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BulkEmbedding, type BatchEmbeddingPlan } from './bulk-embedding';
import { type BulkLoadOptions, type IBulkLoad } from './bulk-load-options';
import { BulkSource, type SourceBinding } from './bulk-source';
import { LambdaCalls } from './lambda-calls';
import { loadDefinition } from './load-definition';
import { type LoadedIndex } from './loaded-index';
import { BULK_FILES, BULK_MAPS, BULK_METRICS } from '../../contract/bulk-load';
import { acknowledge, acknowledgeResource, acknowledgeWildcard } from '../../internal/acknowledge';
import { EncryptedLogs } from '../../internal/encrypted-logs';
import { ServiceRole } from '../../internal/handler-role';
import { letServiceUse } from '../../internal/key-policy';
import { acknowledgeInPacks, PrivateBucket } from '../../internal/private-bucket';
import { requireInteger, requireMade } from '../../internal/validation';
import { type Build } from '../../posture/build';

export interface BulkLoadProps extends BulkLoadOptions {
  readonly index: LoadedIndex;
  readonly build: Build;
  readonly metric: (name: string, options?: cloudwatch.MetricOptions) => cloudwatch.Metric;
}

/** How long the records and vectors of a load are kept: for people who want to know what happened, and a load that is redriven, which it may be for two weeks. */
const KEPT = Duration.days(30);

/** A state machine whose executions are loads, and what it needs. */
export class BulkLoad extends Construct implements IBulkLoad {
  public readonly stateMachine: sfn.StateMachine;

  public readonly bucket: IBucket;

  private readonly role: ServiceRole;

  constructor(scope: Construct, id: string, private readonly props: BulkLoadProps) {
    super(scope, id);
    requireValid(this, props);
    const { source = BulkSource.bucket(), embedding = BulkEmbedding.onDemand(), index, build } = props;
    const batch = embedding._bind(this, index);
    const files = this.defineBucket();
    this.bucket = files;
    const binding = source._bind(this, index, build);
    this.role = new ServiceRole(this, 'Role', 'states.amazonaws.com', { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } });
    this.letWork(binding);
    this.letHandlerWork();
    const jobRole = batch && this.defineJobRole();
    this.stateMachine = this.defineMachine(binding, batch, jobRole);
    this.letRunChildren(batch !== undefined);
  }

  public grantLoad(grantee: IGrantable): Grant {
    const { build: { encryptionKey } } = this.props;
    const { stateMachine } = this;
    const start = stateMachine.grantStartExecution(grantee);
    const executions = stateMachine.grantExecution(grantee, 'states:RedriveExecution', 'states:DescribeExecution', 'states:ListMapRuns');
    const runs = Grant.addToPrincipal({ grantee, actions: ['states:DescribeMapRun'], resourceArns: [this.arnOf('mapRun', '/*')] });
    const all = start.combine(executions).combine(runs);
    return encryptionKey ? all.combine(encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey')) : all;
  }

  public onEnd(id: string, options: events.OnEventOptions = {}): events.Rule {
    const { target, ...rest } = options;
    const rule = new events.Rule(this, id, {
      ...rest,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [this.stateMachine.stateMachineArn], status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
    });
    rule.addTarget(target);
    return rule;
  }

  public metricDocuments(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.metric(BULK_METRICS.bulkDocuments, options);
  }

  public metricDocumentsFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.metric(BULK_METRICS.bulkDocumentsFailed, options);
  }

  public metricBatchesFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.metric(BULK_METRICS.bulkBatchesFailed, options);
  }

  public metricVectors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.metric(BULK_METRICS.bulkVectors, options);
  }

  private defineBucket() {
    const { build: { logRetention, encryptionKey } } = this.props;
    const bucket = new PrivateBucket(this, 'Files', { logRetention, encryptionKey, lifecycleRules: [{ id: 'Passing', prefix: BULK_FILES.runs, expiration: KEPT }] });
    acknowledgeInPacks(bucket, 'S3BucketReplicationEnabled', 'It holds what passes from one step of a load to the next for 30 days, and everything in it can be made again from the documents.');
    return bucket;
  }

  /** What the steps read and write of a load's files. */
  private letHandlerWork() {
    const { index: { handler: { role, function: handler } } } = this.props;
    const files = this.bucket.arnForObjects(`${BULK_FILES.runs}*`);
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [files] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }));
    acknowledgeWildcard(role, files, 'The files of a load, whose name is that of the execution.');
    handler.addEnvironment('BULK_BUCKET', this.bucket.bucketName);
  }

  private letWork({ reader, before }: SourceBinding) {
    const { role, props: { index: { documents, handler }, build: { encryptionKey } } } = this;
    const files = this.bucket.arnForObjects(`${BULK_FILES.runs}*`);
    const allow = (actions: string[], resource: string) => role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [resource] }));
    allow(['lambda:InvokeFunction'], handler.function.functionArn);
    // What Step Functions writes of children, and the list of jobs that it reads.
    allow(['s3:GetObject', 's3:PutObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'], files);
    acknowledgeWildcard(role, files, 'The files of a load, whose name is that of the execution.');
    if (reader.kind === 'list') allow(['s3:ListBucket'], documents.bucket.bucketArn);
    if (reader.kind === 'inventory') {
      const inventories = reader.bucket.arnForObjects(`${reader.prefix}*`);
      allow(['s3:GetObject'], inventories);
      acknowledgeWildcard(role, inventories, 'Inventories, whose names S3 chooses.');
      if (reader.bucket.encryptionKey) role.allowEncryption(reader.bucket.encryptionKey, 's3');
    }
    if (before) role.addToPrincipalPolicy(new PolicyStatement({ actions: ['glue:StartJobRun', 'glue:GetJobRun', 'glue:GetJobRuns', 'glue:BatchStopJobRun'], resources: [before.jobArn] }));
    if (encryptionKey) role.allowEncryption(encryptionKey, 's3');
    this.letBeWatched();
  }

  /** What has no resource to name, in policies of their own. */
  private letBeWatched() {
    const { role } = this;
    const logging = new ManagedPolicy(role, 'Logging', {
      roles: [role],
      statements: [new PolicyStatement({
        actions: [
          'logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery', 'logs:ListLogDeliveries',
          'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups',
        ],
        resources: ['*'],
      })],
    });
    acknowledge(logging, 'AwsSolutions-IAM5[Resource::*]', 'Step Functions has its log delivered under these actions, which take no resource.');
    const tracing = new ManagedPolicy(role, 'Tracing', {
      roles: [role],
      statements: [new PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'], resources: ['*'] })],
    });
    acknowledge(tracing, 'AwsSolutions-IAM5[Resource::*]', 'X-Ray has no resource to name in these actions: they only write trace data of this account.');
  }

  /** Bedrock reads records and writes vectors under it, and may nothing else. */
  private defineJobRole() {
    const { account } = Stack.of(this);
    const jobs = this.jobArns;
    const role = new ServiceRole(this, 'JobRole', 'bedrock.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': jobs } });
    const [records, vectors] = [BULK_FILES.jobs, BULK_FILES.vectors].map((folder) => this.bucket.arnForObjects(`${BULK_FILES.runs}*/${folder}*`));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [records] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [vectors] }));
    for (const arn of [records, vectors]) acknowledgeWildcard(role, arn, 'What jobs of all loads read and write, by the names of the executions.');
    if (this.props.build.encryptionKey) role.allowEncryption(this.props.build.encryptionKey, 's3');
    return role;
  }

  private defineMachine(source: SourceBinding, batch: BatchEmbeddingPlan | undefined, jobRole?: ServiceRole) {
    const { props, role } = this;
    const { index, build: { encryptionKey, logRetention } } = props;
    if (jobRole) this.letMakeJobs(jobRole);
    const definition = loadDefinition({
      source,
      batch,
      sourceId: index.source,
      documentsBucket: index.documents.bucket.bucketName,
      filesBucket: this.bucket.bucketName,
      glueJob: source.before?.jobName,
      modelId: index.model.modelId,
      jobRoleArn: jobRole?.roleArn,
      keyArn: encryptionKey?.keyArn,
      calls: new LambdaCalls(index.handler.function.functionArn),
      maxConcurrency: props.maxConcurrency ?? Math.min(mostCalls(props), batch ? 20 : 5),
      batchSize: props.batchSize ?? 20,
      toleratedFailurePercentage: props.toleratedFailurePercentage ?? 5,
    });
    const machine = new sfn.StateMachine(this, 'Machine', {
      role,
      definitionBody: sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      comment: 'Brings all documents of a bucket into an index of passages',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const logs = new EncryptedLogs(this, 'Logs', { retention: logRetention, encryptionKey });
    const resource = machine.node.defaultChild as sfn.CfnStateMachine;
    // Through the L2 these would widen `Permissions` by wildcards, and name a key's conditions by a name that is not there yet.
    resource.loggingConfiguration = { level: 'ALL', includeExecutionData: false, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logs.logGroupArn } }] };
    resource.tracingConfiguration = { enabled: true };
    if (encryptionKey) resource.encryptionConfiguration = { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: encryptionKey.keyArn, kmsDataKeyReusePeriodSeconds: 300 };
    return machine;
  }

  private letMakeJobs(jobRole: ServiceRole) {
    const { role, props: { index: { model } } } = this;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['bedrock:CreateModelInvocationJob'], resources: [model.modelArn, this.jobArns] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['bedrock:GetModelInvocationJob'], resources: [this.jobArns] }));
    acknowledgeWildcard(role, this.jobArns, 'Bedrock chooses the ids of jobs when they are made.');
    role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['iam:PassRole'], resources: [jobRole.roleArn], conditions: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
    }));
  }

  private get jobArns(): string {
    return Stack.of(this).formatArn({ service: 'bedrock', resource: 'model-invocation-job', resourceName: '*' });
  }

  /** What a machine does with itself, beside it: its role's own policies are there before it. */
  private letRunChildren(batch: boolean) {
    const { role, stateMachine, props: { build: { encryptionKey } } } = this;
    const executions = this.arnOf('execution', ':*');
    const maps = (batch ? Object.values(BULK_MAPS) : [BULK_MAPS.index]).map((label) => this.arnOf('execution', `/${label}:*`));
    const policy = new ManagedPolicy(this, 'Children', {
      roles: [role],
      statements: [
        new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] }),
        new PolicyStatement({ actions: ['states:DescribeExecution', 'states:StopExecution'], resources: [executions] }),
        new PolicyStatement({ actions: ['states:RedriveExecution'], resources: maps }),
      ],
    });
    for (const arn of [executions, ...maps]) acknowledgeResource(policy, arn, 'The executions of this machine alone, whose names Step Functions chooses.');
    if (!encryptionKey) return;
    const { account, region } = Stack.of(this);
    policy.addStatements(new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:EncryptionContext:aws:states:stateMachineArn': stateMachine.stateMachineArn } },
    }), new PolicyStatement({
      actions: ['kms:GenerateDataKey'],
      resources: [encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:EncryptionContext:SourceArn': Stack.of(this).formatArn({ service: 'logs', resource: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME }) } },
    }));
    letServiceUse(this, encryptionKey, {
      sid: 'StatesLogs',
      actions: ['kms:Decrypt'],
      principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': `arn:${Stack.of(this).partition}:logs:${region}:${account}:*` } },
    });
  }

  private arnOf(resource: string, ending: string): string {
    return Stack.of(this).formatArn({ service: 'states', resource, resourceName: `${this.stateMachine.stateMachineName}${ending}`, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  }
}

/** Changes are read by so many instances of the function, at most. */
const OF_CHANGES = 12;

/** Most calls of a load at a time: instances that are set aside for the function are shared with changes. */
function mostCalls({ build: { posture: { reservedConcurrency } } }: BulkLoadProps): number {
  return reservedConcurrency === undefined ? 1_000 : Math.max(1, reservedConcurrency - OF_CHANGES);
}

function requireValid(scope: Construct, props: BulkLoadProps) {
  const { source, embedding, maxConcurrency, batchSize, toleratedFailurePercentage } = props;
  requireMade(scope, 'source', source, '_bind', 'BulkSource, such as BulkSource.bucket()');
  requireMade(scope, 'embedding', embedding, '_bind', 'BulkEmbedding, such as BulkEmbedding.batch()');
  requireInteger(scope, 'maxConcurrency', maxConcurrency, 1, mostCalls(props), props.build.posture.reservedConcurrency === undefined ? '' : ", what the posture's 'reservedConcurrency' leaves beside changes");
  requireInteger(scope, 'batchSize', batchSize, 1, 100);
  requireInteger(scope, 'toleratedFailurePercentage', toleratedFailurePercentage, 0, 100);
}
