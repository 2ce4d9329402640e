import { sqsFailure } from './failure';
import type { Message, Outgoing } from './message';
import { Queue, type QueueDefinition } from './queue';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import type { PolicyDocument } from '../iam/policy';
import { allowsService } from '../iam/resource-policy';

/** The queues of a deployment, and who besides roles may send to them. */
export class Queues {
  private readonly byArn = new Map<string, Queue>();
  private readonly policies = new Map<string, PolicyDocument[]>();
  private pace = 1;

  /** How much faster than the clock visibility time-outs and delays run: 60 makes a minute of a queue one second here. */
  get speed(): number {
    return this.pace;
  }

  set speed(times: number) {
    if (!(times > 0)) throw new Error(`'speed' must be a number above 0, got ${times}`);
    this.pace = times;
  }

  create(deployment: Deployment): void {
    for (const resource of deployment.resources('AWS::SQS::Queue')) this.add(definitionOf(resource, deployment));
    for (const resource of deployment.resources('AWS::SQS::QueuePolicy')) {
      const { Queues: urls = [], PolicyDocument: document } = deployment.properties(resource) as { Queues?: string[]; PolicyDocument: PolicyDocument };
      for (const url of urls) this.allow(this.byUrl(url).definition.arn, document);
    }
  }

  add(definition: QueueDefinition): Queue {
    const queue = new Queue(definition, {
      speed: () => this.pace,
      giveUp: (queueArn, message) => this.byArn.get(queueArn)?.take(message, definition.arn),
    });
    this.byArn.set(definition.arn, queue);
    return queue;
  }

  allow(queueArn: string, document: PolicyDocument): void {
    this.policies.set(queueArn, [...this.policies.get(queueArn) ?? [], document]);
  }

  get all(): readonly Queue[] {
    return [...this.byArn.values()];
  }

  find(queueArn: string): Queue | undefined {
    return this.byArn.get(queueArn);
  }

  /** By its URL, whatever host that speaks of, or its name. */
  byUrl(url: string): Queue {
    const name = url.split('/').pop() ?? '';
    const found = this.all.find(({ definition }) => definition.name === name);
    if (!found) throw sqsFailure('QueueDoesNotExist', `The specified queue does not exist: ${url}`);
    return found;
  }

  /** Checks what a sender gives against the rules of its queue, and sends it. */
  send(queue: Queue, outgoing: Outgoing, senderId: string): Message {
    const { fifo, contentBasedDeduplication, maximumBytes, name } = queue.definition;
    if (outgoing.body === '' || outgoing.body === undefined) throw sqsFailure('MissingParameter', 'The request must contain the parameter MessageBody.');
    if (Buffer.byteLength(outgoing.body) > maximumBytes) {
      throw sqsFailure('InvalidParameterValue', `One or more parameters are invalid. Reason: Message must be shorter than ${maximumBytes} bytes.`);
    }
    if (fifo && outgoing.groupId === undefined) throw sqsFailure('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    if (fifo && outgoing.deduplicationId === undefined && !contentBasedDeduplication) {
      throw sqsFailure('InvalidParameterValue', `The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly (${name})`);
    }
    if (fifo && outgoing.delayMs !== undefined) throw sqsFailure('InvalidParameterValue', 'Value for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.');
    if (!fifo && outgoing.deduplicationId !== undefined) throw sqsFailure('InvalidParameterValue', 'The request include parameter MessageDeduplicationId that is not valid for this queue type.');
    return queue.send(outgoing, senderId);
  }

  /** A message that a service sends, where the queue's policy lets it; the answer is why not. */
  sendFrom(service: string, sourceArn: string, queueArn: string, outgoing: Outgoing): string | undefined {
    const queue = this.byArn.get(queueArn);
    if (!queue) return `there is no queue ${queueArn}`;
    const asked = { service, action: 'sqs:SendMessage', resource: queueArn, context: { 'aws:SourceArn': sourceArn } };
    if (!allowsService(this.policies.get(queueArn) ?? [], asked)) return `no policy of the queue ${queueArn} lets ${service} send to it for ${sourceArn}`;
    this.send(queue, outgoing, service);
    return undefined;
  }
}

function definitionOf(resource: Resource, deployment: Deployment): QueueDefinition {
  const properties = deployment.properties(resource);
  const seconds = (name: string, otherwise: number) => Number(properties[name] ?? otherwise) * 1000;
  const redrive = properties.RedrivePolicy as { deadLetterTargetArn: string; maxReceiveCount: number } | string | undefined;
  const { deadLetterTargetArn, maxReceiveCount } = (typeof redrive === 'string' ? JSON.parse(redrive) : redrive ?? {}) as { deadLetterTargetArn?: string; maxReceiveCount?: number };
  return {
    name: deployment.id(resource),
    arn: deployment.attribute(resource, 'Arn'),
    url: deployment.ref(resource),
    fifo: isTrue(properties.FifoQueue),
    contentBasedDeduplication: isTrue(properties.ContentBasedDeduplication),
    deduplicatesByGroup: properties.DeduplicationScope === 'messageGroup',
    visibilityMs: seconds('VisibilityTimeout', 30),
    delayMs: seconds('DelaySeconds', 0),
    waitMs: seconds('ReceiveMessageWaitTimeSeconds', 0),
    maximumBytes: Number(properties.MaximumMessageSize ?? 1_048_576),
    deadLetters: deadLetterTargetArn === undefined ? undefined : { queueArn: deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) },
  };
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
