import { Duration, Stack } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { type Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type ContextLinesBinding } from './context-lines';
import { memoryFor } from './document-parsing';
import { type ScanBinding } from './scan-reading';
import { type SplitterBinding } from './splitter';
import { type StoreBinding } from './store-binding';
import { VECTOR_TABLE } from '../contract/diy-rag';
import { type DocumentIndexEnv, DOCUMENTS_TABLE, INDEX_SECONDS, type IndexPolicy } from '../contract/document-index';
import { type SyncedSource } from '../contract/document-sync';
import { STORE_PARTS } from '../contract/own-knowledge';
import { type ParsePolicy } from '../contract/parsing';
import { acknowledge, acknowledgeWildcard } from '../internal/acknowledge';
import { BundledFunction } from '../internal/bundled-function';
import { type HandlerRole } from '../internal/handler-role';
import { PrivateBucket } from '../internal/private-bucket';
import { placing } from '../knowledge/knowledge-needs';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';
import { type AnswerTable } from '../rag/answer-table';
import { ChangeTrigger } from '../rag/change-trigger';
import { type SourceDocuments } from '../rag/source-documents';
import { type SyncPolicy } from '../rag/sync-policy';
import { SyncQueues } from '../rag/sync-queues';
import { DeploymentTrigger, ScheduleTrigger } from '../rag/sync-triggers';

export interface IndexSyncProps extends Build {
  readonly documents: SourceDocuments;
  readonly parsing: ParsePolicy;
  readonly scans?: ScanBinding;
  readonly context?: ContextLinesBinding;
  readonly splitter: SplitterBinding;
  readonly store: StoreBinding;
  /** Whether indexes are compared, which takes searching them. */
  readonly compares: boolean;
  readonly policy: SyncPolicy;
  readonly answers?: AnswerTable;
  /** How documents are read, once the tables are there. */
  readonly index: (vectorTable: TableV2) => IndexPolicy;
  /** Lets the handler embed. */
  readonly letEmbed: (role: HandlerRole) => void;
  /** What the construct is called in metrics and logs. */
  readonly service: string;
}

/** The one source that there is. */
export const OWN_SOURCE = 'documents';

/** Documents that one run brings in step, one after another. */
const DOCUMENTS_AT_ONCE = 4;

/** Instances that work on changes at a time. */
const AT_ONCE = 10;

/** Whatever is chosen. */
const CALLS = [CalledService.BEDROCK_RUNTIME, CalledService.DYNAMODB, CalledService.S3, CalledService.SQS, CalledService.XRAY];

const PARSERS = ['parse-thread', 'parse-pdf', 'parse-office', 'parse-html', 'parse-mail', 'parse-charset'];

/** Keeps an index of our own in step with a bucket of documents. */
export class IndexSync extends Construct {
  public readonly queues: SyncQueues;
  public readonly table: TableV2;
  public readonly vectors: TableV2;
  public readonly texts: PrivateBucket;
  public readonly handler: BundledFunction<DocumentIndexEnv>;

  constructor(scope: Construct, id: string, private readonly props: IndexSyncProps) {
    super(scope, id);
    const { onChange, onDeploy, schedules } = props.policy._triggers;
    this.queues = new SyncQueues(this, 'Queues', { ...props, seconds: INDEX_SECONDS, changes: true });
    this.table = this.defineTable();
    this.vectors = defineItemTable(this, 'Vectors', props, VECTOR_TABLE, { holds: 'passing' });
    this.texts = this.defineTexts();
    this.handler = this.defineHandler();
    this.letWork();
    this.readFrom(this.queues.jobs, 'Jobs', 1, 2);
    this.readFrom(this.changes, 'Changes', DOCUMENTS_AT_ONCE, AT_ONCE);
    if (onChange) new ChangeTrigger(this, 'OnChange', { ...props, queues: this.queues, changes: this.changes, documents: [props.documents], sources: this.sources });
    if (onDeploy) new DeploymentTrigger(this, 'OnDeploy', this.queues);
    if (schedules.length > 0) new ScheduleTrigger(this, 'OnSchedule', schedules, this.queues, props);
  }

  private get changes(): Queue {
    return this.queues.changes!;
  }

  private get sources(): SyncedSource[] {
    const { bucket, prefixes } = this.props.documents;
    return [{ dataSourceId: OWN_SOURCE, bucket: bucket.bucketName, prefixes }];
  }

