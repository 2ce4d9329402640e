import { randomBytes } from 'node:crypto';
import type { ObjectChange } from './store';
import type { Deployment } from '../assembly/deployment';
import { ACCOUNT, PARTITION, REGION } from '../assembly/identity';
import type { EventBus } from '../events/bus';
import type { Targets } from '../events/targets';
import { matchesWildcard } from '../iam/policy';

interface Filtered {
  readonly Event?: string;
  readonly Events?: readonly string[];
  readonly Id?: string;
  readonly Filter?: { readonly S3Key?: FilterRules; readonly Key?: FilterRules };
}

interface FilterRules {
  readonly Rules?: readonly { readonly Name: string; readonly Value: string }[];
  readonly FilterRules?: readonly { readonly Name: string; readonly Value: string }[];
}

/** A bucket's own property, or what the CDK's custom resource writes: the same under slightly other names. */
interface NotificationConfiguration {
  readonly EventBridgeConfiguration?: { readonly EventBridgeEnabled?: boolean | string };
  readonly QueueConfigurations?: readonly (Filtered & { readonly Queue?: string; readonly QueueArn?: string })[];
  readonly LambdaConfigurations?: readonly (Filtered & { readonly Function?: string })[];
  readonly LambdaFunctionConfigurations?: readonly (Filtered & { readonly LambdaFunctionArn?: string })[];
}

interface Subscription {
  readonly bucket: string;
  readonly id: string;
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
  /** A queue or a function; the event bus where there is none. */
  readonly arn?: string;
}

/** How events go astray, for tests: at AWS they may come twice, late and in another order. */
export interface Disturbance {
  /** Share of the events that come twice, from 0 to 1. @default 0 */
  readonly duplicates?: number;
  /** Share of the events that never come, from 0 to 1. @default 0 */
  readonly lost?: number;
  /** Longest time by which an event comes late, in milliseconds. @default 0 */
  readonly latestMs?: number;
}

/** Tells queues, functions and the event bus what happens to the objects of buckets. */
export class Notifications {
  private readonly subscriptions: Subscription[] = [];
  private readonly versioned = new Set<string>();
  private sequence = BigInt(Date.now()) * 1_000_000n;
  private disturbance: Disturbance = {};
  private chance = 1;

  constructor(private readonly targets: Targets, private readonly bus: EventBus) {}

  create(deployment: Deployment): void {
    for (const resource of deployment.resources('AWS::S3::Bucket')) {
      const { NotificationConfiguration: configuration, VersioningConfiguration: versioning } = deployment.properties(resource) as {
        NotificationConfiguration?: NotificationConfiguration; VersioningConfiguration?: { Status?: string };
      };
      if (versioning?.Status === 'Enabled') this.versioned.add(deployment.id(resource));
      if (configuration) this.subscribe(deployment.id(resource), configuration);
    }
    for (const resource of deployment.resources('Custom::S3BucketNotifications')) {
      const properties = deployment.properties(resource) as { BucketName: string; NotificationConfiguration: NotificationConfiguration };
      this.subscribe(properties.BucketName, properties.NotificationConfiguration);
    }
  }

  disturb(disturbance: Disturbance): void {
    this.disturbance = disturbance;
  }

  /** Called with each object that is written or deleted. */
  tell(change: ObjectChange): void {
    const name = change.object ? 'ObjectCreated:' + change.operation : this.versioned.has(change.bucket) ? 'ObjectRemoved:DeleteMarkerCreated' : 'ObjectRemoved:Delete';
    const sequencer = (this.sequence += 1n).toString(16).toUpperCase().padStart(18, '0');
    for (const subscription of this.subscriptions) {
      if (subscription.bucket !== change.bucket || !change.key.startsWith(subscription.prefix) || !change.key.endsWith(subscription.suffix)) continue;
      if (!subscription.events.some((event) => matchesWildcard(event.replace(/^s3:/, ''), name))) continue;
      const { duplicates = 0, lost = 0 } = this.disturbance;
      const twice = this.random() < duplicates;
      const times = lost > 0 && this.random() < lost ? 0 : twice ? 2 : 1;
      for (let time = 0; time < times; time++) this.after(() => this.send(subscription, change, name, sequencer));
    }
  }

