import { Annotations, Aspects, CfnResource, Duration, Size, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { type Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { type SourceDocuments } from './source-documents';
import { type SyncQueues } from './sync-queues';
import { type DocumentChangesEnv, type SyncedSource } from '../contract/document-sync';
import { BundledFunction } from '../internal/bundled-function';
import { EventRule } from '../internal/event-rule';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';

export interface ChangeTriggerProps extends Build {
  readonly queues: SyncQueues;
  readonly changes: Queue;
  /** Where documents lie. */
  readonly documents: readonly SourceDocuments[];
  /** How the functions know the sources. */
  readonly sources: readonly SyncedSource[];
  /** What the construct is called in metrics and logs. */
  readonly service: string;
}

/** Puts each change of a document in line: S3 tells EventBridge, a rule calls a function, which knows whose line it is. */
export class ChangeTrigger extends Construct {
  public readonly handler: BundledFunction<DocumentChangesEnv>;

  constructor(scope: Construct, id: string, props: ChangeTriggerProps) {
    super(scope, id);
    this.handler = this.defineHandler(props);
    for (const documents of props.documents) this.turnEventsOn(documents);
    this.defineRule(props);
  }

  private defineHandler({ posture, logRetention, encryptionKey, queues, changes, sources, service }: ChangeTriggerProps) {
    const handler = new BundledFunction<DocumentChangesEnv>(this, 'Handler', {
      bundle: 'document-changes',
      description: 'Puts changes of documents in line',
      timeout: Duration.seconds(30),
      memory: Size.mebibytes(256),
      logRetention,
      encryptionKey,
      deadLetters: queues.lost,
      reservedConcurrency: posture.reservedConcurrency,
      place: (placed) => posture.placeFunction(placed, [CalledService.SQS, CalledService.XRAY]),
    });
    handler.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [changes.queueArn] }));
    handler.configure({ SOURCES: Stack.of(this).toJsonString(sources), QUEUE_URL: changes.queueUrl, SERVICE: service });
    return handler;
  }

  /** Buckets of this app are told to; of others nothing can be changed without the custom resource of their notifications. */
  private turnEventsOn({ bucket, bucketOwner }: SourceDocuments) {
    if (bucketOwner !== undefined) return this.warnOfOtherAccount(bucket, bucketOwner);
    const resource = bucket.node.defaultChild;
    if (!CfnBucket.isCfnBucket(resource)) {
      Annotations.of(this).addWarningV2('cdk-genai-patterns:bucketTellsNobody',
        `The bucket ${bucket.node.path} was made elsewhere: SyncPolicy.onChange() hears of its changes only if it sends its events to Amazon EventBridge. `
        + 'Turn that on where the bucket is made (eventBridgeEnabled: true), or take SyncPolicy.schedule(…)');
      return;
    }
    // Not by the L2, whose notifications are written by a custom resource.
    resource.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
    // Where somebody adds some by the L2, before or after this, that resource writes anew all that the bucket tells, and must write this too.
    Aspects.of(bucket).add({ visit: (node) => { if (isNotifications(node)) bucket.enableEventBridgeNotification(); } });
  }

  /** S3 tells the account alone whose the bucket is. */
  private warnOfOtherAccount({ node: { path } }: IBucket, owner: string) {
    Annotations.of(this).addWarningV2('cdk-genai-patterns:bucketOfAnotherAccount',
      `The bucket ${path} is of the account ${owner}, which alone is told of its changes: SyncPolicy.onChange() hears of them only if there the bucket sends its events to Amazon EventBridge `
      + '(eventBridgeEnabled: true) and a rule leads them to the default event bus of this account, if here a policy of that bus lets the account put events (AWS::Events::EventBusPolicy), '
      + "and if the bucket's policy lets this account read, s3:GetObject and s3:ListBucket, for the function that looks at a document is not the knowledge base. Or take SyncPolicy.schedule(…)");
  }

  private defineRule({ documents, queues }: ChangeTriggerProps) {
    const names = [...new Set(documents.map(({ bucket }) => bucket.bucketName))];
    const prefixes = documents.every((each) => each.prefixes) ? [...new Set(documents.flatMap((each) => each.prefixes!))] : undefined;
    const pattern = {
      source: ['aws.s3'],
      detailType: ['Object Created', 'Object Deleted'],
      detail: { bucket: { name: names }, ...(prefixes && { object: { key: prefixes.map((prefix) => ({ prefix })) } }) },
    };
    new EventRule(this, 'Rule', pattern, queues.lost).call(this.handler.function);
  }
}

function isNotifications(node: IConstruct): boolean {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === 'Custom::S3BucketNotifications';
}
