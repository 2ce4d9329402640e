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

/** What is done only where documents fail, changes have to wait, or a job is at work when its stack goes. */
const SELDOM = ['bedrock:StopIngestionJob', 'bedrock:GetIngestionJob', 'bedrock:ListKnowledgeBaseDocuments', 'sqs:SendMessage', 'sqs:ChangeMessageVisibility'];

test('looks for jobs when the stack is deleted, and every role did all that it may and asked for nothing more', async () => {
  cloud.events.tellOfStacks('DELETE_IN_PROGRESS');
  // It looks for a minute, for the last message of a queue may begin a job.
  await cloud.waitForLog(({ line }) => line.includes('drained'), 90_000);
  const { roles } = await cloud.report();
  const not = (kind: 'denied' | 'unknown' | 'unused' | 'untouched') => roles.flatMap((role) => role[kind].map(({ action }) => ({ role: role.role, action })));
  expect([...not('denied'), ...not('unknown'), ...[...not('unused'), ...not('untouched')].filter(({ action }) => !SELDOM.includes(action))]).toEqual([]);
  expect(notices).toEqual([]);
}, 120_000);