  private send({ arn, id }: Subscription, change: ObjectChange, name: string, sequencer: string): void {
    const bucketArn = `arn:${PARTITION}:s3:::${change.bucket}`;
    if (arn === undefined) {
      this.bus.put({ source: 'aws.s3', detailType: change.object ? 'Object Created' : 'Object Deleted', resources: [bucketArn], detail: busDetail(change, name, sequencer) });
      return;
    }
    this.targets.deliver(JSON.stringify({ Records: [record(change, name, sequencer, id, bucketArn)] }), { arn }, { service: 's3.amazonaws.com', sourceArn: bucketArn });
  }

  private after(send: () => void): void {
    const { latestMs = 0 } = this.disturbance;
    if (latestMs === 0) send();
    else setTimeout(send, this.random() * latestMs).unref();
  }

  /** The same numbers in each run. */
  private random(): number {
    this.chance = (this.chance * 48_271) % 2_147_483_647;
    return this.chance / 2_147_483_647;
  }

  private subscribe(bucket: string, configuration: NotificationConfiguration): void {
    if (String(configuration.EventBridgeConfiguration?.EventBridgeEnabled ?? (configuration.EventBridgeConfiguration ? 'true' : 'false')) === 'true') {
      this.subscriptions.push({ bucket, id: 'eventbridge', events: ['Object*'], prefix: '', suffix: '' });
    }
    const add = (filtered: Filtered, arn: string | undefined) => {
      const { S3Key, Key } = filtered.Filter ?? {};
      const rules = S3Key?.Rules ?? Key?.FilterRules ?? [];
      const value = (wanted: string) => rules.find(({ Name }) => Name.toLowerCase() === wanted)?.Value ?? '';
      this.subscriptions.push({
        bucket, arn, id: filtered.Id ?? 'local', events: filtered.Events ?? [String(filtered.Event)], prefix: value('prefix'), suffix: value('suffix'),
      });
    };
    for (const queue of configuration.QueueConfigurations ?? []) {
      const arn = queue.Queue ?? queue.QueueArn;
      if (arn?.endsWith('.fifo')) throw new Error(`the bucket ${bucket} tells a FIFO queue of its events, which S3 does not do: send them by EventBridge`);
      add(queue, arn);
    }
    for (const lambda of configuration.LambdaConfigurations ?? []) add(lambda, lambda.Function);
    for (const lambda of configuration.LambdaFunctionConfigurations ?? []) add(lambda, lambda.LambdaFunctionArn);
  }
}

function record({ bucket, key, object, at }: ObjectChange, eventName: string, sequencer: string, configurationId: string, bucketArn: string): object {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: REGION,
    eventTime: at.toISOString(),
    eventName,
    userIdentity: { principalId: 'AWS:LOCAL' },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': requestId(), 'x-amz-id-2': 'local' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket, ownerIdentity: { principalId: 'LOCAL' }, arn: bucketArn },
      // Keys are written as forms write them.
      object: { key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'), ...sizeOf(object), ...object && { eTag: object.etag.replaceAll('"', '') }, sequencer },
    },
  };
}

function busDetail({ bucket, key, object, operation }: ObjectChange, eventName: string, sequencer: string): object {
  return {
    'version': '0',
    'bucket': { name: bucket },
    'object': { key, ...sizeOf(object), ...object && { etag: object.etag.replaceAll('"', '') }, sequencer },
    'request-id': requestId(),
    'requester': ACCOUNT,
    'source-ip-address': '127.0.0.1',
    'reason': object ? `${operation}Object` : 'DeleteObject',
    ...!object && { 'deletion-type': eventName.endsWith('DeleteMarkerCreated') ? 'Delete Marker Created' : 'Permanently Deleted' },
  };
}

function sizeOf(object: ObjectChange['object']): object {
  return object ? { size: object.content.length } : {};
}

function requestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
