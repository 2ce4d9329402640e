import { setTimeout } from 'node:timers/promises';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { emittedMetrics, linesOf } from './emitted-metrics';
import { addExamples } from '../../examples/app';
import { RETRIEVAL_METRICS } from '../../lib/contract/knowledge';
import { type LocalCloud, startCloud } from '../../local/cloud';
import { accessKeyOf } from '../../local/principals';
import { synthesizeFixture } from '../local/fixture/stack';

let cloud: LocalCloud;
let s3: S3Client;
const notices: string[] = [];
const { directory, remove } = synthesizeFixture((app) => {
  addExamples(app, 'managed-rag');
  const stack = app.node.findChild('ManagedRag') as Stack;
  const bucket = stack.node.findAll().find((construct): construct is Bucket => construct instanceof Bucket && construct.node.path.includes('Source1'))!;
  const author = new Role(stack, 'Author', { assumedBy: new AnyPrincipal() });
  author.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject'], resources: [bucket.arnForObjects('*')] }));
  new CfnOutput(stack, 'AuthorArn', { value: author.roleArn });
});

const outputs = () => cloud.outputs.ManagedRag;
const place = () => ({ Bucket: outputs().Documents });

beforeAll(async () => {
  cloud = await startCloud({ assembly: directory, onNotice: (line) => notices.push(line) });
  const author = Object.entries(outputs()).find(([name]) => name === 'AuthorArn')![1];
  s3 = new S3Client({ endpoint: cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(author), secretAccessKey: 'x' } });
  // The deployment has everything looked through; changes wait for that.
  await cloud.waitForLog(({ line }) => line.includes('"what":"complete"'), 40_000);
}, 90_000);
afterAll(async () => {
  await cloud?.stop();
  remove();
});

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ ...place(), Key, Body }));

/** Until so many documents can be found. */
async function indexed(...keys: string[]) {
  const wanted = keys.map((key) => `s3://${outputs().Documents}/${key}`).sort();
  for (let waited = 0; waited < 20_000; waited += 100) {
    if (JSON.stringify(Object.values(cloud.knowledge.indexed())[0]) === JSON.stringify(wanted)) return;
    await setTimeout(100);
  }
  expect(Object.values(cloud.knowledge.indexed())[0]).toEqual(wanted);
}

function ask(body: object, path = 'query') {
  return fetch(`${outputs().Url}v1/${path}`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${cloud.session.users['user-a']}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

interface Answer {
  readonly answer: string;
  readonly grounded: boolean;
  readonly finish_reason: string;
  readonly citations: readonly { readonly snippet: string; readonly source: { readonly uri?: string } }[];
}

test('answers from a file that was uploaded a moment ago, and says where it stands', async () => {
  await put('leave.md', '# Leave\nParental leave lasts twenty weeks and is paid in full.');
  await put('travel.txt', 'Flights are booked by the office, trains by everybody for themselves.');
  await indexed('leave.md', 'travel.txt');
  const response = await ask({ query: 'How long does parental leave last?' });
  const answer = await response.json() as Answer;
  expect({ status: response.status, ...answer }).toMatchObject({ status: 200, grounded: true });
  expect(answer.answer).toContain('twenty weeks');
  expect(JSON.stringify(answer.citations)).toContain('leave.md');
});

test('shows the passages alone where nobody wants an answer', async () => {
  const response = await ask({ query: 'Who books flights?' }, 'retrieve');
  expect(response.status).toBe(200);
  expect(JSON.stringify(await response.json())).toContain('travel.txt');
});

test('streams an answer with its citations', async () => {
  const response = await ask({ query: 'How long does parental leave last?', stream: true });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const told = await response.text();
  for (const name of ['passages', 'text', 'citation', 'done']) expect(told).toContain(`event: ${name}`);
});

test('answers from what a file says now, and no more from a file that is gone', async () => {
  await put('leave.md', '# Leave\nParental leave lasts thirty weeks and is paid in full.');
  await s3.send(new DeleteObjectCommand({ ...place(), Key: 'travel.txt' }));
  await indexed('leave.md');
  const found = await (await ask({ query: 'Who books flights and trains?' }, 'retrieve')).json();
  expect(JSON.stringify(found)).not.toContain('travel.txt');
  for (let waited = 0; waited < 10_000; waited += 200) {
    const { answer } = await (await ask({ query: 'How long does parental leave last?' })).json() as Answer;
    if (answer.includes('thirty weeks')) return;
    await setTimeout(200);
  }
  throw new Error('the new words of the file were never found');
});

test('nobody asks who has not proved who they are', async () => {
  const response = await fetch(`${outputs().Url}v1/query`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"Hello?"}' });
  expect(response.status).toBe(401);
});

test('counts what was looked up and what was read', async () => {
  await setTimeout(500);
  const names = emittedMetrics(cloud).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([RETRIEVAL_METRICS.retrievals, RETRIEVAL_METRICS.retrievalDuration, 'Turns', 'DocumentsIndexed', 'DocumentsDeleted', 'SyncLag']));
  expect(linesOf(cloud).length).toBeGreaterThan(0);
});

const jobs = (state: string) => linesOf(cloud).filter(({ message, what }) => message === 'job' && what === state);
const lost = () => cloud.events.queues.all.filter(({ definition }) => definition.name.includes('LostChanges')).flatMap((queue) => queue.all.map(({ body }) => body));

async function until(holds: () => unknown, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; !holds();) {
    if (Date.now() > end) throw new Error(`after ${seconds} seconds it does not hold still`);
    await setTimeout(50);
  }
}

