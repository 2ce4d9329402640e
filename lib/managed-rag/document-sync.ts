import { Duration, Size, Stack } from 'aws-cdk-lib';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { type Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type DeployedSource } from './knowledge-base';
import { SyncDrain } from './sync-drain';
import { defineSyncTable, grantSyncTable } from './sync-table';
import { type DocumentSyncEnv, SYNC_SECONDS, type SyncedSource } from '../contract/document-sync';
import { type KnowledgePolicy } from '../contract/knowledge';
import { acknowledge, acknowledgeWildcard } from '../internal/acknowledge';
import { BundledFunction } from '../internal/bundled-function';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';
import { ChangeTrigger } from '../rag/change-trigger';
import { type SourceDocuments } from '../rag/source-documents';
import { type SyncPolicy, type SyncTriggers } from '../rag/sync-policy';
import { SyncQueues } from '../rag/sync-queues';
import { DeploymentTrigger, ScheduleTrigger } from '../rag/sync-triggers';

export interface DocumentSyncProps extends Build {
  readonly knowledgeBase: CfnKnowledgeBase;
  readonly sources: readonly DeployedSource[];
  readonly kind: KnowledgePolicy['kind'];
  readonly policy: SyncPolicy;
  /** What the construct is called in metrics and logs. */
  readonly service: string;
}

/** As many documents one call takes. */
const DOCUMENTS_AT_ONCE = 10;

/** Instances that work on changes at a time: the service takes few calls a second. */
const AT_ONCE = 2;

const CALLS = [CalledService.BEDROCK_AGENT, CalledService.DYNAMODB, CalledService.S3, CalledService.SQS, CalledService.XRAY];

/** So many changes one by one take longer than a job that looks through everything, in most sources. */
const BACKLOG = 1_000;

/** What begins and watches jobs, and lists what failed. */
const JOB_ACTIONS = ['StartIngestionJob', 'GetIngestionJob', 'ListKnowledgeBaseDocuments'];

/** What reads and deletes documents one by one. */
const DOCUMENT_ACTIONS = ['IngestKnowledgeBaseDocuments', 'DeleteKnowledgeBaseDocuments', 'GetKnowledgeBaseDocuments'];

/** Keeps a knowledge base in step with its documents, and ends what it began when its stack is deleted. */
export class DocumentSync extends Construct {
  public readonly queues: SyncQueues;
  public readonly table: TableV2;
  public readonly handler: BundledFunction<DocumentSyncEnv>;

  constructor(scope: Construct, id: string, private readonly props: DocumentSyncProps) {
    super(scope, id);
    const { _triggers: triggers } = props.policy;
    this.queues = new SyncQueues(this, 'Queues', { ...props, seconds: SYNC_SECONDS, changes: triggers.onChange && this.documents.length > 0 });
    this.table = defineSyncTable(this, props);
    this.defineDrain();
    this.handler = this.defineHandler();
    this.letSync();
    this.readFrom(this.queues.jobs, 'Jobs', { batchSize: 1 });
    this.defineTriggers(triggers);
  }

  /** Whether everything is looked through after a deployment. */
  public get onDeploy(): boolean {
    return this.props.policy._triggers.onDeploy;
  }

  private get documents(): SourceDocuments[] {
    return this.props.sources.flatMap(({ documents }) => documents ?? []);
  }

  /** How the functions know the sources; whose documents are sent by hand, nobody looks through. */
  private get synced(): SyncedSource[] {
    const { sources, kind } = this.props;
    return sources.filter(({ documents, crawled }) => documents ?? crawled).map(({ dataSource, documents }) => ({
      dataSourceId: dataSource.attrDataSourceId,
      bucket: documents?.bucket.bucketName,
      bucketOwner: documents?.bucketOwner,
      prefixes: documents?.prefixes,
      ...(kind === 'managed' && { byJob: true }),
    }));
  }

  /** It is there as long as any source is. */
  private defineDrain() {
    const drain = new SyncDrain(this, 'Drain', { ...this.props, queues: this.queues });
    for (const { dataSource } of this.props.sources) dataSource.node.addDependency(drain);
  }

