import { setMaxListeners } from 'node:events';
import type { FunctionPool } from './pool';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import { REGION } from '../assembly/identity';
import { matchesPattern, type Pattern } from '../events/pattern';
import type { ServiceRole } from '../iam/service-role';
import { md5, type Message, systemAttributes } from '../sqs/message';
import type { Queue } from '../sqs/queue';
import type { Queues } from '../sqs/queues';

export interface EventSourceOptions {
  readonly queues: Queues;
  functionOf(functionArn: string): FunctionPool | undefined;
  /** The role of a function, which its queue is read with. */
  roleOf(functionArn: string): ServiceRole;
  readonly onNotice: (line: string) => void;
}

interface Mapping {
  readonly id: string;
  readonly functionArn: string;
  readonly queue: Queue;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly concurrency: number;
  readonly partial: boolean;
  readonly filters: readonly Pattern[];
}

/** Pollers of one mapping; Lambda begins with five too. */
const POLLERS = 5;
const WAIT_MS = 20_000;
/** After a refusal, or when a function has no room. */
const BACK_OFF_MS = 200;

/** Reads queues for the functions that event source mappings give them to. */
export function startEventSources(deployment: Deployment, options: EventSourceOptions): { stop(): Promise<void> } {
  const over = new AbortController();
  // Every poller listens, and there are more than the ten that Node.js 20 takes for a leak.
  setMaxListeners(0, over.signal);
  const pollers = deployment.resources('AWS::Lambda::EventSourceMapping').flatMap((resource) => {
    const mapping = readMapping(resource, deployment, options);
    return mapping ? Array.from({ length: mapping.concurrency }, () => poll(mapping, options, over.signal)) : [];
  });
  return {
    async stop() {
      over.abort();
      await Promise.all(pollers);
    },
  };
}

async function poll(mapping: Mapping, options: EventSourceOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const messages = await gather(mapping, options, signal);
      if (messages.length > 0) await hand(messages, mapping, options, signal);
    } catch (error) {
      options.onNotice(`local cloud: the queue ${mapping.queue.definition.name} is not read: ${(error as Error).message}`);
      await pause(BACK_OFF_MS, signal);
    }
  }
}

/** One batch: full, or what came within its window. */
async function gather({ queue, batchSize, windowMs, functionArn }: Mapping, { roleOf }: EventSourceOptions, signal: AbortSignal): Promise<Message[]> {
  const role = roleOf(functionArn);
  for (const action of ['sqs:ReceiveMessage', 'sqs:GetQueueAttributes']) role.require({ action, resource: queue.definition.arn });
  const messages = await queue.receiveWithin(WAIT_MS, batchSize, undefined, signal);
  const until = Date.now() + windowMs;
  while (messages.length > 0 && messages.length < batchSize && Date.now() < until && !signal.aborted) {
    messages.push(...await queue.receiveWithin(until - Date.now(), batchSize - messages.length, undefined, signal));
  }
  return messages;
}

async function hand(messages: readonly Message[], mapping: Mapping, { functionOf, roleOf, onNotice }: EventSourceOptions, signal: AbortSignal): Promise<void> {
  const { queue, functionArn } = mapping;
  const role = roleOf(functionArn);
  const done = (finished: readonly Message[]) => {
    if (finished.length > 0) role.require({ action: 'sqs:DeleteMessage', resource: queue.definition.arn });
    for (const { receipt } of finished) queue.delete(receipt ?? '');
  };
  const records = messages.map((message) => recordOf(message, queue));
  const passing = messages.filter((_, index) => passes(records[index], mapping.filters));
  // What no filter wants is gone, as with Lambda.
  done(messages.filter((message) => !passing.includes(message)));
  if (passing.length === 0) return;

  const pool = functionOf(functionArn);
  if (!pool) throw new Error(`there is no function ${functionArn}`);
  try {
    const answer = await pool.call({ Records: records.filter((_, index) => passing.includes(messages[index])) });
    done(mapping.partial ? finishedOf(passing, answer, onNotice) : passing);
  } catch (error) {
    if (signal.aborted) return;
    // They come again when their time of being hidden is over.
    onNotice(`local cloud: ${pool.lambda.name} failed ${passing.length} message(s) of ${queue.definition.name}: ${(error as Error).name}: ${(error as Error).message}`);
    await pause(BACK_OFF_MS, signal);
  }
}

/** Those that the function does not name; an answer that it may not give fails them all, as Lambda has it. */
function finishedOf(messages: readonly Message[], answer: Buffer, onNotice: (line: string) => void): readonly Message[] {
  const text = answer.toString();
  const { batchItemFailures } = (JSON.parse(text === '' ? '{}' : text) ?? {}) as { batchItemFailures?: readonly { itemIdentifier?: string }[] | null };
  if (batchItemFailures === undefined || batchItemFailures === null) return messages;
  const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  if (failed.some((id) => !messages.some((message) => message.id === id))) {
    onNotice(`local cloud: batchItemFailures names a message that is not of the batch, so all of it failed: ${text.slice(0, 200)}`);
    return [];
  }
  return messages.filter(({ id }) => !failed.includes(id));
}

function recordOf(message: Message, { definition }: Queue): Readonly<Record<string, unknown>> {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(Object.entries(message.attributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) =>
      [name, { stringValue: StringValue, binaryValue: BinaryValue, stringListValues: [], binaryListValues: [], dataType: DataType }])),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: definition.arn,
    awsRegion: REGION,
  };
}

/** Filters see the body as JSON where it is JSON. */
function passes(record: Readonly<Record<string, unknown>>, filters: readonly Pattern[]): boolean {
  if (filters.length === 0) return true;
  let body = record.body;
  try {
    body = JSON.parse(String(body)) as unknown;
  } catch {
    // A filter may speak of plain text.
  }
  return filters.some((filter) => matchesPattern(filter, { ...record, body }));
}

function readMapping(resource: Resource, deployment: Deployment, { queues }: EventSourceOptions): Mapping | undefined {
  const properties = deployment.properties(resource) as {
    Enabled?: boolean;
    EventSourceArn?: string;
    FunctionName?: string;
    BatchSize?: number;
    MaximumBatchingWindowInSeconds?: number;
    FunctionResponseTypes?: string[];
    ScalingConfig?: { MaximumConcurrency?: number };
    FilterCriteria?: { Filters?: { Pattern: string }[] };
  };
  const queue = queues.find(properties.EventSourceArn ?? '');
  if (!queue || properties.Enabled === false) return undefined;
  return {
    id: deployment.id(resource),
    functionArn: functionArnOf(String(properties.FunctionName), deployment),
    queue,
    batchSize: properties.BatchSize ?? 10,
    windowMs: (properties.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    concurrency: Math.min(POLLERS, properties.ScalingConfig?.MaximumConcurrency ?? POLLERS),
    partial: properties.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    filters: (properties.FilterCriteria?.Filters ?? []).map(({ Pattern: pattern }) => JSON.parse(pattern) as Pattern),
  };
}

function functionArnOf(name: string, deployment: Deployment): string {
  if (name.startsWith('arn:')) return name.split(':').slice(0, 7).join(':');
  const found = deployment.resources('AWS::Lambda::Function').find((resource) => deployment.id(resource) === name);
  return found ? deployment.attribute(found, 'Arn') : name;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
