import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListIndexesCommand, S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { type CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { runStacks } from './run-stacks';
import { DiyRag, VectorStore } from '../../lib';
import { accessKeyOf } from '../../local/principals';

/** Two constructs: the store of one is another after the update, the other one stays. */
function define(app: App, store?: VectorStore) {
  const stack = new Stack(app, 'Rags');
  const operator = new Role(stack, 'Operator', { assumedBy: new AnyPrincipal() });
  operator.addToPolicy(new PolicyStatement({ actions: ['s3vectors:ListIndexes'], resources: ['*'] }));
  new CfnOutput(stack, 'OperatorArn', { value: operator.roleArn });
  for (const [id, own] of [['Leaves', store], ['Stays', undefined]] as const) {
    const rag = new DiyRag(stack, id, { store: own });
    rag.bucket.grantPut(operator);
    new CfnOutput(stack, `${id}Documents`, { value: rag.bucket.bucketName });
    const bucket = rag.node.findAll().find((one): one is CfnVectorBucket => (one as CfnVectorBucket).cfnResourceType === 'AWS::S3Vectors::VectorBucket');
    if (!bucket) continue;
    new CfnOutput(stack, `${id}Vectors`, { value: bucket.attrVectorBucketArn });
  }
}

describe('a vector bucket that another store takes the place of', () => {
  const run = runStacks((app) => define(app));
  const next = mkdtempSync(join(tmpdir(), 'e2e-'));
  beforeAll(() => {
    const app = new App({ outdir: next });
    define(app, VectorStore.openSearchServerless());
    app.synth();
  });
  afterAll(() => rmSync(next, { recursive: true, force: true }));

  const output = (name: string) => run.cloud.outputs.Rags[name];
  const client = () => ({ endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output('OperatorArn')), secretAccessKey: 'x' } });
  const held = async (id: string) => {
    const { indexes = [] } = await new S3VectorsClient(client()).send(new ListIndexesCommand({ vectorBucketArn: output(`${id}Vectors`) }));
    return indexes.length;
  };
  const both = () => Promise.all([held('Leaves'), held('Stays')]);

  test('is emptied before it is deleted, and no other is', async () => {
    expect(await both()).toEqual([0, 0]);
    for (const id of ['Leaves', 'Stays']) {
      await new S3Client({ ...client(), forcePathStyle: true }).send(new PutObjectCommand({ Bucket: output(`${id}Documents`), Key: 'leave.txt', Body: 'Thirty days of leave a year.' }));
    }
    for (const end = Date.now() + 30_000; JSON.stringify(await both()) !== '[1,1]';) {
      if (Date.now() > end) throw new Error(`indexes are not made: ${JSON.stringify(await both())}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await run.cloud.update(next);
    expect(await both()).toEqual([0, 1]);
    const { roles } = await run.cloud.report();
    const { denied, unknown, used } = roles.find(({ role }) => role.includes('LeavesIndexStoreEmptying') || /Leaves.*Emptying/.test(role))!;
    expect([denied, unknown, used.map(({ action }) => action)]).toEqual([[], [], expect.arrayContaining(['s3vectors:ListIndexes', 's3vectors:DeleteIndex'])]);
  }, 120_000);
});
