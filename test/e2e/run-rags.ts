import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AnyPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { runStacks, type RunOptions, type User } from './run-stacks';
import { ApiAuth } from '../../lib';
import { DiyRag, type DiyRagProps } from '../../lib/diy-rag';
import { accessKeyOf } from '../../local/principals';

/** Pipelines by their names, in one stack and with one user pool, and somebody who puts documents into their buckets. */
export function runRags(rags: (stack: Stack) => Readonly<Record<string, DiyRagProps>>, options?: RunOptions) {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Rags');
    const auth = ApiAuth.cognito(new UserPool(stack, 'Users'));
    const operator = new Role(stack, 'Operator', { assumedBy: new AnyPrincipal() });
    new CfnOutput(stack, 'OperatorArn', { value: operator.roleArn });
    for (const [name, props] of Object.entries(rags(stack))) {
      const rag = new DiyRag(stack, `${name}Rag`, { auth, ...props });
      rag.bucket.grantPut(operator);
      rag.bucket.grantDelete(operator);
      rag.grantSync(operator);
      const outputs = { Url: rag.url, Bucket: rag.bucket.bucketName, Requests: rag.syncRequests.queueUrl };
      for (const [key, value] of Object.entries(outputs)) new CfnOutput(stack, `${name}${key}`, { value });
    }
  }, options);
  const output = (name: string) => run.cloud.outputs.Rags[name];
  const client = () => ({ endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output('OperatorArn')), secretAccessKey: 'x' } });
  const s3 = () => new S3Client({ ...client(), forcePathStyle: true });
  beforeAll(() => {
    // A minute of a queue is two seconds here.
    run.cloud.events.queues.speed = 30;
  });

  async function call(name: string, path: string, { body, user = 'user-a' }: { body?: object; user?: User } = {}): Promise<any> {
    const response = await fetch(`${output(`${name}Url`)}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'authorization': `Bearer ${run.cloud.session.users[user]}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text);
  }
  const document = (name: string, key: string, user?: User) => call(name, `v1/documents/${Buffer.from(key).toString('base64url')}`, { user });

  return {
    get cloud() { return run.cloud; },
    output,
    /** Of somebody who may put and delete documents, and have the bucket compared with the index. */
    client,
    put: (name: string, Key: string, Body: string | Uint8Array) => s3().send(new PutObjectCommand({ Bucket: output(`${name}Bucket`), Key, Body })),
    remove: (name: string, Key: string) => s3().send(new DeleteObjectCommand({ Bucket: output(`${name}Bucket`), Key })),
    call,
    document,
    passages: async (name: string, query: string) => (await call(name, 'v1/retrieve', { body: { query } })).passages as { text: string; source: Record<string, unknown> }[],
    inState: (name: string, key: string, state: string, user?: User) => until(() => document(name, key, user), (found) => found.state === state),
    /** What roles were granted and did not use, or missed; of whoever puts documents, nobody asks. */
    async grants(which: (role: string) => boolean = () => true) {
      const { roles } = await run.cloud.report();
      return roles.filter(({ role }) => !role.includes('Operator') && which(role)).map(({ role, denied, unknown, unused }) => ({ role, denied, unknown, unused }));
    },
  };
}

/** Looks until it holds; what fails meanwhile does not hold yet. */
export async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, seconds = 30): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ;) {
    const found = await look().catch((error: unknown) => error as T);
    if (!(found instanceof Error) && holds(found)) return found;
    if (Date.now() > end) throw new Error(`after ${seconds} seconds it does not hold still: ${found instanceof Error ? found.message : JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
