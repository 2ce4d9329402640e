import { PutObjectCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as notifications from 'aws-cdk-lib/aws-s3-notifications';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { type LocalCloud, startCloud } from '../../../local/cloud';
import { accessKeyOf } from '../../../local/principals';
import { synthesizeFixture } from '../fixture/stack';

/** Fails each message whose key has `bad` in it, and says what it got. */
const HANDLER = `exports.handler = async (event) => {
  console.log('GOT ' + JSON.stringify(event));
  if (JSON.stringify(event).includes('crash')) throw new Error('crashed');
  return { batchItemFailures: (event.Records ?? []).filter(({ body }) => (body ?? '').includes('bad')).map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

function define(app: App) {
  const stack = new Stack(app, 'Events');
  const dead = new sqs.Queue(stack, 'Dead', { queueName: 'dead' });
  const queue = new sqs.Queue(stack, 'Queue', { queueName: 'changes', visibilityTimeout: Duration.seconds(60), deadLetterQueue: { queue: dead, maxReceiveCount: 2 } });
  const fifo = new sqs.Queue(stack, 'Fifo', { fifo: true, contentBasedDeduplication: true });
  const closed = new sqs.CfnQueue(stack, 'Closed', { queueName: 'closed' });
  const bucket = new s3.Bucket(stack, 'Bucket', { bucketName: 'docs', eventBridgeEnabled: true });
  bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new notifications.SqsDestination(queue), { prefix: 'in/', suffix: '.txt' });
  const role = new iam.Role(stack, 'Writer', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  bucket.grantReadWrite(role);

  const handler = (id: string) => new lambda.Function(stack, id, { functionName: id, runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(HANDLER) });
  handler('reader').addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true, batchSize: 5 }));
  const changed = new events.Rule(stack, 'Changed', { eventPattern: { source: ['aws.s3'], detail: { bucket: { name: ['docs'] }, object: { key: [{ prefix: 'rule/' }] } } } });
  changed.addTarget(new targets.SqsQueue(fifo, { messageGroupId: 'one', message: events.RuleTargetInput.fromObject({ key: events.EventField.fromPath('$.detail.object.key'), type: events.EventField.fromPath('$.detail-type') }) }));
  new events.Rule(stack, 'Deployed', {
    eventPattern: {
      source: ['aws.cloudformation'],
      detailType: ['CloudFormation Stack Status Change'],
      detail: { 'stack-id': [stack.stackId], 'status-details': { status: ['CREATE_COMPLETE', 'DELETE_IN_PROGRESS'] } },
    },
    targets: [new targets.LambdaFunction(handler('deployed'))],
  });
  new events.CfnRule(stack, 'Forbidden', { eventPattern: { 'detail-type': ['Object Deleted'] }, targets: [{ id: 'a', arn: closed.attrArn, deadLetterConfig: { arn: dead.queueArn } }] });
  new scheduler.Schedule(stack, 'Nightly', {
    scheduleName: 'nightly', schedule: scheduler.ScheduleExpression.rate(Duration.days(1)), target: new LambdaInvoke(handler('nightly'), { input: scheduler.ScheduleTargetInput.fromText('{"night":true}') }),
  });
  new events.Rule(stack, 'Hourly', { ruleName: 'hourly', schedule: events.Schedule.rate(Duration.hours(1)), targets: [new targets.LambdaFunction(handler('hourly'))] });
}

const notices: string[] = [];
const { directory, remove } = synthesizeFixture(define);
let cloud: LocalCloud;
let bucket: S3Client;
beforeAll(async () => {
  cloud = await startCloud({ assembly: directory, onNotice: (line) => notices.push(line) });
  const { roles } = await cloud.report();
  const writer = roles.find(({ role }) => role.includes('Writer'))!.role;
  bucket = new S3Client({ endpoint: cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(writer), secretAccessKey: 'x' } });
});
afterAll(async () => {
  await cloud.stop();
  remove();
});

const put = (Key: string) => bucket.send(new PutObjectCommand({ Bucket: 'docs', Key, Body: 'hello' }));
const got = (functionName: string, text: string) => cloud.waitForLog(({ group, line }) => group.includes(functionName) && line.includes('GOT') && line.includes(text));
const queue = (name: string) => cloud.events.queues.all.find(({ definition }) => definition.name.includes(name))!;
const until = async (test: () => boolean) => { while (!test()) await new Promise((resolve) => setTimeout(resolve, 5)); };

test('a bucket tells a queue, and the queue a function, which is given what it asks for', async () => {
  await put('in/other.pdf');
  await put('in/a b.txt');
  const { line } = await got('reader', 'in/a+b.txt');
  expect(line).not.toContain('other.pdf');
  const [, json] = /GOT (.*)$/s.exec(line)!;
  const { Records: [{ body, eventSourceARN, attributes }] } = JSON.parse(json) as { Records: { body: string; eventSourceARN: string; attributes: object }[] };
  expect(eventSourceARN).toBe('arn:aws:sqs:us-east-1:123456789012:changes');
  expect(attributes).toMatchObject({ ApproximateReceiveCount: '1' });
  expect(JSON.parse(body)).toMatchObject({ Records: [{ eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'docs' }, object: { key: 'in/a+b.txt', size: 5 } } }] });
  await until(() => queue('changes').all.length === 0);
});

test('a message that a function fails comes again, and lies with the dead letters in the end', async () => {
  cloud.events.queues.speed = 600;
  await Promise.all([put('in/bad.txt'), put('in/good.txt')]);
  await until(() => queue('dead').all.length === 1);
  expect(queue('dead').all[0].body).toContain('in/bad.txt');
  await put('in/crash.txt');
  await until(() => queue('dead').all.length === 2);
  expect(notices.filter((line) => line.includes('reader failed 1 message(s) of changes: Error: crashed'))).toHaveLength(2);
  cloud.events.queues.speed = 1;
});

test('a rule hands on what it makes of an event, to queues that let it only', async () => {
  await put('rule/x');
  await bucket.send(new DeleteObjectCommand({ Bucket: 'docs', Key: 'rule/x' }));
  expect(queue('Fifo').all.map(({ body, groupId }) => [JSON.parse(body), groupId])).toEqual([
    [{ key: 'rule/x', type: 'Object Created' }, 'one'], [{ key: 'rule/x', type: 'Object Deleted' }, 'one'],
  ]);
  expect(queue('closed').all).toEqual([]);
  expect(notices.join('\n')).toMatch(/is not delivered: no policy of the queue arn:aws:sqs:[^ ]*:closed lets events\.amazonaws\.com send to it/);
});

test('schedules go off when they are told to', async () => {
  expect(cloud.events.fire('ly')).toEqual(['nightly', 'hourly']);
  await got('nightly', '{"night":true}');
  await got('hourly', 'Scheduled Event');
  expect(cloud.events.fire('nothing')).toEqual([]);
  expect(() => cloud.events.fire('')).toThrow("'name' must say which schedules go off");
  const tell = (body: object) => fetch(new URL('/local/schedules', cloud.url), { method: 'PUT', body: JSON.stringify(body) });
  expect(await (await tell({ name: 'night' })).json()).toEqual(['nightly']);
  expect((await tell({})).status).toBe(400);
});

test('CloudFormation tells that the stack is made, and that it is deleted where a test says so', async () => {
  await got('deployed', 'CREATE_COMPLETE');
  cloud.events.tellOfStacks('DELETE_IN_PROGRESS');
  await got('deployed', 'DELETE_IN_PROGRESS');
});

test('events of a bucket come twice where a test wants them to', async () => {
  cloud.events.disturb({ duplicates: 1, latestMs: 20 });
  await put('in/twice.txt');
  await put('in/done.txt');
  const times = (key: string) => cloud.logs.filter(({ line }) => line.includes('GOT')).flatMap(({ line }) => line.match(new RegExp(`in/${key}`, 'g')) ?? []).length;
  await until(() => times('twice.txt') === 2 && times('done.txt') === 2);
  cloud.events.disturb({});
  await put('in/once.txt');
  await until(() => times('once.txt') === 1 && queue('changes').all.length === 0);
  expect(times('once.txt')).toBe(1);
});

test('the report knows what queues, rules and schedules do in the name of roles', async () => {
  const { roles } = await cloud.report();
  const unused = (name: string) => roles.find(({ role }) => role.includes(name))!.unused.map(({ action }) => action);
  expect(unused('readerServiceRole')).toEqual(['sqs:ChangeMessageVisibility', 'sqs:GetQueueUrl']);
  expect(roles.flatMap(({ denied }) => denied)).toEqual([]);
  expect(roles.find(({ role }) => role.includes('SchedulerRole'))!.used.map(({ action }) => action)).toContain('lambda:InvokeFunction');
});