  private defineHandler() {
    const { posture, logRetention, encryptionKey, knowledgeBase, service } = this.props;
    const handler = new BundledFunction<DocumentSyncEnv>(this, 'Handler', {
      bundle: 'document-sync',
      description: 'Keeps a knowledge base in step with its documents',
      timeout: Duration.seconds(SYNC_SECONDS),
      memory: Size.mebibytes(512),
      // Jobs are looked at by messages until they have ended, and changes that wait begin anew by them.
      sendsToItself: true,
      logRetention,
      encryptionKey,
      deadLetters: this.queues.lost,
      reservedConcurrency: posture.reservedConcurrency,
      place: (placed) => posture.placeFunction(placed, CALLS),
    });
    handler.configure({
      KNOWLEDGE_BASE_ID: knowledgeBase.attrKnowledgeBaseId,
      SOURCES: Stack.of(this).toJsonString(this.synced),
      SYNC_TABLE: this.table.tableName,
      CHANGES_URL: this.queues.changes?.queueUrl ?? '',
      JOBS_URL: this.queues.jobs.queueUrl,
      BACKLOG: `${this.props.policy._triggers.backlog ?? BACKLOG}`,
      SERVICE: service,
    });
    return handler;
  }

  private letSync() {
    const { role } = this.handler;
    const { jobs, changes } = this.queues;
    const oneByOne = changes !== undefined && this.props.kind === 'vector';
    const actions = [...JOB_ACTIONS, ...oneByOne ? DOCUMENT_ACTIONS : []].map((action) => `bedrock:${action}`);
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [this.props.knowledgeBase.attrKnowledgeBaseArn] }));
    const written = [jobs, ...changes ? [changes] : []].map(({ queueArn }) => queueArn);
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: written }));
    grantSyncTable(this.table, role, { ...this.props, oneByOne });
    if (changes) role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:ChangeMessageVisibility'], resources: [changes.queueArn] }));
    if (oneByOne) this.letLookAtDocuments();
  }

  /** What became of a document is looked up; without the right to list S3 does not tell what is missing from what is forbidden. */
  private letLookAtDocuments() {
    const { role } = this.handler;
    for (const { bucket, bucketOwner, prefixes = [''] } of this.documents) {
      const conditions = bucketOwner === undefined ? undefined : { StringEquals: { 'aws:ResourceAccount': bucketOwner } };
      const objects = prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: objects, conditions }));
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn], conditions }));
      objects.forEach((arn) => acknowledgeWildcard(role, arn, 'The documents of the data source, whose names are their authors\' to choose.'));
      if (bucket.encryptionKey) role.allowEncryption(bucket.encryptionKey, 's3');
    }
  }

  private readFrom(queue: Queue, id: string, { batchSize }: { readonly batchSize: number }) {
    const { role, function: handler } = this.handler;
    role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [queue.queueArn],
    }));
    // Not the L2, which grants more and asks whether the queue is encrypted.
    const scope = new Construct(this, `${id}Mapping`);
    const mapping = new CfnEventSourceMapping(scope, 'Resource', {
      eventSourceArn: queue.queueArn,
      functionName: handler.functionName,
      batchSize,
      scalingConfig: { maximumConcurrency: AT_ONCE },
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
    mapping.node.addDependency(role);
    acknowledge(scope, 'Serverless-LambdaEventSourceMappingDestination', 'Lambda offers such a destination for streams only: what a queue gives up goes to the dead-letter queue of the queue.');
  }

  private defineTriggers({ onDeploy, schedules }: SyncTriggers) {
    const { queues, props } = this;
    if (queues.changes) {
      this.readFrom(queues.changes, 'Changes', { batchSize: DOCUMENTS_AT_ONCE });
      new ChangeTrigger(this, 'OnChange', { ...props, queues, changes: queues.changes, documents: this.documents, sources: this.synced });
    }
    const starters = [
      ...(onDeploy ? [new DeploymentTrigger(this, 'OnDeploy', queues)] : []),
      ...(schedules.length > 0 ? [new ScheduleTrigger(this, 'OnSchedule', schedules, queues, props)] : []),
    ];
    // What starts jobs goes before what they read.
    starters.forEach((starter) => starter.node.addDependency(...props.sources.map(({ dataSource }) => dataSource)));
  }
}
