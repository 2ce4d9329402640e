import { sqsFailure } from './failure';
import { md5, type Message, type MessageAttribute, systemAttributes } from './message';
import type { Queue } from './queue';
import type { Queues } from './queues';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { AwsReply, AwsRequest, AwsService } from '../aws/service';

type Input = Readonly<Record<string, unknown>>;

/** One message of a SendMessage, or of a batch. */
interface Entry {
  readonly Id?: string;
  readonly MessageBody?: string;
  readonly DelaySeconds?: number;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
  readonly ReceiptHandle?: string;
  readonly VisibilityTimeout?: number;
}

const OPERATIONS = [
  'SendMessage', 'SendMessageBatch', 'ReceiveMessage', 'DeleteMessage', 'DeleteMessageBatch', 'ChangeMessageVisibility', 'ChangeMessageVisibilityBatch',
  'GetQueueAttributes', 'GetQueueUrl', 'ListQueues', 'PurgeQueue', 'StartMessageMoveTask',
] as const;
type Operation = (typeof OPERATIONS)[number];

const LONGEST_WAIT_SECONDS = 20;

/** SQS over its JSON protocol: standard and FIFO queues of the templates. */
export function sqs(queues: Queues): AwsService {
  return {
    name: 'sqs',

    authorizations(request) {
      const operation = operationOf(request);
      const action = operation === 'StartMessageMoveTask' ? operation : operation.replace(/Batch$/, '');
      return [{ action: `sqs:${action}`, resource: operation === 'ListQueues' ? '*' : resourceOf(operation, inputOf(request), queues) }];
    },

    async handle(request) {
      const operation = operationOf(request);
      const input = inputOf(request);
      if (operation === 'ListQueues') return reply({ QueueUrls: queues.all.map(({ definition }) => definition.url) });
      if (operation === 'GetQueueUrl') return reply({ QueueUrl: queues.byUrl(String(input.QueueName)).definition.url });
      if (operation === 'StartMessageMoveTask') return reply(redrive(queues, input));
      return reply(await run(operation, queues, queues.byUrl(String(input.QueueUrl)), input, request));
    },
  };
}

async function run(operation: Operation, queues: Queues, queue: Queue, input: Input, { signal, accessKeyId }: AwsRequest): Promise<object> {
  switch (operation) {
    case 'SendMessage':
      return sent(send(queues, queue, input as Entry, accessKeyId), queue);
    case 'SendMessageBatch': {
      const bytes = entriesOf(input).reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0);
      if (bytes > queue.definition.maximumBytes) throw sqsFailure('BatchRequestTooLong', `Batch requests cannot be longer than ${queue.definition.maximumBytes} bytes. You have sent ${bytes} bytes.`);
      return batch(input, (entry) => sent(send(queues, queue, entry, accessKeyId), queue));
    }
    case 'ReceiveMessage': {
      const most = within(input, 'MaxNumberOfMessages', 1, 1, 10);
      const waitMs = input.WaitTimeSeconds === undefined ? queue.definition.waitMs : within(input, 'WaitTimeSeconds', 0, 0, LONGEST_WAIT_SECONDS) * 1000;
      const visibilityMs = input.VisibilityTimeout === undefined ? undefined : within(input, 'VisibilityTimeout', 30, 0, 43_200) * 1000;
      const messages = await queue.receiveWithin(waitMs, most, visibilityMs, signal);
      return messages.length === 0 ? {} : { Messages: messages.map((message) => received(message, input)) };
    }
    case 'DeleteMessage':
      queue.delete(handleOf(input as Entry));
      return {};
    case 'DeleteMessageBatch':
      return batch(input, (entry) => { queue.delete(handleOf(entry)); return {}; });
    case 'ChangeMessageVisibility':
      changeVisibility(queue, input as Entry);
      return {};
    case 'ChangeMessageVisibilityBatch':
      return batch(input, (entry) => { changeVisibility(queue, entry); return {}; });
    case 'PurgeQueue':
      queue.purge();
      return {};
    default:
      return { Attributes: attributesOf(queue, (input.AttributeNames ?? []) as string[]) };
  }
}

function send(queues: Queues, queue: Queue, entry: Entry, accessKeyId: string): Message {
  return queues.send(queue, {
    body: entry.MessageBody ?? '',
    attributes: entry.MessageAttributes,
    groupId: entry.MessageGroupId,
    deduplicationId: entry.MessageDeduplicationId,
    delayMs: entry.DelaySeconds === undefined ? undefined : entry.DelaySeconds * 1000,
  }, accessKeyId);
}

function sent(message: Message, { definition }: Queue): object {
  return { MessageId: message.id, MD5OfMessageBody: md5(message.body), ...definition.fifo && { SequenceNumber: String(message.sequence).padStart(20, '0') } };
}

