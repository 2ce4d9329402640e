import {
  ChangeMessageVisibilityCommand, DeleteMessageBatchCommand, DeleteMessageCommand, GetQueueAttributesCommand, GetQueueUrlCommand, ReceiveMessageCommand,
  SendMessageBatchCommand, SendMessageCommand, SQSClient, StartMessageMoveTaskCommand, TagQueueCommand,
} from '@aws-sdk/client-sqs';
import type { QueueDefinition } from '../../../local/sqs/queue';
import { Queues } from '../../../local/sqs/queues';
import { sqs } from '../../../local/sqs/service';
import { startServices } from '../aws/local-services';

const URL = 'https://sqs.us-east-1.amazonaws.com/123456789012';
const ARN = 'arn:aws:sqs:us-east-1:123456789012';
const queues = new Queues();
let running: Awaited<ReturnType<typeof startServices>>;
let client: SQSClient;

const queue = (name: string, options: Partial<QueueDefinition> = {}) => queues.add({
  name,
  arn: `${ARN}:${name}`,
  url: `${URL}/${name}`,
  fifo: name.endsWith('.fifo'),
  contentBasedDeduplication: false,
  deduplicatesByGroup: false,
  visibilityMs: 30_000,
  delayMs: 0,
  waitMs: 0,
  maximumBytes: 1_048_576,
  ...options,
});
const send = (name: string, MessageBody: string, more: object = {}) => client.send(new SendMessageCommand({ QueueUrl: `${URL}/${name}`, MessageBody, ...more }));
const receive = async (name: string, more: object = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl: `${URL}/${name}`, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'], ...more }))).Messages ?? [];
const remove = (name: string, ReceiptHandle: string | undefined) => client.send(new DeleteMessageCommand({ QueueUrl: `${URL}/${name}`, ReceiptHandle }));

beforeAll(async () => {
  running = await startServices([sqs(queues)], [{ Effect: 'Allow', Action: 'sqs:*', Resource: `${ARN}:*` }, { Effect: 'Deny', Action: 'sqs:*', Resource: `${ARN}:secret` }]);
  client = new SQSClient(running.client);
});
afterAll(() => running.stop());

describe('a standard queue', () => {
  test('hides a message from others until its time is over, and gives it again with a new handle', async () => {
    queue('hidden', { visibilityMs: 1_500 });
    await send('hidden', 'ä', { MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } });
    const [first] = await receive('hidden', { MessageAttributeNames: ['All'] });
    expect(first).toMatchObject({ Body: 'ä', Attributes: { ApproximateReceiveCount: '1' }, MessageAttributes: { a: { StringValue: 'b' } } });
    expect(await receive('hidden')).toEqual([]);
    const [second] = await receive('hidden', { WaitTimeSeconds: 5 });
    expect(second).toMatchObject({ MessageId: first.MessageId, Attributes: { ApproximateReceiveCount: '2' } });
    expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle);
    await remove('hidden', first.ReceiptHandle);
    expect(queues.find(`${ARN}:hidden`)!.all).toEqual([]);
  });

  test('waits for a message as long as it is told to', async () => {
    queue('waiting');
    const waiting = receive('waiting', { WaitTimeSeconds: 5 });
    setTimeout(() => void send('waiting', 'late'), 50);
    expect((await waiting).map(({ Body }) => Body)).toEqual(['late']);
  });

  test('delays messages, and makes one visible when it is told to', async () => {
    queue('delayed', { delayMs: 1_500 });
    await send('delayed', 'later');
    expect(await receive('delayed')).toEqual([]);
    const [message] = await receive('delayed', { WaitTimeSeconds: 5 });
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: `${URL}/delayed`, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 }));
    expect(await receive('delayed')).toHaveLength(1);
  });

  test('gives up what was received too often, and takes it back on a redrive', async () => {
    queue('dead');
    queue('tried', { visibilityMs: 1, deadLetters: { queueArn: `${ARN}:dead`, maxReceiveCount: 2 } });
    await send('tried', 'poison');
    const bodies = [];
    for (let round = 0; round < 3; round++) {
      bodies.push((await receive('tried')).map(({ Body }) => Body));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(bodies).toEqual([['poison'], ['poison'], []]);
    expect(queues.find(`${ARN}:dead`)!.all).toEqual([expect.objectContaining({ body: 'poison', deadLetterSource: `${ARN}:tried` })]);
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: `${ARN}:dead` }));
    expect(await receive('tried')).toEqual([expect.objectContaining({ Body: 'poison' })]);
  });

  test('takes batches, and says of each entry what became of it', async () => {
    queue('batches', { maximumBytes: 10 });
    const { Successful, Failed } = await client.send(new SendMessageBatchCommand({
      QueueUrl: `${URL}/batches`, Entries: [{ Id: 'a', MessageBody: 'one' }, { Id: 'b', MessageBody: 'two', MessageDeduplicationId: 'x' }],
    }));
    expect([Successful!.map(({ Id }) => Id), Failed!.map(({ Id, Code }) => [Id, Code])]).toEqual([['a'], [['b', 'InvalidParameterValue']]]);
    const [message] = await receive('batches');
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: `${URL}/batches`, Entries: [{ Id: '1', ReceiptHandle: message.ReceiptHandle }] }));
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: `${URL}/batches`, AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] }));
    expect(Attributes).toEqual({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
  });
});

