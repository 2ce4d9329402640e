import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { runStacks, type RunOptions, type User } from './run-stacks';
import { ApiAuth } from '../../lib';
import { DiyRag, type DiyRagProps } from '../../lib/diy-rag';
import { accessKeyOf } from '../../local/principals';

type StackOf = (name: string) => Stack;
type Rags = (stackOf: StackOf) => Readonly<Record<string, DiyRagProps>>;

/** Where something stands beside pipelines. */
export interface Ground {
  readonly auth: ApiAuth;
  readonly stackOf: StackOf;
  /** Outputs that `output(name, key)` reads. */
  tell(name: string, outputs: Readonly<Record<string, string>>): void;
}

export interface RagsOptions extends RunOptions {
  /** What else there is: chats, evaluations. */
  readonly beside?: (rags: Readonly<Record<string, DiyRag>>, ground: Ground) => void;
}

/** A request: a GET without a body. */
export interface Call {
  readonly body?: object;
  readonly user?: User;
  /** The output that has the address. @default 'Url' */
  readonly door?: string;
}

/** Pipelines by their names, each in a stack of that name, with one user pool, and somebody who works with their buckets and queues. */
export function runRags(rags: Rags, { beside, ...options }: RagsOptions = {}) {
  const define = (app: App, some: Rags) => {
    const shared = new Stack(app, 'Shared');
    const auth = ApiAuth.cognito(new UserPool(shared, 'Users'));
    const operator = new Role(shared, 'Operator', { assumedBy: new AnyPrincipal() });
    operator.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:ListBucket', 'sqs:SendMessage'], resources: ['*'] }));
    new CfnOutput(shared, 'SharedOperator', { value: operator.roleArn });
    const stackOf = (name: string) => app.node.tryFindChild(name) as Stack | undefined ?? new Stack(app, name);
    const tell: Ground['tell'] = (name, outputs) => Object.entries(outputs).forEach(([key, value]) => new CfnOutput(stackOf(name), `${name}${key}`, { value }));
    const made = Object.fromEntries(Object.entries(some(stackOf)).map(([name, props]) => [name, new DiyRag(stackOf(name), 'Rag', { auth, ...props })]));
    for (const [name, rag] of Object.entries(made)) {
      tell(name, { Url: rag.url, Bucket: rag.bucket.bucketName, Requests: rag.syncRequests.queueUrl });
    }
    beside?.(made, { auth, stackOf, tell });
  };
  const run = runStacks((app) => define(app, rags), options);
  const later: string[] = [];
  beforeAll(() => {
    // A minute of a queue is two seconds here.
    run.cloud.events.queues.speed = 30;
  });
  afterAll(() => later.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  const output = (name: string, key: string) => run.cloud.outputs[name][`${name}${key}`];
  const client = () => ({ endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output('Shared', 'Operator')), secretAccessKey: 'x' } });
  const s3 = () => new S3Client({ ...client(), forcePathStyle: true });
  const put = (name: string, Key: string, Body: string | Uint8Array) => s3().send(new PutObjectCommand({ Bucket: output(name, 'Bucket'), Key, Body }));

  const send = (name: string, path: string, { body, user = 'user-a', door = 'Url' }: Call = {}) => fetch(`${output(name, door)}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'authorization': `Bearer ${run.cloud.session.users[user]}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  async function call(name: string, path: string, options_?: Call): Promise<any> {
    const response = await send(name, path, options_);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text);
  }
  const document = (name: string, key: string, user?: User) => call(name, `v1/documents/${Buffer.from(key).toString('base64url')}`, { user });

  return {
    get cloud() { return run.cloud; },
    output,
    s3,
    put,
    /** With what describes the document beside it. */
    async putDescribed(name: string, key: string, body: string, metadataAttributes: object) {
      await put(name, `${key}.metadata.json`, JSON.stringify({ metadataAttributes }));
      await put(name, key, body);
    },
    remove: (name: string, Key: string) => s3().send(new DeleteObjectCommand({ Bucket: output(name, 'Bucket'), Key })),
    /** Asks the sync for something: `{"sync":"all"}`. */
    tellQueue: (name: string, message: object, queue = 'Requests') => new SQSClient(client()).send(new SendMessageCommand({ QueueUrl: output(name, queue), MessageBody: JSON.stringify(message) })),
    send,
    /** What is answered; fails with its status and text where that is no success. */
    call,
    document,
    passages: async (name: string, query: string, more: { user?: User; filter?: object; explain?: boolean } = {}) => {
      const { user, ...rest } = more;
      return (await call(name, 'v1/retrieve', { body: { query, ...rest }, user })).passages as { text: string; context?: string; score: number; source: Record<string, unknown>; explain?: any }[];
    },
    inState: (name: string, key: string, state: string, user?: User) => until(() => document(name, key, user), (found) => found.state === state),
    /** Deploys other pipelines over those that run, under the same names. */
    async redeploy(others: Rags) {
      const outdir = mkdtempSync(join(tmpdir(), 'e2e-'));
      later.push(outdir);
      const app = new App({ outdir });
      define(app, others);
      app.synth();
      await run.cloud.update(outdir);
    },
    /** What roles were granted and did not use, or missed; of whoever puts documents nobody asks, nor of what empties buckets that go, in vector-bucket.test.ts. */
    async grants(which: (role: string) => boolean = () => true) {
      const { roles } = await run.cloud.report();
      return roles.filter(({ role }) => !/Operator|StoreEmptying/.test(role) && which(role)).map(({ role, denied, unknown, used, unused }) => ({ role, denied, unknown, used, unused }));
    },
  };
}

/** Looks until it holds; what fails meanwhile does not hold yet. */
export async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, seconds = 60): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ;) {
    const found = await look().catch((error: unknown) => error as T);
    if (!(found instanceof Error) && holds(found)) return found;
    if (Date.now() > end) throw new Error(`after ${seconds} seconds it does not hold still: ${found instanceof Error ? found.message : JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