  private defineTable() {
    const text = (name: string) => ({ name, type: dynamodb.AttributeType.STRING });
    return defineItemTable(this, 'Documents', this.props, DOCUMENTS_TABLE, {
      holds: 'state',
      globalSecondaryIndexes: [{
        indexName: DOCUMENTS_TABLE.listedIndex, partitionKey: text(DOCUMENTS_TABLE.listedPartitionKey), sortKey: text(DOCUMENTS_TABLE.sortKey),
      }],
    });
  }

  private defineTexts() {
    const { logRetention, encryptionKey, posture } = this.props;
    const bucket = new PrivateBucket(this, 'Texts', { logRetention, encryptionKey });
    posture.protectBucket(bucket, bucket, []);
    return bucket;
  }

  private defineHandler() {
    const { posture, logRetention, encryptionKey, parsing, scans, context, splitter, store, service, index } = this.props;
    const handler = new BundledFunction<DocumentIndexEnv>(this, 'Handler', {
      bundle: 'document-index',
      parts: [
        ...PARSERS, ...scans?.parts ?? [], ...context?.parts ?? [], ...splitter.parts, STORE_PARTS[store.reference.kind], ...store.upkeep?.parts ?? [],
      ],
      description: 'Keeps an index of passages in step with its documents',
      timeout: Duration.seconds(INDEX_SECONDS),
      memory: memoryFor(parsing),
      // Looks go on by messages, documents that wait begin anew by them, and indexes are tended for as long as two are kept.
      sendsToItself: true,
      logRetention,
      encryptionKey,
      deadLetters: this.queues.lost,
      reservedConcurrency: posture.reservedConcurrency,
      place: (placed) => placing(posture, store.place)(placed, [
        ...new Set([...CALLS, ...scans?.calls ?? [], ...splitter.calls, ...store.calls, ...store.upkeep?.calls ?? []]),
      ]),
    });
    handler.configure({
      SOURCES: Stack.of(this).toJsonString(this.sources),
      INDEX: Stack.of(this).toJsonString(index(this.vectors)),
      DOCUMENTS_TABLE: this.table.tableName,
      TEXTS_BUCKET: this.texts.bucketName,
      CHANGES_URL: this.changes.queueUrl,
      JOBS_URL: this.queues.jobs.queueUrl,
      // Set by `addBulkLoad`.
      BULK_BUCKET: '',
      SERVICE: service,
    });
    return handler;
  }

  private letWork() {
    const { props, handler: { role }, queues: { jobs } } = this;
    const { documents: { bucket, prefixes = [''] }, encryptionKey } = props;
    const objects = prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: objects }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
    objects.forEach((arn) => acknowledgeWildcard(role, arn, 'The documents that are read, whose names are their authors\' to choose.'));
    const texts = this.texts.arnForObjects('texts/*');
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject', ...props.compares ? ['s3:GetObject'] : []], resources: [texts] }));
    acknowledgeWildcard(role, texts, 'One object a document, named by what it is of.');
    const key = bucket.encryptionKey ?? encryptionKey;
    if (key) role.allowEncryption(key, 's3');
    if (encryptionKey && key !== encryptionKey) role.allowEncryption(encryptionKey, 's3');
    grantItems(role, this.table, props, ['GetItem', 'PutItem', 'Query', 'DeleteItem']);
    grantItems(role, this.vectors, props, ['BatchGetItem', 'BatchWriteItem']);
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [jobs.queueArn, this.changes.queueArn] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:ChangeMessageVisibility'], resources: [this.changes.queueArn] }));
    props.scans?.letRead(role);
    props.context?.letWrite(role);
    props.splitter.letCut(role);
    props.answers?.grantChange(role);
    props.store.letWrite(role);
    props.store.letManage(role);
    // Two indexes are compared by what both find.
    if (props.compares) props.store.letSearch(role);
    props.letEmbed(role);
  }

  private readFrom(queue: Queue, id: string, batchSize: number, maximumConcurrency: number) {
    const { role, function: handler } = this.handler;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], resources: [queue.queueArn] }));
    // Not the L2, which grants more and asks whether the queue is encrypted.
    const scope = new Construct(this, `${id}Mapping`);
    const mapping = new CfnEventSourceMapping(scope, 'Resource', {
      eventSourceArn: queue.queueArn,
      functionName: handler.functionName,
      batchSize,
      scalingConfig: { maximumConcurrency },
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
    mapping.node.addDependency(role);
    const { emptying } = this.props.store;
    if (emptying) mapping.node.addDependency(emptying);
    acknowledge(scope, 'Serverless-LambdaEventSourceMappingDestination', 'Lambda offers such a destination for streams only: what a queue gives up goes to the dead-letter queue of the queue.');
  }
}