function received(message: Message, input: Input): object {
  const asked = [...(input.MessageSystemAttributeNames ?? []) as string[], ...(input.AttributeNames ?? []) as string[]];
  const attributes = Object.entries(systemAttributes(message)).filter(([name]) => asked.includes('All') || asked.includes(name));
  const wanted = (input.MessageAttributeNames ?? []) as string[];
  const own = Object.entries(message.attributes ?? {}).filter(([name]) => wanted.some((pattern) => pattern === 'All' || pattern === '.*' || pattern === name));
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...attributes.length > 0 && { Attributes: Object.fromEntries(attributes) },
    ...own.length > 0 && { MessageAttributes: Object.fromEntries(own) },
  };
}

function changeVisibility(queue: Queue, entry: Entry): void {
  const seconds = within(entry as Input, 'VisibilityTimeout', -1, 0, 43_200);
  if (!queue.changeVisibility(handleOf(entry), seconds * 1000)) throw sqsFailure('MessageNotInflight', 'The specified message isn\'t in flight.');
}

/** Messages of a dead-letter queue go back to where they came from, or to a queue that is named. */
function redrive(queues: Queues, { SourceArn, DestinationArn }: Input): object {
  const source = queues.find(String(SourceArn));
  if (!source) throw sqsFailure('ResourceNotFoundException', `The resource that you specified for the SourceArn parameter doesn't exist: ${String(SourceArn)}`);
  for (const message of source.drain()) queues.find(String(DestinationArn ?? message.deadLetterSource))?.take(message);
  return { TaskHandle: Buffer.from(JSON.stringify({ SourceArn })).toString('base64') };
}

function attributesOf(queue: Queue, names: readonly string[]): Record<string, string> {
  const { definition } = queue;
  const { visible, held, delayed } = queue.counts();
  const all: Record<string, string | undefined> = {
    QueueArn: definition.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(held),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(definition.visibilityMs / 1000),
    DelaySeconds: String(definition.delayMs / 1000),
    MaximumMessageSize: String(definition.maximumBytes),
    ReceiveMessageWaitTimeSeconds: String(definition.waitMs / 1000),
    FifoQueue: definition.fifo ? 'true' : undefined,
    ContentBasedDeduplication: definition.fifo ? String(definition.contentBasedDeduplication) : undefined,
    RedrivePolicy: redrivePolicyOf(definition.deadLetters),
  };
  const asked = Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name));
  return Object.fromEntries(asked.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function redrivePolicyOf(deadLetters: Queue['definition']['deadLetters']): string | undefined {
  return deadLetters && JSON.stringify({ deadLetterTargetArn: deadLetters.queueArn, maxReceiveCount: deadLetters.maxReceiveCount });
}

function batch(input: Input, each: (entry: Entry) => object): object {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of entriesOf(input)) {
    try {
      successful.push({ Id: entry.Id, ...each(entry) });
    } catch (error) {
      if (!(error instanceof AwsFailure)) throw error;
      failed.push({ Id: entry.Id, SenderFault: true, Code: error.code.split('#').pop(), Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}

function entriesOf(input: Input): readonly Entry[] {
  const entries = (input.Entries ?? []) as Entry[];
  if (entries.length === 0) throw sqsFailure('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > 10) throw sqsFailure('TooManyEntriesInBatchRequest', `Maximum number of entries per request are 10. You have sent ${entries.length}.`);
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) throw sqsFailure('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  return entries;
}

function handleOf({ ReceiptHandle }: Entry): string {
  if (!ReceiptHandle?.includes('#')) throw sqsFailure('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
  return ReceiptHandle;
}

function within(input: Input, name: string, otherwise: number, least: number, most: number): number {
  const value = Number(input[name] ?? otherwise);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw sqsFailure('InvalidParameterValue', `Value ${String(input[name])} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`);
  }
  return value;
}

function operationOf({ headers }: AwsRequest): Operation {
  const name = (headers['x-amz-target'] ?? '').split('.')[1] ?? '';
  if (!OPERATIONS.includes(name as Operation)) throw new AwsFailure('UnknownOperationException', 400, `the local SQS has no operation ${name || 'without a name'} (it has ${OPERATIONS.join(', ')})`);
  return name as Operation;
}

function resourceOf(operation: Operation, input: Input, queues: Queues): string {
  if (operation === 'StartMessageMoveTask') return String(input.SourceArn);
  const url = String(operation === 'GetQueueUrl' ? input.QueueName : input.QueueUrl);
  const name = url.split('/').pop() ?? '';
  return queues.all.find(({ definition }) => definition.name === name)?.definition.arn ?? arn('sqs', name);
}

function inputOf({ body }: AwsRequest): Input {
  try {
    return JSON.parse(body.toString()) as Input;
  } catch {
    throw new AwsFailure('SerializationException', 400, 'the body is not JSON');
  }
}

function reply(body: object): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) };
}