describe('a FIFO queue', () => {
  const fifo = (MessageGroupId: string, MessageDeduplicationId?: string) => ({ MessageGroupId, MessageDeduplicationId });

  test('gives a group in its order, and nothing more of it while one is held', async () => {
    queue('order.fifo');
    for (const [body, group] of [['a1', 'a'], ['a2', 'a'], ['b1', 'b'], ['a3', 'a']]) await send('order.fifo', body, fifo(group, body));
    const [a1] = await receive('order.fifo', { MaxNumberOfMessages: 1 });
    expect([a1.Body, a1.Attributes?.MessageGroupId, a1.Attributes?.MessageDeduplicationId]).toEqual(['a1', 'a', 'a1']);
    const rest = await receive('order.fifo');
    expect(rest.map(({ Body }) => Body)).toEqual(['b1']);
    await remove('order.fifo', a1.ReceiptHandle);
    expect((await receive('order.fifo')).map(({ Body }) => Body)).toEqual(['a2', 'a3']);
  });

  test('takes a repetition for the same message', async () => {
    queue('once.fifo', { contentBasedDeduplication: true });
    const ids = [];
    for (const more of [fifo('a'), fifo('a'), fifo('b'), fifo('a', 'other')]) ids.push((await send('once.fifo', 'same', more)).MessageId);
    expect([ids[0], ids[0], ids[0]]).toEqual(ids.slice(0, 3));
    expect(await receive('once.fifo')).toHaveLength(2);
    queue('groups.fifo', { contentBasedDeduplication: true, deduplicatesByGroup: true });
    for (const group of ['a', 'a', 'b']) await send('groups.fifo', 'same', fifo(group));
    expect(await receive('groups.fifo')).toHaveLength(2);
  });

  test('refuses a message without a group, and one that cannot be told from another', async () => {
    queue('strict.fifo');
    await expect(send('strict.fifo', 'x')).rejects.toThrow('MessageGroupId');
    await expect(send('strict.fifo', 'x', { MessageGroupId: 'a' })).rejects.toThrow('ContentBasedDeduplication');
  });

  test('does not let go of what was received too long ago', async () => {
    queue('expired.fifo', { visibilityMs: 1 });
    await send('expired.fifo', 'x', fifo('a', '1'));
    const [held] = await receive('expired.fifo');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await remove('expired.fifo', held.ReceiptHandle);
    expect(await receive('expired.fifo')).toHaveLength(1);
  });
});

test('lets the minutes of a queue pass as fast as it is told to', async () => {
  queue('fast', { visibilityMs: 60_000 });
  queues.speed = 1_000;
  await send('fast', 'x');
  await receive('fast');
  expect(await receive('fast', { WaitTimeSeconds: 1 })).toHaveLength(1);
  queues.speed = 1;
  expect(() => { queues.speed = 0; }).toThrow("'speed' must be a number above 0, got 0");
});

test('refuses a queue that is not there, one that the role may not use, a handle that is none, and what it does not know', async () => {
  await expect(client.send(new GetQueueUrlCommand({ QueueName: 'nothing' }))).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  queue('secret');
  await expect(send('secret', 'x')).rejects.toThrow('sqs:SendMessage');
  await expect(remove('hidden', 'nonsense')).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
  await expect(receive('hidden', { MaxNumberOfMessages: 11 })).rejects.toThrow('Must be between 1 and 10');
  await expect(client.send(new TagQueueCommand({ QueueUrl: `${URL}/hidden`, Tags: {} }))).rejects.toThrow('the local SQS has no operation TagQueue');
});