test('a file that cannot be read is tried again until it is given up, and a job that leaves it out says which', async () => {
  // A minute of a queue is a tenth of a second here.
  cloud.events.queues.speed = 600;
  cloud.knowledge.faults.set({ kind: 'fail-document', document: 'broken' });
  await put('broken.txt', 'Nobody can read this.');
  await until(() => lost().length === 1);
  const complete = jobs('complete').length;
  cloud.events.tellOfStacks('UPDATE_COMPLETE');
  await until(() => jobs('complete').length > complete);
  expect(jobs('complete').pop()).toMatchObject({ level: 'ERROR', failed: 1 });
  cloud.knowledge.faults.set();
}, 60_000);

test('a file that comes while the service is away for long is put in line anew, and read in the end', async () => {
  cloud.knowledge.faults.set({ kind: 'unavailable', operation: 'IngestKnowledgeBaseDocuments' });
  await put('late.txt', 'The canteen opens at noon.');
  await until(() => linesOf(cloud).some(({ key, attempt }) => key === 'late.txt' && Number(attempt) >= 6));
  cloud.knowledge.faults.set();
  await until(() => linesOf(cloud).some(({ key, what }) => key === 'late.txt' && what === 'indexed'));
  // What the service was made to answer, and nothing else.
  const told = notices.splice(0);
  expect(told.filter((line) => !line.includes('bedrock answers InternalServerException'))).toEqual([]);
  expect(told.length).toBeGreaterThan(5);
}, 60_000);

test('ends the job that runs when the stack is deleted, and every role did all that it may and asked for nothing more', async () => {
  cloud.knowledge.settings.paceMs = 4_000;
  const begun = jobs('begun').length;
  cloud.events.tellOfStacks('UPDATE_COMPLETE');
  await until(() => jobs('begun').length > begun);
  cloud.events.tellOfStacks('DELETE_IN_PROGRESS');
  // It looks for a minute more, for the last message of a queue may begin a job.
  await cloud.waitForLog(({ line }) => line.includes('"message":"drained"') && line.includes('"stopped":1'), 90_000);
  const { roles } = await cloud.report();
  const not = (kind: 'denied' | 'unknown' | 'unused' | 'untouched') => roles.flatMap((role) => role[kind].map(({ action }) => ({ role: role.role, action })));
  expect([...not('denied'), ...not('unknown'), ...not('unused'), ...not('untouched')]).toEqual([]);
  expect(notices).toEqual([]);
}, 120_000);
